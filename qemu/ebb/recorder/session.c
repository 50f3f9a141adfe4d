/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "gdbstub/internals.h"
#include "system/runstate.h"
#include "system/system.h"
#include "accel.h"
#include "ahead.h"
#include "devices.h"
#include "events.h"
#include "keyframe.h"
#include "manifest.h"
#include "map.h"
#include "ram_space.h"
#include "session.h"
#include "status.h"
#include "until.h"

/* The beginning. */

void recorder_session_init(struct recorder_session *session)
{
    session->end_reason = EBB_END_QUIT;
    session->moment = moment_arrived(0);
}

static bool open_log(struct recorder_session *session, Error **errp)
{
    const char *directory = session->settings.directory;
    const struct recorder_accel *accel = session->accel;
    uint32_t flags = accel->log_flags ? accel->log_flags(session) : 0;
    struct ebb_error error;

    if (g_mkdir_with_parents(directory, 0777)) {
        error_setg(errp, "cannot create the directory %s: %s", directory, strerror(errno));
        return false;
    }
    session->writer = ebb_log_writer_create(directory, flags, &error);
    if (!session->writer) {
        error_setg(errp, "%s", error.message);
        return false;
    }
    return true;
}

bool recorder_session_request(struct recorder_session *session, Error **errp)
{
    if (!recorder_devices_check(session, errp) || !open_log(session, errp)) {
        return false;
    }
    memset(&session->stats, 0, sizeof(session->stats));
    recorder_session_init(session);
    session->phase = RECORDER_WAITING;
    qemu_cpu_kick(CPU(session->cpu));
    return true;
}

static void start(struct recorder_session *session)
{
    Error *error = NULL;

    if (gdbserver_state.init) {
        recorder_state_fail(session,
                            "cannot record this guest: what a debugger writes is not recorded; "
                            "leave -s and -gdb out and debug the recording with ebb replay");
        return;
    }
    session->space = recorder_ram_space_new();
    recorder_map_start(session);
    if (!session->accel->start(session, &error) || !recorder_manifest_write(session, &error)) {
        recorder_state_fail(session, "%s", error_get_pretty(error));
        error_free(error);
        session->accel->stop(session);
        return;
    }
    session->phase = RECORDER_RECORDING;
    recorder_until_start(session, session->manifest);
    recorder_keyframe_start(session);
    recorder_keyframe_write(session, session->accel->place(session), NULL);
}

/* On the way. */

void recorder_session_reset(struct recorder_session *session)
{
    if (recorder_state_is_recording(session)) {
        /* Where the guest was, while its CPU still knows. */
        session->accel->place(session);
        session->resetting = true;
    }
}

static void append_reset(struct recorder_session *session)
{
    struct ebb_event event = {.kind = EBB_EVENT_RESET};
    uint64_t position = session->accel->position(session);

    session->resetting = false;
    session->moment = moment_arrived(position);
    if (session->accel->was_reset) {
        session->accel->was_reset(session);
    }
    if (recorder_keyframe_write(session, position, &event.value)) {
        recorder_events_effect(session, &event);
        recorder_keyframe_go_on(session);
    }
}

void recorder_session_between_runs(struct recorder_session *session)
{
    if (session->phase == RECORDER_WAITING) {
        start(session);
    }
    if (!recorder_state_is_recording(session)) {
        session->resetting = false;
        return;
    }
    if (session->resetting) {
        append_reset(session);
    } else if (recorder_until_is_met(session)) {
        recorder_session_finish(session, EBB_END_STOPPED, session->accel->place(session));
    } else if (recorder_keyframe_is_due(session)) {
        recorder_keyframe_make(session);
    }
}

/* The end. */

static void close_log(struct recorder_session *session)
{
    struct ebb_error error;

    if (!session->writer) {
        return;
    }
    recorder_ahead_wait(session);
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

    stq_le_p(digests, session->accel->digest(session));
    stq_le_p(digests + 8, recorder_ram_space_digest(session->space));
    recorder_events_append(session, &event);
}

static void stop_parts(struct recorder_session *session)
{
    session->accel->stop(session);
    recorder_until_stop(session);
    recorder_keyframe_stop(session);
    recorder_map_stop(session);
    g_clear_pointer(&session->space, recorder_ram_space_free);
}

void recorder_session_finish(struct recorder_session *session, enum ebb_end_reason reason,
                             uint64_t position)
{
    if (!recorder_state_is_recording(session)) {
        return;
    }
    reason = recorder_until_settle(session, reason);
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
    recorder_manifest_finish(session);
    stop_parts(session);
    recorder_status_write(session);
    if (recorder_until_is_met(session)) {
        recorder_until_shut_down();
    }
}

/* Ends the recording where the vCPU is now. */
static void finish_here(struct recorder_session *session, enum ebb_end_reason reason)
{
    if (recorder_state_is_recording(session)) {
        recorder_session_finish(session, reason, session->accel->place(session));
    }
}

void recorder_session_stop(struct recorder_session *session)
{
    finish_here(session, EBB_END_STOPPED);
    if (session->phase == RECORDER_FINISHED) {
        session->phase = RECORDER_IDLE;
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

void recorder_session_watch_end(struct recorder_session *session)
{
    session->shutdown.notify = shutdown_requested;
    qemu_register_shutdown_notifier(&session->shutdown);
    session->exit.notify = exiting;
    qemu_add_exit_notifier(&session->exit);
    qemu_add_vm_change_state_handler(run_state_changed, session);
}
