/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "accel.h"
#include "flight.h"
#include "map.h"

/*
 * Bases in the time, or space, that is kept: what is on disk is longer by at most one part. Each
 * base has all of the guest's pages that are not zeroes, taken while the vCPU waits. A guess
 * between a quarter more on disk and such a keyframe four times in what is kept; not measured.
 */
#define PARTS 4

/* A place where what is left of a recording can begin. */
struct base {
    uint64_t keyframe;
    uint64_t position; /* instructions */
    int64_t time;      /* ms, host time */
    uint64_t bytes;    /* written before it */
};

static bool is_flight(const struct recorder_session *session)
{
    const struct recorder_settings *settings = &session->settings;

    return settings->last_ms || settings->last_instructions || settings->last_bytes;
}

static uint64_t bytes_written(struct recorder_session *session)
{
    ebb_log_writer_stats(session->writer, &session->stats);
    return session->stats.log_bytes + session->stats.keyframe_bytes;
}

static struct base base_here(struct recorder_session *session)
{
    return (struct base){
        .position = session->accel->position(session),
        .time = qemu_clock_get_ms(QEMU_CLOCK_REALTIME),
        .bytes = bytes_written(session),
    };
}

/* True if from a base to now one of the measures is full, divided by parts. */
static bool spans(const struct recorder_session *session, const struct base *from,
                  const struct base *now, unsigned parts)
{
    const struct recorder_settings *settings = &session->settings;

    return (settings->last_ms && now->time - from->time >= settings->last_ms / parts) ||
           (settings->last_instructions &&
            now->position - from->position >= settings->last_instructions / parts) ||
           (settings->last_bytes && now->bytes - from->bytes >= settings->last_bytes / parts);
}

static struct base *base_at(struct recorder_session *session, guint i)
{
    return &g_array_index(session->bases, struct base, i);
}

static bool is_base_due(struct recorder_session *session, const struct base *now)
{
    return !session->bases->len ||
           spans(session, base_at(session, session->bases->len - 1), now, PARTS);
}

bool recorder_flight_base_is_due(struct recorder_session *session)
{
    struct base now;

    if (!is_flight(session)) {
        return false;
    }
    now = base_here(session);
    return is_base_due(session, &now);
}

bool recorder_flight_keyframe_begin(struct recorder_session *session, bool *whole)
{
    struct base now;
    struct ebb_error error;

    if (!is_flight(session) || session->resetting) {
        return true;
    }
    now = base_here(session);
    if (!is_base_due(session, &now)) {
        return true;
    }
    *whole = true;
    g_array_append_val(session->bases, now);
    if (ebb_log_writer_base(session->writer, &error)) {
        recorder_state_fail(session, "%s", error.message);
        return false;
    }
    recorder_map_append(session);
    return true;
}

/*
 * The newest base from which on enough is kept. A limit in bytes is met as well as one base can:
 * what is kept from it on is a part below the limit at most, since bases are a part apart. The
 * newest base is never kept alone: right after it there is no history at all, and a writer that was
 * behind may count much at once.
 */
static guint base_to_keep(struct recorder_session *session, const struct base *now)
{
    guint kept = 0, i;

    for (i = 0; i + 1 < session->bases->len; i++) {
        const struct base *base = base_at(session, i);
        bool enough = spans(session, base, now, 1);

        if (session->settings.last_bytes) {
            enough = now->bytes - base_at(session, kept)->bytes > session->settings.last_bytes;
        }
        if (enough) {
            kept = i;
        }
    }
    return kept;
}

bool recorder_flight_keyframe_end(struct recorder_session *session, bool whole, uint64_t keyframe)
{
    struct base now;
    struct ebb_error error;
    uint64_t first;
    guint kept;

    if (!is_flight(session) || !session->bases->len) {
        return true;
    }
    if (whole) {
        base_at(session, session->bases->len - 1)->keyframe = keyframe;
    }
    now = base_here(session);
    kept = base_to_keep(session, &now);
    if (!kept) {
        return true;
    }
    if (ebb_log_writer_drop_before(session->writer, base_at(session, kept)->keyframe, &first,
                                   &error)) {
        recorder_state_fail(session, "%s", error.message);
        return false;
    }
    g_array_remove_range(session->bases, 0, kept);
    return true;
}

void recorder_flight_start(struct recorder_session *session)
{
    session->bases = g_array_new(false, false, sizeof(struct base));
}

void recorder_flight_stop(struct recorder_session *session)
{
    g_array_free(session->bases, true);
    session->bases = NULL;
}
