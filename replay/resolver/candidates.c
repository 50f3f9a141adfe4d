/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidates.h"

#include <stdlib.h>

void candidates_free(struct candidates *candidates)
{
    free(candidates->list);
    *candidates = (struct candidates){0};
}

int candidates_list(struct trial *trial, const struct place *from, uint64_t until_event,
                    const struct decision_list *more, struct candidates *candidates,
                    struct ebb_error *error)
{
    struct worker_client_resolution resolution;
    struct decision_list decisions = {0};
    struct attempt attempt = attempt_plan(trial->interval, from->trail, &decisions, until_event);
    int result;

    attempt.give_up = TRIAL_GIVE_UP;
    attempt.flags = WORKER_RESOLVE_LIST_EXCLUSIVES;
    *candidates = (struct candidates){0};
    if (trial_collect(trial, from, more, &decisions, error)) {
        return -1;
    }
    trial->interval->effort.replays += more->count > 0;
    result = attempt_run(trial->interval, &attempt, &resolution, error);
    free(decisions.list);
    if (result == 0) {
        candidates->list = resolution.exclusives;
        candidates->count = resolution.head.exclusive_count;
        resolution.exclusives = NULL;
    }
    worker_client_resolution_free(&resolution);
    return result;
}

void candidates_restrict(struct candidates *candidates, uint64_t after, uint64_t before)
{
    size_t count = 0;

    for (size_t i = 0; i < candidates->count; i++) {
        if (candidates->list[i].position > after && candidates->list[i].position < before) {
            candidates->list[count++] = candidates->list[i];
        }
    }
    candidates->count = count;
}

static int by_pc_latest_first(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;

    if (one->exclusive.pc != other->exclusive.pc) {
        return one->exclusive.pc < other->exclusive.pc ? -1 : 1;
    }
    return one->order > other->order ? -1 : one->order < other->order;
}

static int by_rank_latest_first(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;

    if (one->rank != other->rank) {
        return one->rank < other->rank ? -1 : 1;
    }
    return one->order > other->order ? -1 : one->order < other->order;
}

struct candidate *candidates_rank(const struct candidates *candidates, struct ebb_error *error)
{
    struct candidate *list = calloc(candidates->count + 1, sizeof(*list));

    for (size_t i = 0; list && i < candidates->count; i++) {
        list[i] = (struct candidate){.exclusive = candidates->list[i], .order = i};
    }
    if (!list) {
        ebb_fail_memory(error);
        return NULL;
    }
    qsort(list, candidates->count, sizeof(*list), by_pc_latest_first);
    for (size_t i = 1; i < candidates->count; i++) {
        if (list[i].exclusive.pc == list[i - 1].exclusive.pc) {
            list[i].rank = list[i - 1].rank + 1;
        }
    }
    qsort(list, candidates->count, sizeof(*list), by_rank_latest_first);
    return list;
}
