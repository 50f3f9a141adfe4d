/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's object and its life: from the machine's creation to the end of the log. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qom/object_interfaces.h"
#include "system/system.h"
#include "system/kvm.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "log/digest.h"
#include "state.h"

#define ANY_PMU 4 /* PERF_TYPE_RAW: that of the CPU in use */
#define DEFAULT_CLOCK_STEP_MS 4
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

    stq_le_p(digests, recorder->accel->digest(recorder));
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
    if (position == recorder->accel->position(recorder)) {
        recorder->accel->settle(recorder);
    }
    if (recorder_keyframe(recorder, position, NULL)) {
        append_end(recorder, reason, position);
    }
    close_log(recorder);
    if (recorder_is_recording(recorder)) {
        recorder->phase = RECORDER_FINISHED;
    }
    recorder->accel->stop(recorder);
    recorder_keyframe_stop(recorder);
    recorder_map_stop(recorder);
    recorder_status_write(recorder);
}

/* Ends the recording where the vCPU is now. */
static void finish_here(struct recorder *recorder, enum ebb_end_reason reason)
{
    if (recorder_is_recording(recorder)) {
        recorder_finish(recorder, reason, recorder->accel->place(recorder));
    }
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
        finish_here(recorder, EBB_END_PANIC);
    } else if (state == RUN_STATE_SHUTDOWN && !running) {
        finish_here(recorder, recorder->end_reason);
    }
}

static void exiting(Notifier *notifier, void *data)
{
    struct recorder *recorder = container_of(notifier, struct recorder, exit);

    /* Whoever calls exit() inside an instruction leaves a state that has no position. */
    if (!current_cpu) {
        finish_here(recorder, recorder->end_reason);
    }
    close_log(recorder);
}

static void refuse(const char *message)
{
    error_report("cannot record this guest: %s", message);
    exit(EBB_ERROR_UNSUPPORTED);
}

static bool open_log(struct recorder *recorder, Error **errp)
{
    const char *directory = recorder->properties.directory;
    struct ebb_error error;

    if (g_mkdir_with_parents(directory, 0777)) {
        error_setg(errp, "cannot create the directory %s: %s", directory, strerror(errno));
        return false;
    }
    recorder->writer = ebb_log_writer_create(directory, recorder->accel->log_flags, &error);
    if (!recorder->writer) {
        error_setg(errp, "%s", error.message);
        return false;
    }
    return true;
}

/* The vCPU thread starts the recording when it is between two runs. */
static bool request_recording(struct recorder *recorder, Error **errp)
{
    if (!open_log(recorder, errp)) {
        return false;
    }
    memset(&recorder->stats, 0, sizeof(recorder->stats));
    recorder->end_reason = EBB_END_QUIT;
    recorder->entry_position = UINT64_MAX;
    recorder->has_keyframe = false;
    recorder->phase = RECORDER_WAITING;
    qemu_cpu_kick(CPU(recorder->cpu));
    return true;
}

static void machine_is_ready(Notifier *notifier, void *data)
{
    struct recorder *recorder = container_of(notifier, struct recorder, machine_ready);
    Error *error = NULL;

    recorder->accel = kvm_enabled() ? &recorder_accel_kvm : &recorder_accel_tcg;
    recorder->cpu = ARM_CPU(first_cpu);
    if (!recorder_check_machine(recorder, &error)) {
        refuse(error_get_pretty(error));
    }
    recorder_watch_inputs(recorder);
    if (!recorder->accel->prepare(recorder, &error)) {
        refuse(error_get_pretty(error));
    }
    if (!recorder->properties.wait && !request_recording(recorder, &error)) {
        error_report_err(error);
        exit(EXIT_FAILURE);
    }
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
    if (!recorder->properties.directory && !recorder->properties.wait) {
        error_setg(errp, TYPE_EBB_RECORDER " needs directory=DIRECTORY, or wait=on");
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
        finish_here(recorder, EBB_END_STOPPED);
        return;
    }
    /* Where the guest was, while its CPU still knows. */
    recorder->accel->place(recorder);
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

static bool get_wait(Object *object, Error **errp)
{
    return RECORDER(object)->properties.wait;
}

static void set_wait(Object *object, bool value, Error **errp)
{
    RECORDER(object)->properties.wait = value;
}

static bool get_recording(Object *object, Error **errp)
{
    const struct recorder *recorder = RECORDER(object);

    return recorder->phase == RECORDER_WAITING || recorder->phase == RECORDER_RECORDING;
}

/* From the monitor; also how a recording is stopped while the guest goes on. */
static void set_recording(Object *object, bool value, Error **errp)
{
    struct recorder *recorder = RECORDER(object);

    if (!recorder->cpu) {
        error_setg(errp, "the machine is not there yet; wait=off records from its start");
    } else if (value == get_recording(object, NULL)) {
        error_setg(errp, "the guest is %s recorded already", value ? "being" : "not being");
    } else if (!value && recorder->phase == RECORDER_WAITING) {
        error_setg(errp, "the recording has not begun yet; let the guest run first");
    } else if (!value) {
        finish_here(recorder, EBB_END_STOPPED);
        if (recorder->phase == RECORDER_FINISHED) {
            recorder->phase = RECORDER_IDLE;
        }
    } else if (recorder->phase == RECORDER_FAILED || !recorder->properties.directory) {
        error_setg(errp, recorder->properties.directory
                             ? "an earlier recording has failed; the guest is shutting down"
                             : "set the property directory first");
    } else {
        request_recording(recorder, errp);
    }
}

static void add_numbers(Object *object, struct recorder_properties *properties)
{
    object_property_add_uint64_ptr(object, "keyframe-interval", &properties->keyframe_interval,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "keyframe-ms", &properties->keyframe_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "pmu-type", &properties->pmu_type,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "clock-step-ms", &properties->clock_step_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "status-fd", &properties->status_fd,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-ms", &properties->last_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-instructions", &properties->last_instructions,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-bytes", &properties->last_bytes,
                                   OBJ_PROP_FLAG_READWRITE);
}

static void recorder_init(Object *object)
{
    struct recorder *recorder = RECORDER(object);

    recorder->properties.keyframe_interval = DEFAULT_KEYFRAME_INTERVAL;
    recorder->properties.status_fd = UINT32_MAX;
    recorder->properties.pmu_type = ANY_PMU;
    recorder->properties.clock_step_ms = DEFAULT_CLOCK_STEP_MS;
    recorder->end_reason = EBB_END_QUIT;
    recorder->entry_position = UINT64_MAX;
    add_numbers(object, &recorder->properties);
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
    object_class_property_add_bool(class, "wait", get_wait, set_wait);
    object_class_property_add_bool(class, "recording", get_recording, set_recording);
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
