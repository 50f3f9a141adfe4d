/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ambiguity.h"

#include <stdlib.h>
#include <string.h>

/* As many of one anchor as the worker tells (protocol/messages.h), which are the nearest ones. */
#define PLACES (sizeof(((struct worker_resolved *)0)->candidates) / sizeof(uint64_t))

/*
 * Ambiguous anchors looked at in one go: all that there can be between the anchors that repair.c
 * goes back to (32 at most), and more where many are at one place. Not measured.
 */
#define MAX_ANCHORS 64u

struct ambiguous {
    uint64_t event;
    uint64_t places[PLACES]; /* the likeliest first; 0: there are no more */
};

/* Lists the ambiguous anchors from a place to the failure. */
static int survey(struct trial *trial, const struct place *from, struct ambiguous *list,
                  size_t *count, struct ebb_error *error)
{
    struct trail *at = trail_take(from->trail);
    struct decision_list decisions;
    int result;

    *count = 0;
    result = trial_collect(trial, from, &decision_none, &decisions, error) ? -1 : 1;
    while (result > 0 && *count < MAX_ANCHORS && !trial_exhausted(trial)) {
        struct worker_client_resolution resolution = {0};
        struct failure failure;
        struct attempt attempt =
            attempt_plan(trial->interval, at, &decisions, trial->branch->failure.event_number);
        struct trail *next;

        result = attempt_run(trial->interval, &attempt, &resolution, error) ? -1 : 1;
        if (result < 0 || !resolution.head.ambiguous ||
            resolution.head.first_ambiguous < at->event_number) {
            worker_client_resolution_free(&resolution);
            break;
        }
        list[*count].event = resolution.head.first_ambiguous;
        memcpy(list[*count].places, resolution.head.candidates, sizeof(list->places));
        worker_client_resolution_free(&resolution);
        attempt.until_event = list[(*count)++].event + 1;
        result = attempt_reach(trial->interval, &attempt, 0, &next, &failure, error);
        if (result == 0) {
            failure_clear(&failure);
        }
        if (result >= 0) {
            trail_release(at);
            at = next;
        }
    }
    free(decisions.list);
    trail_release(at);
    return result < 0 ? -1 : 0;
}

static int try_places(struct trial *trial, const struct place *from, const struct ambiguous *anchor,
                      struct ebb_error *error)
{
    int result = TRIAL_NOTHING;

    for (size_t i = 1;
         i < PLACES && anchor->places[i] && result == TRIAL_NOTHING && !trial_exhausted(trial);
         i++) {
        struct decision decision = decision_place_event(anchor->event, anchor->places[i]);

        trial->interval->effort.places++;
        result = trial_run(trial, from, &(struct decision_list){&decision, 1}, error);
    }
    return result;
}

int ambiguity_try_places(struct trial *trial, size_t back, struct ebb_error *error)
{
    struct ambiguous list[MAX_ANCHORS];
    struct place from;
    size_t count = 0;
    int result = trial_go_back(trial, back, &from, error);

    if (result <= 0) {
        return result;
    }
    result = survey(trial, &from, list, &count, error) ? TRIAL_ERROR : TRIAL_NOTHING;
    while (count-- && result == TRIAL_NOTHING) {
        result = try_places(trial, &from, &list[count], error);
    }
    trial_leave(&from);
    return result;
}
