/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "finder.h"

#include "log/clock.h"

enum {
    PART = 100 * 1000 * 1000,         /* instructions of one search */
    COUNT_FOR_NS = 250 * 1000 * 1000, /* then it is told how far it has got */
};

int rsp_finder_prepare(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                       struct ebb_error *error)
{
    timeline_clear_breakpoints(finder->timeline);
    for (unsigned i = 0; i < wanted->count; i++) {
        if (timeline_add_breakpoint(finder->timeline, wanted->kind, wanted->places[i].address,
                                    wanted->places[i].length, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_stopped(const struct rsp_finder *finder)
{
    return finder->stopped(finder->opaque);
}

/* Where a step begins, at which no search ends by itself. */
static int go_to(struct rsp_finder *finder, uint64_t position, struct ebb_error *error)
{
    /* What follows has to find the timeline there: an interrupt that comes on the way waits. */
    do {
        if (timeline_seek(finder->timeline, position, &finder->last, error) < 0) {
            return -1;
        }
    } while (finder->last.reason == TIMELINE_STOP_INTERRUPTED);
    return 0;
}

/* An instruction that the timeline stands on is none that it has come to: runs leave it out. */
static int is_executed_here(struct rsp_finder *finder, const struct rsp_wanted *wanted, bool *is,
                            struct rsp_found *found, struct ebb_error *error)
{
    uint64_t pc;

    *is = false;
    if (wanted->kind != TIMELINE_BREAK_EXECUTE ||
        timeline_position(finder->timeline) >= timeline_end(finder->timeline)) {
        return 0;
    }
    if (timeline_read_pc(finder->timeline, &pc, error) < 0) {
        return -1;
    }
    for (unsigned i = 0; i < wanted->count; i++) {
        *is |= wanted->places[i].address == pc;
    }
    found->step = timeline_position(finder->timeline);
    found->stop = (struct timeline_stop){.reason = TIMELINE_STOP_BREAKPOINT, .address = pc};
    return 0;
}

/* What a run from here has ended with. */
static int understand(struct rsp_finder *finder, const struct rsp_wanted *wanted, bool forward,
                      enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error)
{
    const struct timeline_stop *stop = &found->stop;
    bool behind = stop->reason == TIMELINE_STOP_WATCHPOINT && !(forward && stop->inside), is;

    if (stop->reason == TIMELINE_STOP_BREAKPOINT || stop->reason == TIMELINE_STOP_WATCHPOINT) {
        found->step =
            stop->position - (behind && stop->position > timeline_begin(finder->timeline));
        *outcome = RSP_FOUND;
        return go_to(finder, found->step, error);
    }
    *outcome = stop->reason == TIMELINE_STOP_STEP || stop->reason == TIMELINE_STOP_INTERRUPTED
                   ? RSP_UNFINISHED
                   : RSP_NOT_FOUND;
    /* A run that was interrupted at once has come to nothing. */
    if (*outcome == RSP_UNFINISHED && stop->position != found->from) {
        if (is_executed_here(finder, wanted, &is, found, error) < 0) {
            return -1;
        }
        *outcome = is ? RSP_FOUND : RSP_UNFINISHED;
    }
    return 0;
}

/* From here on; of what is executed, without the instruction here. */
static int search_on(struct rsp_finder *finder, const struct rsp_wanted *wanted, uint64_t limit,
                     enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error)
{
    uint64_t here = timeline_position(finder->timeline), end = timeline_end(finder->timeline);

    found->from = here;
    if (here >= limit || here >= end) {
        *outcome = here >= end ? RSP_NOT_FOUND : RSP_UNFINISHED;
        return 0;
    }
    if (is_stopped(finder)) {
        *outcome = RSP_UNFINISHED;
        return 0;
    }
    limit = limit - here > PART ? here + PART : limit;
    if (timeline_run_forward(finder->timeline, limit, &found->stop, error) < 0) {
        return -1;
    }
    finder->last = found->stop;
    return understand(finder, wanted, true, outcome, found, error);
}

/* To where the step that begins here is over; of an instruction, a run leaves it out. */
static int pass_step(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                     struct ebb_error *error)
{
    uint64_t here = timeline_position(finder->timeline);

    if (wanted->kind == TIMELINE_BREAK_EXECUTE || here >= timeline_end(finder->timeline)) {
        return 0;
    }
    return go_to(finder, here + 1, error);
}

int rsp_find_next(struct rsp_finder *finder, const struct rsp_wanted *wanted, bool pass,
                  enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error)
{
    if (pass && pass_step(finder, wanted, error) < 0) {
        return -1;
    }
    return search_on(finder, wanted, timeline_end(finder->timeline), outcome, found, error);
}

int rsp_find_last(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                  enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error)
{
    uint64_t here = timeline_position(finder->timeline);
    uint64_t begin = timeline_begin(finder->timeline);
    uint64_t limit = here - begin > PART ? here - PART : begin;

    found->from = here;
    if (timeline_run_backward(finder->timeline, limit, &found->stop, error) < 0) {
        return -1;
    }
    finder->last = found->stop;
    return understand(finder, wanted, false, outcome, found, error);
}

/* Steps from here on that begin before limit, up to wanted; *count is how many. */
int rsp_find_count(struct rsp_finder *finder, const struct rsp_wanted *wanted, uint64_t limit,
                   uint64_t most, uint64_t *count, struct ebb_error *error)
{
    uint64_t until = ebb_clock_now() + COUNT_FOR_NS;
    enum rsp_outcome outcome = RSP_FOUND;
    struct rsp_found found;
    bool is;

    if (is_executed_here(finder, wanted, &is, &found, error) < 0) {
        return -1;
    }
    *count = is && found.step < limit;
    while (*count < most && ebb_clock_now() < until && !is_stopped(finder)) {
        /* Behind the step that is counted. */
        if (outcome == RSP_FOUND && *count > 0 && pass_step(finder, wanted, error) < 0) {
            return -1;
        }
        if (search_on(finder, wanted, limit, &outcome, &found, error) < 0) {
            return -1;
        }
        if (outcome != RSP_FOUND || found.step >= limit) {
            break;
        }
        ++*count;
    }
    if (*count<most && * count> 0 && found.step < limit &&
        timeline_position(finder->timeline) == found.step) {
        return go_to(finder, found.step + 1, error); /* which is where to go on */
    }
    return 0;
}
