/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of JSON that say how far the recording is, about one a second. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qnum.h"
#include "system/cpu-timers.h"
#include "state.h"

#define PERIOD_MS 1000

static void put_uint(QDict *dict, const char *key, uint64_t value)
{
    qdict_put(dict, key, qnum_from_uint(value));
}

static GString *describe(struct recorder *recorder)
{
    QDict *dict = qdict_new();
    GString *text;
    bool running = recorder_is_recording(recorder);
    uint64_t position = running ? recorder->accel->position(recorder) : recorder->end_position;

    if (recorder->writer) {
        ebb_log_writer_stats(recorder->writer, &recorder->stats);
    }
    put_uint(dict, "position", position);
    qdict_put(dict, "guest_seconds", qnum_from_double(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 1e9));
    put_uint(dict, "events", recorder->stats.events);
    put_uint(dict, "log_bytes", recorder->stats.log_bytes);
    put_uint(dict, "keyframes", recorder->stats.keyframes);
    put_uint(dict, "keyframe_bytes", recorder->stats.keyframe_bytes);
    recorder->accel->status(recorder, dict);
    if (recorder->phase == RECORDER_FINISHED) {
        qdict_put_str(dict, "end", ebb_end_reason_name(recorder->end_reason));
    }
    text = qobject_to_json(QOBJECT(dict));
    g_string_append_c(text, '\n');
    qobject_unref(dict);
    return text;
}

void recorder_status_write(struct recorder *recorder)
{
    g_autoptr(GString) text = NULL;

    if (recorder->properties.status_fd == UINT32_MAX) {
        return;
    }
    text = describe(recorder);
    /* A reader that is gone is no reason to stop recording. */
    if (qemu_write_full(recorder->properties.status_fd, text->str, text->len) != text->len) {
        recorder->properties.status_fd = UINT32_MAX;
    }
}

static void tick(void *opaque)
{
    struct recorder *recorder = opaque;

    if (recorder_is_recording(recorder)) {
        recorder_status_write(recorder);
    }
    timer_mod(recorder->status_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PERIOD_MS);
}

void recorder_status_start(struct recorder *recorder)
{
    if (recorder->properties.status_fd == UINT32_MAX) {
        return;
    }
    qemu_set_cloexec(recorder->properties.status_fd);
    recorder->status_timer = timer_new_ms(QEMU_CLOCK_REALTIME, tick, recorder);
    timer_mod(recorder->status_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PERIOD_MS);
}
