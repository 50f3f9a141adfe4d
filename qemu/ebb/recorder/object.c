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

DECLARE_INSTANCE_CHECKER(struct recorder_session, RECORDER, TYPE_EBB_RECORDER)

struct recorder_session *recorder_hooks_session;

void recorder_state_fail(struct recorder_session *session, const char *format, ...)
{
    va_list arguments;

    if (session->phase == RECORDER_FAILED) {
        return;
    }
    session->phase = RECORDER_FAILED;
    va_start(arguments, format);
    error_vreport(format, arguments);
    va_end(arguments);
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_ERROR, EXIT_FAILURE);
}

static void close_log(struct recorder_session *session)
{
    struct ebb_error error;

    if (!session->writer) {
        return;
    }
    ebb_log_writer_flush(session->writer, NULL);
    ebb_log_writer_stats(session->writer, &session->stats);
    if (ebb_log_writer_close(session->writer, &error)) {
        session->writer = NULL;
        recorder_state_fail(session, "%s", error.message);
    }
    session->writer = NULL;
}

static void append_end(struct recorder_session *session, enum ebb_end_reason reason,
                       uint64_t position)
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

    stq_le_p(digests, session->accel->digest(session));
    stq_le_p(digests + 8, recorder_ram_space_digest(session->space));
    if (ebb_log_writer_append(session->writer, &event, &error)) {
        recorder_state_fail(session, "%s", error.message);
    }
}

void recorder_session_finish(struct recorder_session *session, enum ebb_end_reason reason,
                             uint64_t position)
{
    if (!recorder_state_is_recording(session)) {
        return;
    }
    session->end_reason = reason;
    session->end_position = position;
    if (position == session->accel->position(session)) {
        session->accel->settle(session);
    }
    if (recorder_keyframe_write(session, position, NULL)) {
        append_end(session, reason, position);
    }
    close_log(session);
    if (recorder_state_is_recording(session)) {
        session->phase = RECORDER_FINISHED;
    }
    session->accel->stop(session);
    recorder_keyframe_stop(session);
    recorder_map_stop(session);
    recorder_status_write(session);
}

/* Ends the recording where the vCPU is now. */
static void finish_here(struct recorder_session *session, enum ebb_end_reason reason)
{
    if (recorder_state_is_recording(session)) {
        recorder_session_finish(session, reason, session->accel->place(session));
    }
}

static void shutdown_requested(Notifier *notifier, void *data)
{
    struct recorder_session *session = container_of(notifier, struct recorder_session, shutdown);

    switch (*(ShutdownCause *)data) {
    case SHUTDOWN_CAUSE_GUEST_SHUTDOWN:
    case SHUTDOWN_CAUSE_GUEST_RESET: /* with -no-reboot */
        session->end_reason = EBB_END_POWER_OFF;
        break;
    case SHUTDOWN_CAUSE_GUEST_PANIC:
        session->end_reason = EBB_END_PANIC;
        break;
    default:
        session->end_reason = EBB_END_QUIT;
    }
}

/* The vCPU has been paused. Most pauses are followed by a resumption, these are not. */
static void run_state_changed(void *opaque, bool running, RunState state)
{
    struct recorder_session *session = opaque;

    if (state == RUN_STATE_GUEST_PANICKED) {
        finish_here(session, EBB_END_PANIC);
    } else if (state == RUN_STATE_SHUTDOWN && !running) {
        finish_here(session, session->end_reason);
    }
}

static void exiting(Notifier *notifier, void *data)
{
    struct recorder_session *session = container_of(notifier, struct recorder_session, exit);

    /* Whoever calls exit() inside an instruction leaves a state that has no position. */
    if (!current_cpu) {
        finish_here(session, session->end_reason);
    }
    close_log(session);
}

static void refuse(const char *message)
{
    error_report("cannot record this guest: %s", message);
    exit(EBB_ERROR_UNSUPPORTED);
}

static bool open_log(struct recorder_session *session, Error **errp)
{
    const char *directory = session->settings.directory;
    struct ebb_error error;

    if (g_mkdir_with_parents(directory, 0777)) {
        error_setg(errp, "cannot create the directory %s: %s", directory, strerror(errno));
        return false;
    }
    session->writer = ebb_log_writer_create(directory, session->accel->log_flags, &error);
    if (!session->writer) {
        error_setg(errp, "%s", error.message);
        return false;
    }
    return true;
}

/* The vCPU thread starts the recording when it is between two runs. */
static bool request_recording(struct recorder_session *session, Error **errp)
{
    if (!open_log(session, errp)) {
        return false;
    }
    memset(&session->stats, 0, sizeof(session->stats));
    session->end_reason = EBB_END_QUIT;
    session->entry_position = UINT64_MAX;
    session->has_keyframe = false;
    session->phase = RECORDER_WAITING;
    qemu_cpu_kick(CPU(session->cpu));
    return true;
}

static void machine_is_ready(Notifier *notifier, void *data)
{
    struct recorder_session *session =
        container_of(notifier, struct recorder_session, machine_ready);
    Error *error = NULL;

    session->accel = kvm_enabled() ? &recorder_kvm_accel : &recorder_tcg_accel;
    session->cpu = ARM_CPU(first_cpu);
    if (!recorder_checks_machine(session, &error)) {
        refuse(error_get_pretty(error));
    }
    recorder_hooks_watch_inputs(session);
    if (!session->accel->prepare(session, &error)) {
        refuse(error_get_pretty(error));
    }
    if (!session->settings.wait && !request_recording(session, &error)) {
        error_report_err(error);
        exit(EXIT_FAILURE);
    }
    session->shutdown.notify = shutdown_requested;
    qemu_register_shutdown_notifier(&session->shutdown);
    session->exit.notify = exiting;
    qemu_add_exit_notifier(&session->exit);
    qemu_add_vm_change_state_handler(run_state_changed, session);
    recorder_status_start(session);
}

