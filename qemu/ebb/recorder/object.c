/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object ebb-recorder, by which users ask for a recording of the machine that it is created in:
 * its properties and its place in QEMU. It owns a session, which does the work.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/resettable.h"
#include "qapi/error.h"
#include "qapi/qapi-builtin-visit.h"
#include "qemu/error-report.h"
#include "qom/object_interfaces.h"
#include "system/kvm.h"
#include "system/reset.h"
#include "system/system.h"
#include "log/error.h"
#include "ebb/recorder/kvm/accel.h"
#include "accel.h"
#include "checks.h"
#include "device_view.h"
#include "devices.h"
#include "hooks.h"
#include "markers.h"
#include "reboots.h"
#include "session.h"
#include "status.h"
#include "tcg.h"
#include "until.h"

#define TYPE_EBB_RECORDER "ebb-recorder"
OBJECT_DECLARE_SIMPLE_TYPE(EbbRecorder, EBB_RECORDER)

#define ANY_PMU 4 /* PERF_TYPE_RAW: that of the CPU in use */
#define DEFAULT_CLOCK_STEP_US 4000

/*
 * Instructions: 0.2 s to replay at 1.6 ns each (./run bench replay), which is as long as a first
 * move to a place in between takes. The boot of Linux that ./run bench record measures gets 11 of
 * them, 26 MB, and is not recorded more slowly than it runs by itself. Less makes recordings larger
 * for first moves that are hardly noticed already; more saves disk. A guess between them.
 */
#define DEFAULT_KEYFRAME_INTERVAL 100000000u

struct EbbRecorder {
    Object parent;
    struct recorder_session session;
    bool wait; /* until somebody sets the property recording */
    ResettableState reset_state;
    Notifier machine_ready;
};

/* Its place in QEMU. */

static void refuse(const char *message)
{
    error_report("cannot record this guest: %s", message);
    exit(EBB_ERROR_UNSUPPORTED);
}

static void machine_is_ready(Notifier *notifier, void *data)
{
    EbbRecorder *recorder = container_of(notifier, EbbRecorder, machine_ready);
    struct recorder_session *session = &recorder->session;
    Error *error = NULL;

    session->accel = kvm_enabled() ? &recorder_kvm_accel : &recorder_tcg_accel;
    session->cpu = ARM_CPU(first_cpu);
    if (!recorder_checks_machine(session, &error) || !recorder_markers_check(session, &error)) {
        refuse(error_get_pretty(error));
    }
    recorder_device_view_start(session);
    recorder_hooks_watch_inputs(session);
    if (!session->accel->prepare(session, &error)) {
        refuse(error_get_pretty(error));
    }
    if (!recorder->wait && !recorder_session_request(session, &error)) {
        error_report_err(error);
        exit(EXIT_FAILURE);
    }
    recorder_session_watch_end(session);
    recorder_devices_watch(session);
    recorder_status_start(session);
}

static void recorder_complete(UserCreatable *creatable, Error **errp)
{
    EbbRecorder *recorder = EBB_RECORDER(creatable);
    const struct recorder_settings *settings = &recorder->session.settings;

    if (recorder_hooks_session) {
        error_setg(errp, "there can be only one " TYPE_EBB_RECORDER);
        return;
    }
    if (!settings->directory && !recorder->wait) {
        error_setg(errp, TYPE_EBB_RECORDER " needs directory=DIRECTORY, or wait=on");
        return;
    }
    if (!settings->keyframe_interval || settings->keyframe_interval > INT64_MAX >> 11) {
        error_setg(errp, "keyframe-interval has to be between 1 and 2^52 instructions");
        return;
    }
    if (phase_check(PHASE_MACHINE_READY)) {
        error_setg(errp, TYPE_EBB_RECORDER " has to be there when the machine is created");
        return;
    }
    recorder_hooks_session = &recorder->session;
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
    struct recorder_session *session = &EBB_RECORDER(object)->session;

    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        recorder_session_stop(session);
    } else {
        recorder_reboots_reset(session);
        recorder_session_reset(session);
    }
}

static ResettableState *recorder_reset_state(Object *object)
{
    return &EBB_RECORDER(object)->reset_state;
}

/* Its properties. */

static char *get_directory(Object *object, Error **errp)
{
    return g_strdup(EBB_RECORDER(object)->session.settings.directory);
}

static void set_directory(Object *object, const char *value, Error **errp)
{
    g_free(EBB_RECORDER(object)->session.settings.directory);
    EBB_RECORDER(object)->session.settings.directory = g_strdup(value);
}

static char *get_kernel(Object *object, Error **errp)
{
    return g_strdup(EBB_RECORDER(object)->session.settings.kernel);
}

static void set_kernel(Object *object, const char *value, Error **errp)
{
    g_free(EBB_RECORDER(object)->session.settings.kernel);
    EBB_RECORDER(object)->session.settings.kernel = g_strdup(value);
}

static char *get_symbols(Object *object, Error **errp)
{
    return g_strdup(EBB_RECORDER(object)->session.settings.symbols);
}

static void set_symbols(Object *object, const char *value, Error **errp)
{
    g_free(EBB_RECORDER(object)->session.settings.symbols);
    EBB_RECORDER(object)->session.settings.symbols = g_strdup(value);
}

static char *get_until(Object *object, Error **errp)
{
    return g_strdup(EBB_RECORDER(object)->session.settings.until);
}

static void set_until(Object *object, const char *value, Error **errp)
{
    struct recorder_session *session = &EBB_RECORDER(object)->session;

    if (recorder_until_set(session, value, errp)) {
        g_free(session->settings.until);
        session->settings.until = g_strdup(value);
    }
}

