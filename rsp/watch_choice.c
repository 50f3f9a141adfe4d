/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch_choice.h"

#include "breakpoints.h"

#include <string.h>

enum {
    REACH = 64, /* bytes: no instruction that a compiler uses for stores writes more */
    CANDIDATES_MAX = 16,
};

/* What is near the access of a watchpoint's range. */
struct candidate {
    uint64_t address;
    size_t length;
    uint8_t here[2 * REACH];
    bool changed;
};

static unsigned collect(const struct rsp_session *session, uint64_t address,
                        struct candidate *candidates)
{
    uint64_t from = address > REACH ? address - REACH : 0;
    uint64_t to = address < UINT64_MAX - REACH ? address + REACH - 1 : UINT64_MAX;
    unsigned count = 0;

    for (unsigned i = 0; i < session->breakpoint_count && count < CANDIDATES_MAX; i++) {
        const struct rsp_breakpoint *watchpoint = &session->breakpoints[i];
        uint64_t first = watchpoint->address;
        uint64_t last = watchpoint->address + (watchpoint->length - 1);

        if (rsp_breakpoint_watches_writes(watchpoint) && first <= to && last >= from) {
            first = first > from ? first : from;
            last = last < to ? last : to;
            candidates[count++] =
                (struct candidate){.address = first, .length = (size_t)(last - first + 1)};
        }
    }
    return count;
}

static int read_here(struct rsp_session *session, struct candidate *candidates, unsigned count,
                     struct ebb_error *error)
{
    for (unsigned i = 0; i < count; i++) {
        if (timeline_read_memory(session->timeline, candidates[i].address, candidates[i].here,
                                 candidates[i].length, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int compare_there(struct rsp_session *session, struct candidate *candidates, unsigned count,
                         struct ebb_error *error)
{
    uint8_t there[2 * REACH] = {0};

    for (unsigned i = 0; i < count; i++) {
        if (timeline_read_memory(session->timeline, candidates[i].address, there,
                                 candidates[i].length, error) < 0) {
            return -1;
        }
        candidates[i].changed = memcmp(there, candidates[i].here, candidates[i].length) != 0;
    }
    return 0;
}

/* The address to report. */
static uint64_t choose(const struct rsp_session *session, const struct timeline_stop *stop,
                       const struct candidate *candidates, unsigned count)
{
    uint64_t inside = stop->address, address = stop->address;

    rsp_watchpoint_hit(session, stop->kind, stop->address, &inside);
    for (unsigned i = count; i-- > 0;) {
        if (candidates[i].changed) {
            address = candidates[i].address;
            if (inside - address < candidates[i].length) {
                return stop->address;
            }
        }
    }
    return address;
}

int rsp_watch_choose(struct rsp_session *session, bool back, struct timeline_stop *stop,
                     struct ebb_error *error)
{
    uint64_t here = timeline_position(session->timeline);
    struct candidate candidates[CANDIDATES_MAX];
    struct timeline_stop ignored;
    unsigned count;
    int status;

    if (stop->reason != TIMELINE_STOP_WATCHPOINT || stop->kind != TIMELINE_WATCH_WRITE ||
        stop->by_device || timeline_in_diversion(session->timeline)) {
        return 0;
    }
    count = collect(session, stop->address, candidates);
    if (count < 2) {
        return 0;
    }
    if (read_here(session, candidates, count, error) < 0 ||
        timeline_seek(session->timeline, back ? here - 1 : here + 1, &ignored, error) < 0) {
        return -1;
    }
    status = compare_there(session, candidates, count, error);
    if (timeline_seek(session->timeline, here, &ignored, error) < 0 || status < 0) {
        return -1;
    }
    stop->address = choose(session, stop, candidates, count);
    return 0;
}