static void recorder_complete(UserCreatable *creatable, Error **errp)
{
    struct recorder_session *session = RECORDER(creatable);

    if (recorder_hooks_session) {
        error_setg(errp, "there can be only one " TYPE_EBB_RECORDER);
        return;
    }
    if (!session->settings.directory && !session->settings.wait) {
        error_setg(errp, TYPE_EBB_RECORDER " needs directory=DIRECTORY, or wait=on");
        return;
    }
    if (!session->settings.keyframe_interval ||
        session->settings.keyframe_interval > INT64_MAX >> 11) {
        error_setg(errp, "keyframe-interval has to be between 1 and 2^52 instructions");
        return;
    }
    if (phase_check(PHASE_MACHINE_READY)) {
        error_setg(errp, TYPE_EBB_RECORDER " has to be there when the machine is created");
        return;
    }
    recorder_hooks_session = session;
    /* QEMU drops its user's objects before it is done exiting. */
    object_ref(OBJECT(session));
    session->machine_ready.notify = machine_is_ready;
    qemu_add_machine_init_done_notifier(&session->machine_ready);
    qemu_register_resettable(OBJECT(session));
}

static bool recorder_can_be_deleted(UserCreatable *creatable)
{
    return false;
}

/* The first of the machine's objects to enter reset, since it was registered first. */
static void recorder_reset_enter(Object *object, ResetType type)
{
    struct recorder_session *session = RECORDER(object);

    if (!recorder_state_is_recording(session)) {
        return;
    }
    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        finish_here(session, EBB_END_STOPPED);
        return;
    }
    /* Where the guest was, while its CPU still knows. */
    session->accel->place(session);
    session->resetting = true;
}

static ResettableState *recorder_reset_state(Object *object)
{
    return &RECORDER(object)->reset_state;
}

static char *get_directory(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->settings.directory);
}

static void set_directory(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->settings.directory);
    RECORDER(object)->settings.directory = g_strdup(value);
}

static char *get_kernel(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->settings.kernel);
}

static void set_kernel(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->settings.kernel);
    RECORDER(object)->settings.kernel = g_strdup(value);
}

static char *get_symbols(Object *object, Error **errp)
{
    return g_strdup(RECORDER(object)->settings.symbols);
}

static void set_symbols(Object *object, const char *value, Error **errp)
{
    g_free(RECORDER(object)->settings.symbols);
    RECORDER(object)->settings.symbols = g_strdup(value);
}

static bool get_wait(Object *object, Error **errp)
{
    return RECORDER(object)->settings.wait;
}

static void set_wait(Object *object, bool value, Error **errp)
{
    RECORDER(object)->settings.wait = value;
}

static bool get_recording(Object *object, Error **errp)
{
    const struct recorder_session *session = RECORDER(object);

    return session->phase == RECORDER_WAITING || session->phase == RECORDER_RECORDING;
}

/* From the monitor; also how a recording is stopped while the guest goes on. */
static void set_recording(Object *object, bool value, Error **errp)
{
    struct recorder_session *session = RECORDER(object);

    if (!session->cpu) {
        error_setg(errp, "the machine is not there yet; wait=off records from its start");
    } else if (value == get_recording(object, NULL)) {
        error_setg(errp, "the guest is %s recorded already", value ? "being" : "not being");
    } else if (!value && session->phase == RECORDER_WAITING) {
        error_setg(errp, "the recording has not begun yet; let the guest run first");
    } else if (!value) {
        finish_here(session, EBB_END_STOPPED);
        if (session->phase == RECORDER_FINISHED) {
            session->phase = RECORDER_IDLE;
        }
    } else if (session->phase == RECORDER_FAILED || !session->settings.directory) {
        error_setg(errp, session->settings.directory
                             ? "an earlier recording has failed; the guest is shutting down"
                             : "set the property directory first");
    } else {
        request_recording(session, errp);
    }
}

static void add_numbers(Object *object, struct recorder_settings *settings)
{
    object_property_add_uint64_ptr(object, "keyframe-interval", &settings->keyframe_interval,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "keyframe-ms", &settings->keyframe_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "pmu-type", &settings->pmu_type,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "clock-step-ms", &settings->clock_step_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "status-fd", &settings->status_fd,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-ms", &settings->last_ms, OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-instructions", &settings->last_instructions,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-bytes", &settings->last_bytes,
                                   OBJ_PROP_FLAG_READWRITE);
}

static void recorder_init(Object *object)
{
    struct recorder_session *session = RECORDER(object);

    session->settings.keyframe_interval = DEFAULT_KEYFRAME_INTERVAL;
    session->settings.status_fd = UINT32_MAX;
    session->settings.pmu_type = ANY_PMU;
    session->settings.clock_step_ms = DEFAULT_CLOCK_STEP_MS;
    session->end_reason = EBB_END_QUIT;
    session->entry_position = UINT64_MAX;
    add_numbers(object, &session->settings);
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
    .instance_size = sizeof(struct recorder_session),
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
