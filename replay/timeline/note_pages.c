/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making page sets, on the way through all of history. */
#include "page_sets.h"
#include "move.h"
#include "run.h"
#include "timeline.h"

#include <stdlib.h>

/* A set's length in instructions is the SETS-th part of history, but LEAST_LENGTH to MOST_LENGTH,
 * and what makes MOST_SETS if that is more. Long enough for the TLB, which is emptied between two,
 * to be filled at no price; so short that it is little that is searched in vain. */
#define SETS 256u
#define MOST_SETS 2048u
#define LEAST_LENGTH (1u << 10)
#define MOST_LENGTH (16u << 20)

_Static_assert(WORKER_MAX_PAGE_SET <= EBB_MAX_PAGE_SET, "what a worker gives can be written");

struct notes {
    struct ebb_page_set *sets;
    size_t count, capacity;
};

static int add(struct notes *notes, const struct ebb_page_set *set, struct ebb_error *error)
{
    if (notes->count == notes->capacity) {
        size_t capacity = notes->capacity ? 2 * notes->capacity : 64;
        struct ebb_page_set *sets = realloc(notes->sets, capacity * sizeof(*sets));

        if (!sets) {
            return ebb_fail_memory(error);
        }
        notes->sets = sets;
        notes->capacity = capacity;
    }
    notes->sets[notes->count++] = *set;
    return 0;
}

/* Takes what was touched since position from. A worker that cannot tell is replaced by the next
 * run; what it had noted is not known then. */
static int take(struct timeline *timeline, struct notes *notes, uint64_t from,
                struct ebb_error *error)
{
    struct ebb_page_set set = {.from = from, .to = timeline->moment.position};
    struct worker_page_set taken = {.flags = WORKER_PAGES_UNKNOWN};
    uint32_t *hashes = NULL;

    if (!timeline->replicas[0].worker ||
        worker_client_take_pages(timeline->replicas[0].worker, &taken, &hashes, NULL)) {
        taken = (struct worker_page_set){.flags = WORKER_PAGES_UNKNOWN};
    }
    set.flags = (taken.flags & WORKER_PAGES_UNKNOWN ? EBB_PAGE_SET_UNKNOWN : 0) |
                (taken.flags & WORKER_PAGES_DEVICE_WRITES ? EBB_PAGE_SET_DEVICE_WRITES : 0);
    set.count = taken.count;
    set.hashes = hashes;
    if (set.to > set.from && add(notes, &set, error) == 0) {
        return 0;
    }
    free(hashes);
    return set.to > set.from ? -1 : 0;
}

static uint64_t length_of_set(const struct timeline *timeline)
{
    uint64_t all = timeline->end - timeline->begin, length = all / SETS;

    if (length < LEAST_LENGTH) {
        return LEAST_LENGTH;
    }
    if (length <= MOST_LENGTH) {
        return length;
    }
    return all / MOST_SETS > MOST_LENGTH ? all / MOST_SETS : MOST_LENGTH;
}

static int run_and_take(struct timeline *timeline, struct notes *notes, struct timeline_stop *stop,
                        struct ebb_error *error)
{
    uint64_t length = length_of_set(timeline), from;

    take(timeline, notes, timeline->moment.position, NULL); /* from here on */
    do {
        from = timeline->moment.position;
        if (run_forward(timeline, timeline->end - from > length ? from + length : timeline->end,
                        stop, error) ||
            take(timeline, notes, from, error)) {
            return -1;
        }
    } while (stop->reason == TIMELINE_STOP_STEP);
    return 0;
}

/* A part of history does not take the place of what is known of all of it. */
static bool is_at_very_begin(const struct timeline *timeline)
{
    struct ebb_log_summary summary;

    ebb_log_summary(timeline->log, &summary);
    return timeline->moment.position == summary.begin_position;
}

int timeline_note_pages(struct timeline *timeline, struct timeline_stop *stop,
                        struct ebb_error *error)
{
    bool whole = is_at_very_begin(timeline);
    struct notes notes = {0};
    int status = move_begin(timeline, timeline->end, stop, error);

    if (status) {
        return status < 0 ? -1 : 0;
    }
    if (!whole) {
        return run_forward(timeline, timeline->end, stop, error);
    }
    status = run_and_take(timeline, &notes, stop, error);
    if (status == 0 && stop->reason == TIMELINE_STOP_END && !timeline->damage_met) {
        /* Where it cannot be written there is none: it saves time, and nothing else. */
        ebb_page_sets_write(timeline->log, notes.sets, notes.count, NULL);
        page_sets_put(timeline, notes.sets, notes.count);
    } else {
        ebb_page_sets_free(notes.sets, notes.count);
    }
    return status;
}