static bool get_wait(Object *object, Error **errp)
{
    return EBB_RECORDER(object)->wait;
}

static void set_wait(Object *object, bool value, Error **errp)
{
    EBB_RECORDER(object)->wait = value;
}

static bool get_recording(Object *object, Error **errp)
{
    const struct recorder_session *session = &EBB_RECORDER(object)->session;

    return session->phase == RECORDER_WAITING || session->phase == RECORDER_RECORDING;
}

/* From the monitor; also how a recording is stopped while the guest goes on. */
static void set_recording(Object *object, bool value, Error **errp)
{
    struct recorder_session *session = &EBB_RECORDER(object)->session;

    if (!session->cpu) {
        error_setg(errp, "the machine is not there yet; wait=off records from its start");
    } else if (value == get_recording(object, NULL)) {
        error_setg(errp, "the guest is %s recorded already", value ? "being" : "not being");
    } else if (!value && session->phase == RECORDER_WAITING) {
        error_setg(errp, "the recording has not begun yet; let the guest run first");
    } else if (!value) {
        recorder_session_stop(session);
    } else if (session->phase == RECORDER_FAILED || !session->settings.directory) {
        error_setg(errp, session->settings.directory
                             ? "an earlier recording has failed; the guest is shutting down"
                             : "set the property directory first");
    } else {
        recorder_session_request(session, errp);
    }
}

/* From the monitor; the outcome is in the properties rescan-replaced and rescan-left-alone. */
static void set_rescan(Object *object, bool value, Error **errp)
{
    struct recorder_session *session = &EBB_RECORDER(object)->session;

    if (!value) {
        error_setg(errp, "set rescan to true for a rescan");
    } else if (!recorder_state_is_recording(session)) {
        error_setg(errp, "the guest is not being recorded");
    } else if (!session->accel->rescan) {
        error_setg(errp, "a rescan is for guests under KVM; under TCG all that the guest reads of "
                         "its clocks is recorded");
    } else {
        session->rescanned = session->accel->rescan(session);
    }
}

static bool get_rescan_on_execute(Object *object, Error **errp)
{
    return EBB_RECORDER(object)->session.settings.rescan_on_execute;
}

static void set_rescan_on_execute(Object *object, bool value, Error **errp)
{
    EBB_RECORDER(object)->session.settings.rescan_on_execute = value;
}

static void get_rescan_at(Object *object, Visitor *visitor, const char *name, void *opaque,
                          Error **errp)
{
    const struct recorder_settings *settings = &EBB_RECORDER(object)->session.settings;
    uint64List *list = NULL, **tail = &list;
    size_t i;

    for (i = 0; i < settings->rescan_at_count; i++) {
        QAPI_LIST_APPEND(tail, settings->rescan_at[i]);
    }
    visit_type_uint64List(visitor, name, &list, errp);
    qapi_free_uint64List(list);
}

static void set_rescan_at(Object *object, Visitor *visitor, const char *name, void *opaque,
                          Error **errp)
{
    struct recorder_settings *settings = &EBB_RECORDER(object)->session.settings;
    uint64List *list = NULL, *each;

    if (!visit_type_uint64List(visitor, name, &list, errp)) {
        return;
    }
    settings->rescan_at_count = 0;
    for (each = list; each; each = each->next) {
        settings->rescan_at = g_renew(uint64_t, settings->rescan_at, settings->rescan_at_count + 1);
        settings->rescan_at[settings->rescan_at_count++] = each->value;
    }
    qapi_free_uint64List(list);
}

static void add_numbers(Object *object, struct recorder_settings *settings)
{
    object_property_add_uint64_ptr(object, "keyframe-interval", &settings->keyframe_interval,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "keyframe-ms", &settings->keyframe_ms,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "pmu-type", &settings->pmu_type,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "clock-step-us", &settings->clock_step_us,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(object, "status-fd", &settings->status_fd,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-ms", &settings->last_ms, OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-instructions", &settings->last_instructions,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "last-bytes", &settings->last_bytes,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(object, "markers", &settings->markers, OBJ_PROP_FLAG_READWRITE);
}

static void recorder_init(Object *object)
{
    struct recorder_session *session = &EBB_RECORDER(object)->session;

    session->settings.keyframe_interval = DEFAULT_KEYFRAME_INTERVAL;
    session->settings.status_fd = UINT32_MAX;
    session->settings.pmu_type = ANY_PMU;
    session->settings.clock_step_us = DEFAULT_CLOCK_STEP_US;
    recorder_session_init(session);
    add_numbers(object, &session->settings);
    object_property_add_uint64_ptr(object, "rescan-replaced", &session->rescanned.replaced,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(object, "rescan-left-alone", &session->rescanned.left_alone,
                                   OBJ_PROP_FLAG_READ);
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
    object_class_property_add_str(class, "until", get_until, set_until);
    object_class_property_add_bool(class, "wait", get_wait, set_wait);
    object_class_property_add_bool(class, "recording", get_recording, set_recording);
    object_class_property_add_bool(class, "rescan", NULL, set_rescan);
    object_class_property_add_bool(class, "rescan-on-execute", get_rescan_on_execute,
                                   set_rescan_on_execute);
    object_class_property_add(class, "rescan-at", "uint64List", get_rescan_at, set_rescan_at, NULL,
                              NULL);
}

static const TypeInfo recorder_type = {
    .name = TYPE_EBB_RECORDER,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(EbbRecorder),
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
