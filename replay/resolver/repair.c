/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair.h"

#include "ambiguity.h"
#include "exclusives.h"
#include "exits.h"
#include "search.h"

#include <stdlib.h>

/* How deep repairs nest, what got farther by one being repaired in its turn. Each gets at least one
 * event farther, or nearer to the right state, so this only bounds the stack; effort.h ends it
 * before. The toy histories of tests/unit/test_resolver.c need a depth of one. */
#define MAX_DEPTH 200u

/*
 * Instructions behind the expected place of an anchor in the two wider searches. The first, 1.6
 * million, is tried early, being one replay; the second, 64 million, is as long as
 * three stretches between checkpoints (task.c), and comes when nothing else has helped. Not
 * measured: how far the drift can jump is up to the host.
 */
#define WIDE_GIVE_UP (16 * INTERVAL_GIVE_UP)
#define WIDEST_GIVE_UP (640 * INTERVAL_GIVE_UP)

/* Anchors before the failure among which the ambiguous ones are tried. Each may cost as many
 * replays as it has places: so few are tried first. Not measured. */
#define FEW_ANCHORS 4u
#define MANY_ANCHORS 32u

/* Everything there is to try: what is no guess or takes few replays first. */
static int try_all(struct trial *trial, struct ebb_error *error)
{
    int result = exits_leave_out(trial, error);

    if (result == TRIAL_NOTHING) {
        result = search_wider(trial, WIDE_GIVE_UP, error);
    }
    if (result == TRIAL_NOTHING) {
        result = ambiguity_try_places(trial, FEW_ANCHORS, error);
    }
    if (result == TRIAL_NOTHING) {
        result = ambiguity_try_places(trial, MANY_ANCHORS, error);
    }
    if (result == TRIAL_NOTHING) {
        result = exits_leave_out_singly(trial, error);
    }
    if (result == TRIAL_NOTHING) {
        result = exclusives_fail(trial, true, error);
    }
    if (result == TRIAL_NOTHING) {
        result = search_wider(trial, WIDEST_GIVE_UP, error);
    }
    if (result == TRIAL_NOTHING) {
        result = exclusives_fail(trial, false, error);
    }
    return result;
}

static int repair(struct interval *interval, struct branch *branch, unsigned depth,
                  struct ebb_error *error);

/* What got farther, the farthest first, may get to the end when it is repaired in its turn. */
static int repair_advanced(struct trial *trial, unsigned depth, struct ebb_error *error)
{
    struct branch *advanced = trial->advanced;
    uint64_t enough = trial->branch->failure.anchors + TRIAL_FAR_ANCHORS;
    int result = 0;

    qsort(advanced, trial->advanced_count, sizeof(*advanced), branch_farthest_first);
    for (size_t i = 0; i < trial->advanced_count; i++) {
        if (trial_exhausted(trial)) {
            break;
        }
        result = repair(trial->interval, &advanced[i], depth + 1, error);
        if (result != 0 || advanced[i].failure.anchors >= enough) {
            branch_replace(trial->branch, &advanced[i]);
            break;
        }
    }
    return result;
}

static int repair(struct interval *interval, struct branch *branch, unsigned depth,
                  struct ebb_error *error)
{
    int tried, result = 0;

    do {
        struct trial trial = {.interval = interval, .branch = branch};

        tried = anchor_list_read(&interval->anchors, interval->runner->task->log,
                                 interval->first_event, branch->failure.event_number, error)
                    ? TRIAL_ERROR
                    : try_all(&trial, error);
        if (tried == TRIAL_WHOLE || tried == TRIAL_FAR) {
            branch_replace(branch, &trial.done);
        } else if (tried == TRIAL_NOTHING && depth < MAX_DEPTH) {
            result = repair_advanced(&trial, depth, error);
        }
        trial_clear(&trial);
    } while (tried == TRIAL_FAR && !effort_exhausted(&interval->effort));
    return tried == TRIAL_ERROR ? -1 : tried == TRIAL_WHOLE ? 1 : result;
}

int repair_interval(struct interval *interval, struct branch *branch, struct ebb_error *error)
{
    return repair(interval, branch, 0, error);
}
