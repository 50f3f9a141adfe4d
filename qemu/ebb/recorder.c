/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's object and its life: from the machine's creation to the end of the log. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "accel/tcg/cpu-ops.h"
#include "qom/object_interfaces.h"
#include "system/system.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "ebb-log/digest.h"
#include "cpu_state.h"
#include "position.h"
#include "recorder.h"

#define DEFAULT_KEYFRAME_INTERVAL 100000000u /* instructions: some tenths of a second to replay */

DECLARE_INSTANCE_CHECKER(struct recorder, RECORDER, TYPE_EBB_RECORDER)

struct recorder *ebb_recorder;

void recorder_fail(struct recorder *recorder, const char *format, ...)
{
    va_list arguments;

    if (recorder->phase == RECORDER_FAILED) {
        return;
    }
    recorder->phase = RECORDER_FAILED;
    va_start(arguments, format);
    error_vreport(format, arguments);
    va_end(arguments);
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_ERROR, EXIT_FAILURE);
}

static void close_log(struct recorder *recorder)
{
    struct ebb_error error;

    if (!recorder->writer) {
        return;
    }
    ebb_log_writer_flush(recorder->writer, NULL);
    ebb_log_writer_stats(recorder->writer, &recorder->stats);
    if (ebb_log_writer_close(recorder->writer, &error)) {
        recorder->writer = NULL;
        recorder_fail(recorder, "%s", error.message);
    }
    recorder->writer = NULL;
}

/*
 * Lets the CPU take an interrupt that is pending, as the state at a position has it (log/event.h).
 * This is what QEMU would do before the next instruction; the vCPU must not be executing.
 */
static void settle(struct recorder *recorder)
{
    CPUState *cpu = CPU(recorder->cpu);
    const TCGCPUOps *operations = cpu->cc->tcg_ops;

    if (cpu->halted && operations->cpu_exec_halt(cpu)) {
        cpu->halted = 0;
    }
    if (!cpu->halted && cpu->interrupt_request &&
        operations->cpu_exec_interrupt(cpu, cpu->interrupt_request)) {
        cpu->exception_index = -1;
    }
}

static void append_end(struct recorder *recorder, enum ebb_end_reason reason, uint64_t position)
{
    uint8_t digests[16];
    struct ebb_event event = {
        .kind = EBB_EVENT_END,
        .position = position,
        .value = reason,
        .data = digests,
        .data_length = sizeof(digests),
    };
    struct ebb_error error;

    stq_le_p(digests, ebb_cpu_digest(recorder->cpu));
    stq_le_p(digests + 8, ebb_ram_space_digest(recorder->space));
    if (ebb_log_writer_append(recorder->writer, &event, &error)) {
        recorder_fail(recorder, "%s", error.message);
    }
}

void recorder_finish(struct recorder *recorder, enum ebb_end_reason reason, uint64_t position)
{
    if (!recorder_is_recording(recorder)) {
        return;
    }
    recorder->end_reason = reason;
    recorder->end_position = position;
    if (position == ebb_position_now()) {
        settle(recorder);
    }
    if (recorder_keyframe(recorder, position, NULL)) {
        append_end(recorder, reason, position);
    }
    close_log(recorder);
    if (recorder_is_recording(recorder)) {
        recorder->phase = RECORDER_FINISHED;
    }
    recorder_status_write(recorder);
}

static void shutdown_requested(Notifier *notifier, void *data)
{
    struct recorder *recorder = container_of(notifier, struct recorder, shutdown);

    switch (*(ShutdownCause *)data) {
    case SHUTDOWN_CAUSE_GUEST_SHUTDOWN:
    case SHUTDOWN_CAUSE_GUEST_RESET: /* with -no-reboot */
        recorder->end_reason = EBB_END_POWER_OFF;
        break;
    case SHUTDOWN_CAUSE_GUEST_PANIC:
        recorder->end_reason = EBB_END_PANIC;
        break;
    default:
        recorder->end_reason = EBB_END_QUIT;
    }
}

/* The vCPU has been paused. Most pauses are followed by a resumption, these are not. */
static void run_state_changed(void *opaque, bool running, RunState state)
{
    struct recorder *recorder = opaque;

    if (state == RUN_STATE_GUEST_PANICKED) {
        recorder_finish(recorder, EBB_END_PANIC, ebb_position_now());
    } else if (state == RUN_STATE_SHUTDOWN && !running) {
        recorder_finish(recorder, recorder->end_reason, ebb_position_now());
    }
}

static void exiting(Notifier *notifier, void *data)
{
    struct recorder *recorder = container_of(notifier, struct recorder, exit);

    /* Whoever calls exit() inside an instruction leaves a state that has no position. */
    if (!current_cpu) {
        recorder_finish(recorder, recorder->end_reason, ebb_position_now());
    }
    close_log(recorder);
}

static void refuse(const char *message)
{
    error_report("cannot record this guest: %s", message);
    exit(EBB_ERROR_UNSUPPORTED);
}

