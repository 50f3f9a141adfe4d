/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder: only the newest part of a recording is kept. Now and then a keyframe becomes
 * a base, at which what is left may begin; when the newest part from a base on is long enough, what
 * is before that base goes.
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "state.h"

/* Bases in the time, or space, that is kept: what is on disk is longer by at most one part. */
#define PARTS 4

static bool is_flight(const struct recorder *recorder)
{
    const struct recorder_properties *properties = &recorder->properties;

    return properties->last_ms || properties->last_instructions || properties->last_bytes;
}

static uint64_t bytes_written(struct recorder *recorder)
{
    ebb_log_writer_stats(recorder->writer, &recorder->stats);
    return recorder->stats.log_bytes + recorder->stats.keyframe_bytes;
}

static struct recorder_base base_here(struct recorder *recorder)
{
    return (struct recorder_base){
        .position = recorder->accel->position(recorder),
        .time = qemu_clock_get_ms(QEMU_CLOCK_REALTIME),
        .bytes = bytes_written(recorder),
    };
}

/* True if from a base to now one of the measures is full, divided by parts. */
static bool spans(const struct recorder *recorder, const struct recorder_base *from,
                  const struct recorder_base *now, unsigned parts)
{
    const struct recorder_properties *properties = &recorder->properties;

    return (properties->last_ms && now->time - from->time >= properties->last_ms / parts) ||
           (properties->last_instructions &&
            now->position - from->position >= properties->last_instructions / parts) ||
           (properties->last_bytes && now->bytes - from->bytes >= properties->last_bytes / parts);
}

static struct recorder_base *base_at(struct recorder *recorder, guint i)
{
    return &g_array_index(recorder->bases, struct recorder_base, i);
}

bool recorder_flight_begin(struct recorder *recorder, bool *whole)
{
    struct recorder_base now;
    struct ebb_error error;

    if (!is_flight(recorder) || recorder->resetting) {
        return true;
    }
    now = base_here(recorder);
    if (recorder->bases->len &&
        !spans(recorder, base_at(recorder, recorder->bases->len - 1), &now, PARTS)) {
        return true;
    }
    *whole = true;
    g_array_append_val(recorder->bases, now);
    if (ebb_log_writer_base(recorder->writer, &error)) {
        recorder_fail(recorder, "%s", error.message);
        return false;
    }
    recorder_map_append(recorder);
    return true;
}

/*
 * The newest base from which on enough is kept. A limit in bytes is met as well as one base can:
 * what is kept from it on is a part below the limit at most, since bases are a part apart.
 */
static guint base_to_keep(struct recorder *recorder, const struct recorder_base *now)
{
    guint kept = 0, i;

    for (i = 0; i < recorder->bases->len; i++) {
        const struct recorder_base *base = base_at(recorder, i);
        bool enough = spans(recorder, base, now, 1);

        if (recorder->properties.last_bytes) {
            enough = now->bytes - base_at(recorder, kept)->bytes > recorder->properties.last_bytes;
        }
        if (enough) {
            kept = i;
        }
    }
    return kept;
}

bool recorder_flight_end(struct recorder *recorder, bool whole, uint64_t keyframe)
{
    struct recorder_base now;
    struct ebb_error error;
    uint64_t first;
    guint kept;

    if (!is_flight(recorder) || !recorder->bases->len) {
        return true;
    }
    if (whole) {
        base_at(recorder, recorder->bases->len - 1)->keyframe = keyframe;
    }
    now = base_here(recorder);
    kept = base_to_keep(recorder, &now);
    if (!kept) {
        return true;
    }
    if (ebb_log_writer_drop_before(recorder->writer, base_at(recorder, kept)->keyframe, &first,
                                   &error)) {
        recorder_fail(recorder, "%s", error.message);
        return false;
    }
    g_array_remove_range(recorder->bases, 0, kept);
    return true;
}
