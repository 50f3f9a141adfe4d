/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qnum.h"
#include "system/cpu-timers.h"
#include "accel.h"
#include "status.h"
#include "until.h"

#define PERIOD_MS 1000

static void put_uint(QDict *dict, const char *key, uint64_t value)
{
    qdict_put(dict, key, qnum_from_uint(value));
}

static GString *describe(struct recorder_session *session)
{
    QDict *dict = qdict_new();
    GString *text;
    bool running = recorder_state_is_recording(session);
    uint64_t position = running ? session->accel->position(session) : session->end_position;

    if (session->writer) {
        ebb_log_writer_stats(session->writer, &session->stats);
    }
    put_uint(dict, "position", position);
    qdict_put(dict, "guest_seconds", qnum_from_double(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 1e9));
    put_uint(dict, "events", session->stats.events);
    put_uint(dict, "log_bytes", session->stats.log_bytes);
    put_uint(dict, "keyframes", session->stats.keyframes);
    put_uint(dict, "keyframe_bytes", session->stats.keyframe_bytes);
    session->accel->status(session, dict);
    if (session->phase == RECORDER_FINISHED) {
        qdict_put_str(dict, "end", ebb_end_reason_name(session->end_reason));
    }
    if (session->phase == RECORDER_FINISHED && recorder_until_is_met(session)) {
        qdict_put(dict, "until", recorder_until_describe(session));
    }
    text = qobject_to_json(QOBJECT(dict));
    g_string_append_c(text, '\n');
    qobject_unref(dict);
    return text;
}

void recorder_status_write(struct recorder_session *session)
{
    g_autoptr(GString) text = NULL;

    if (session->settings.status_fd == UINT32_MAX) {
        return;
    }
    text = describe(session);
    /* A reader that is gone is no reason to stop recording. */
    if (qemu_write_full(session->settings.status_fd, text->str, text->len) != text->len) {
        session->settings.status_fd = UINT32_MAX;
    }
}

static void tick(void *opaque)
{
    struct recorder_session *session = opaque;

    if (recorder_state_is_recording(session)) {
        recorder_status_write(session);
    }
    timer_mod(session->status_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PERIOD_MS);
}

void recorder_status_start(struct recorder_session *session)
{
    if (session->settings.status_fd == UINT32_MAX) {
        return;
    }
    qemu_set_cloexec(session->settings.status_fd);
    session->status_timer = timer_new_ms(QEMU_CLOCK_REALTIME, tick, session);
    timer_mod(session->status_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PERIOD_MS);
}