static void open_log(struct recorder *recorder)
{
    const char *directory = recorder->properties.directory;
    struct ebb_error error;

    if (g_mkdir_with_parents(directory, 0777)) {
        error_report("cannot create the directory %s: %s", directory, strerror(errno));
        exit(EXIT_FAILURE);
    }
    recorder->writer = ebb_log_writer_create(directory, 0, &error);
    if (!recorder->writer) {
        error_report("%s", error.message);
        exit(EXIT_FAILURE);
    }
}

static void machine_is_ready(Notifier *notifier, void *data)
{
    struct recorder *recorder = container_of(notifier, struct recorder, machine_ready);
    Error *error = NULL;

    if (!recorder_check_machine(&error)) {
        refuse(error_get_pretty(error));
    }
    recorder->cpu = ARM_CPU(first_cpu);
    open_log(recorder);
    recorder_install_hooks(recorder);
    recorder->shutdown.notify = shutdown_requested;
    qemu_register_shutdown_notifier(&recorder->shutdown);
    recorder->exit.notify = exiting;
    qemu_add_exit_notifier(&recorder->exit);
    qemu_add_vm_change_state_handler(run_state_changed, recorder);
    recorder_status_start(recorder);
}

static void recorder_complete(UserCreatable *creatable, Error **errp)
{
    struct recorder *recorder = RECORDER(creatable);

    if (ebb_recorder) {
        error_setg(errp, "there can be only one " TYPE_EBB_RECORDER);
        return;
    }
    if (!recorder->properties.directory) {
        error_setg(errp, TYPE_EBB_RECORDER " needs directory=DIRECTORY");
        return;
    }
    if (!recorder->properties.keyframe_interval ||
        recorder->properties.keyframe_interval > INT64_MAX >> 11) {
        error_setg(errp, "keyframe-interval has to be between 1 and 2^52 instructions");
        return;
    }
    if (phase_check(PHASE_MACHINE_READY)) {
        error_setg(errp, TYPE_EBB_RECORDER " has to be there when the machine is created");
        return;
    }
    ebb_recorder = recorder;
    /* QEMU drops its user's objects before it is done exiting. */
    object_ref(OBJECT(recorder));
    recorder->machine_ready.notify = machine_is_ready;
    qemu_add_machine_init_done_notifier(&recorder->machine_ready);
    qemu_register_resettable(OBJECT(recorder));
}

static bool recorder_can_be_deleted(UserCreatable *creatable)
{
    return false;
}

/* The first of the machine's objects to enter reset, since it was registered first. */
static void recorder_reset_enter(Object *object, ResetType type)
{
    struct recorder *recorder = RECORDER(object);

    if (!recorder_is_recording(recorder)) {
        return;
    }
    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        recorder_finish(recorder, EBB_END_STOPPED, ebb_position_now());
        return;
    }
    recorder->resetting = true;
}

static ResettableState *recorder_reset_state(Object *object)
{
    return &RECORDER(object)->reset_state;
}

static char *get_directory(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->properties.directory);
}

static void set_directory(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->properties.directory);
    RECORDER(object)->properties.directory = g_strdup(value);
}

static char *get_kernel(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->properties.kernel);
}

static void set_kernel(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->properties.kernel);
    RECORDER(object)->properties.kernel = g_strdup(value);
}

static char *get_symbols(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->properties.symbols);
}

static void set_symbols(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->properties.symbols);
    RECORDER(object)->properties.symbols = g_strdup(value);
}

static void recorder_init(Object *object)
{
    struct recorder *recorder = RECORDER(object);

    recorder->properties.keyframe_interval = DEFAULT_KEYFRAME_INTERVAL;
    recorder->properties.status_fd = UINT32_MAX;
    recorder->end_reason = EBB_END_QUIT;
    recorder->entry_position = UINT64_MAX;
    object_property_add_uint64_ptr(object, "keyframe-interval",
                                   &recorder->properties.keyframe_interval,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "status-fd", &recorder->properties.status_fd,
                                   OBJ_PROP_FLAG_READWRITE);
}

static void recorder_class_init(ObjectClass *class, void *data)
{
    UserCreatableClass *creatable = USER_CREATABLE_CLASS(class);
    ResettableClass *resettable = RESETTABLE_CLASS(class);

    creatable->complete = recorder_complete;
    creatable->can_be_deleted = recorder_can_be_deleted;
    resettable->phases.enter = recorder_reset_enter;
    resettable->get_state = recorder_reset_state;
    object_class_property_add_str(class, "directory", get_directory, set_directory);
    object_class_property_add_str(class, "kernel", get_kernel, set_kernel);
    object_class_property_add_str(class, "symbols", get_symbols, set_symbols);
}

static const TypeInfo recorder_type = {
    .name = TYPE_EBB_RECORDER,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(struct recorder),
    .instance_init = recorder_init,
    .class_init = recorder_class_init,
    .interfaces =
        (InterfaceInfo[]){
            {TYPE_USER_CREATABLE},
            {TYPE_RESETTABLE_INTERFACE},
            {},
        },
};

static void recorder_register(void)
{
    type_register_static(&recorder_type);
}

type_init(recorder_register);
