/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "searches.h"

#include "place.h"

#include <stdio.h>

static struct rsp_finder finder_of(struct shell *shell)
{
    return (struct rsp_finder){
        .timeline = shell->timeline, .stopped = place_is_stopped, .opaque = shell};
}

/* Where history ended early, and why; once for each search. */
static void tell_end(struct shell *shell, const struct rsp_finder *finder)
{
    if (finder->last.reason == TIMELINE_STOP_DIVERGED ||
        finder->last.reason == TIMELINE_STOP_DAMAGED) {
        progress_clear(&shell->progress);
        printf("%s\n", finder->last.report ? finder->last.report : "History ends here.");
    }
}

static int find_part(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                     enum searches_way way, enum rsp_outcome *outcome, struct rsp_found *found,
                     struct ebb_error *error)
{
    return way == SEARCHES_LAST
               ? rsp_find_last(finder, wanted, outcome, found, error)
               : rsp_find_next(finder, wanted, way == SEARCHES_NEXT, outcome, found, error);
}

int searches_find(struct shell *shell, const struct rsp_wanted *wanted, enum searches_way way,
                  struct rsp_found *found, struct ebb_error *error)
{
    struct rsp_finder finder = finder_of(shell);
    enum rsp_outcome outcome = RSP_UNFINISHED;
    int status = rsp_finder_prepare(&finder, wanted, error);

    while (status == 0 && outcome == RSP_UNFINISHED) {
        if (place_is_stopped(shell)) {
            status = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
            break;
        }
        status = find_part(&finder, wanted, way, &outcome, found, error);
        way = way == SEARCHES_NEXT ? SEARCHES_ON : way;
    }
    if (status == 0 && outcome == RSP_NOT_FOUND) {
        tell_end(shell, &finder);
    }
    timeline_clear_breakpoints(shell->timeline);
    return status < 0 ? -1 : outcome == RSP_FOUND;
}

int searches_count(struct shell *shell, const struct rsp_wanted *wanted, uint64_t limit,
                   uint64_t most, uint64_t *count, struct ebb_error *error)
{
    struct rsp_finder finder = finder_of(shell);
    int status = rsp_finder_prepare(&finder, wanted, error);

    while (status == 0 && *count < most && timeline_position(shell->timeline) < limit) {
        uint64_t before = timeline_position(shell->timeline), counted;

        if (place_is_stopped(shell)) {
            status = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
            break;
        }
        status = rsp_find_count(&finder, wanted, limit, most - *count, &counted, error);
        *count += status == 0 ? counted : 0;
        if (status == 0 && counted == 0 && timeline_position(shell->timeline) == before) {
            tell_end(shell, &finder); /* it goes no farther */
            break;
        }
    }
    timeline_clear_breakpoints(shell->timeline);
    return status;
}
