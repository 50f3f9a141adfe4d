/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"

#include "breakpoints.h"
#include "moves.h"
#include "physical_watch.h"
#include "words.h"

#include "log/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACES_MAX = 32,
    PART = 100 * 1000 * 1000,         /* instructions of one search */
    COUNT_FOR_NS = 250 * 1000 * 1000, /* then it is told how far it has got */
};

struct search {
    enum timeline_breakpoint_kind kind;
    struct rsp_place places[PLACES_MAX];
    unsigned count;
};

enum outcome { SEARCH_FOUND = 1, SEARCH_NOTHING, SEARCH_UNFINISHED };

struct found {
    uint64_t from; /* where the run began */
    uint64_t step; /* the position where it begins */
    struct timeline_stop stop;
};

/* Of data one byte if no length is given; instructions have none. */
static int parse_place(const char *word, struct search *search, struct ebb_error *error)
{
    bool execute = search->kind == TIMELINE_BREAK_EXECUTE;
    struct rsp_place *place = &search->places[search->count++];

    place->length = execute ? 0 : 1;
    return execute ? rsp_parse_address(word, &place->address, error)
                   : rsp_parse_place(word, place, error);
}

static int insert(struct rsp_session *session, const struct search *search, struct ebb_error *error)
{
    timeline_clear_breakpoints(session->timeline);
    for (unsigned i = 0; i < search->count; i++) {
        if (timeline_add_breakpoint(session->timeline, search->kind, search->places[i].address,
                                    search->places[i].length, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Where a step begins, at which no search ends by itself. */
static int go_to(struct rsp_session *session, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    return rsp_moves_go_to(session, position, &stop, error);
}

/* An instruction that the timeline stands on is none that it has come to: runs leave it out. */
static int is_executed_here(struct rsp_session *session, const struct search *search, bool *is,
                            struct found *found, struct ebb_error *error)
{
    uint64_t pc;

    *is = false;
    if (search->kind != TIMELINE_BREAK_EXECUTE ||
        timeline_position(session->timeline) >= timeline_end(session->timeline)) {
        return 0;
    }
    if (timeline_read_pc(session->timeline, &pc, error) < 0) {
        return -1;
    }
    for (unsigned i = 0; i < search->count; i++) {
        *is |= search->places[i].address == pc;
    }
    found->step = timeline_position(session->timeline);
    found->stop = (struct timeline_stop){.reason = TIMELINE_STOP_BREAKPOINT, .address = pc};
    return 0;
}

/* What a run from here has ended with. */
static int understand(struct rsp_session *session, const struct search *search, bool forward,
                      enum outcome *outcome, struct found *found, struct ebb_error *error)
{
    const struct timeline_stop *stop = &found->stop;
    bool behind = !(stop->reason == TIMELINE_STOP_BREAKPOINT || (forward && !stop->by_device)), is;

    if (stop->reason == TIMELINE_STOP_BREAKPOINT || stop->reason == TIMELINE_STOP_WATCHPOINT) {
        found->step =
            stop->position - (behind && stop->position > timeline_begin(session->timeline));
        *outcome = SEARCH_FOUND;
        return go_to(session, found->step, error);
    }
    rsp_moves_note_stop(session, stop);
    *outcome = stop->reason == TIMELINE_STOP_STEP || stop->reason == TIMELINE_STOP_INTERRUPTED
                   ? SEARCH_UNFINISHED
                   : SEARCH_NOTHING;
    /* A run that was interrupted at once has come to nothing. */
    if (*outcome == SEARCH_UNFINISHED && stop->position != found->from) {
        if (is_executed_here(session, search, &is, found, error) < 0) {
            return -1;
        }
        *outcome = is ? SEARCH_FOUND : SEARCH_UNFINISHED;
    }
    return 0;
}

/* From here on; of what is executed, without the instruction here. */
static int search_on(struct rsp_session *session, const struct search *search, uint64_t limit,
                     enum outcome *outcome, struct found *found, struct ebb_error *error)
{
    uint64_t here = timeline_position(session->timeline), end = timeline_end(session->timeline);

    found->from = here;
    if (here >= limit || here >= end) {
        *outcome = here >= end ? SEARCH_NOTHING : SEARCH_UNFINISHED;
        return 0;
    }
    if (rsp_watcher_requested(&session->watcher)) {
        *outcome = SEARCH_UNFINISHED;
        return 0;
    }
    limit = limit - here > PART ? here + PART : limit;
    if (timeline_run_forward(session->timeline, limit, &found->stop, error) < 0) {
        return -1;
    }
    return understand(session, search, true, outcome, found, error);
}

/* To where the step that begins here is over; of an instruction, a run leaves it out. */
static int pass_step(struct rsp_session *session, const struct search *search,
                     struct ebb_error *error)
{
    uint64_t here = timeline_position(session->timeline);

    if (search->kind == TIMELINE_BREAK_EXECUTE || here >= timeline_end(session->timeline)) {
        return 0;
    }
    return go_to(session, here + 1, error);
}

static int search_next(struct rsp_session *session, const struct search *search, bool pass,
                       enum outcome *outcome, struct found *found, struct ebb_error *error)
{
    if (pass && pass_step(session, search, error) < 0) {
        return -1;
    }
    return search_on(session, search, timeline_end(session->timeline), outcome, found, error);
}

static int search_last(struct rsp_session *session, const struct search *search,
                       enum outcome *outcome, struct found *found, struct ebb_error *error)
{
    uint64_t here = timeline_position(session->timeline);
    uint64_t begin = timeline_begin(session->timeline);
    uint64_t limit = here - begin > PART ? here - PART : begin;

    found->from = here;
    if (timeline_run_backward(session->timeline, limit, &found->stop, error) < 0) {
        return -1;
    }
    return understand(session, search, false, outcome, found, error);
}

/* Steps from here on that begin before limit, up to wanted; *count is how many. */
static int count_steps(struct rsp_session *session, const struct search *search, uint64_t limit,
                       uint64_t wanted, uint64_t *count, struct ebb_error *error)
{
    uint64_t until = ebb_clock_now() + COUNT_FOR_NS;
    enum outcome outcome = SEARCH_FOUND;
    struct found found;
    bool is;

    if (is_executed_here(session, search, &is, &found, error) < 0) {
        return -1;
    }
    *count = is && found.step < limit;
    while (*count < wanted && ebb_clock_now() < until &&
           !rsp_watcher_requested(&session->watcher)) {
        /* Behind the step that is counted. */
        if (outcome == SEARCH_FOUND && *count > 0 && pass_step(session, search, error) < 0) {
            return -1;
        }
        if (search_on(session, search, limit, &outcome, &found, error) < 0) {
            return -1;
        }
        if (outcome != SEARCH_FOUND || found.step >= limit) {
            break;
        }
        ++*count;
    }
    if (*count<wanted && * count> 0 && found.step < limit &&
        timeline_position(session->timeline) == found.step) {
        return go_to(session, found.step + 1, error); /* which is where to go on */
    }
    return 0;
}

static void print_found(struct rsp_session *session, const struct search *search,
                        const struct found *found)
{
    const char *what = "execute", *who = "cpu";

    if (search->kind != TIMELINE_BREAK_EXECUTE) {
        who = found->stop.by_reset ? "reset" : found->stop.by_device ? "device" : "cpu";
        what = rsp_kind_name(found->stop.kind);
    }
    rsp_session_printf(session, "found %" PRIu64 " %s 0x%" PRIx64 " by %s\n", found->step, what,
                       found->stop.address, who);
}

static int find(struct rsp_session *session, const struct search *search, const char *how,
                struct ebb_error *error)
{
    enum outcome outcome = SEARCH_NOTHING;
    struct found found = {0};
    int status = !strcmp(how, "last")
                     ? search_last(session, search, &outcome, &found, error)
                     : search_next(session, search, !strcmp(how, "next"), &outcome, &found, error);

    if (status < 0) {
        return -1;
    }
    if (outcome == SEARCH_FOUND) {
        print_found(session, search, &found);
    } else if (outcome == SEARCH_UNFINISHED) {
        rsp_session_printf(session, "searched until %" PRIu64 "\n",
                           timeline_position(session->timeline));
    } else {
        rsp_session_print(session, "nothing found\n");
    }
    return 0;
}

/* TO[:N] */
static int parse_count(const char *word, uint64_t *limit, uint64_t *wanted, struct ebb_error *error)
{
    const char *rest = rsp_scan_number(word, 10, limit);

    *wanted = UINT64_MAX;
    if (rest && *rest == ':') {
        rest = rsp_scan_number(rest + 1, 10, wanted);
    }
    if (!rest || *rest || *wanted == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is none of last, next, on and TO[:N]",
                        word);
    }
    return 0;
}

static int count(struct rsp_session *session, const struct search *search, const char *how,
                 struct ebb_error *error)
{
    uint64_t limit, wanted, count;

    if (parse_count(how, &limit, &wanted, error) < 0 ||
        count_steps(session, search, limit, wanted, &count, error) < 0) {
        return -1;
    }
    rsp_session_printf(session, "counted %" PRIu64 " until %" PRIu64 "\n", count,
                       timeline_position(session->timeline));
    return 0;
}

static int search_with(struct rsp_session *session, const struct search *search, const char *how,
                       struct ebb_error *error)
{
    bool is_find = !strcmp(how, "last") || !strcmp(how, "next") || !strcmp(how, "on");

    if (insert(session, search, error) < 0) {
        return -1;
    }
    return is_find ? find(session, search, how, error) : count(session, search, how, error);
}

int rsp_search(struct rsp_session *session, char **words, unsigned count, struct ebb_error *error)
{
    struct search search = {0};
    int status;

    if (rsp_parse_kind(words[2], &search.kind, error) < 0) {
        return -1;
    }
    for (unsigned i = 3; i < count; i++) {
        if (search.count == PLACES_MAX) {
            return ebb_fail(error, EBB_ERROR_USAGE, "give %d addresses at most", PLACES_MAX);
        }
        if (parse_place(words[i], &search, error) < 0) {
            return -1;
        }
    }
    if (rsp_moves_begin(session, error) < 0) {
        return -1;
    }
    status = search_with(session, &search, words[1], error);
    rsp_moves_end(session);
    if (rsp_breakpoints_restore(session, status < 0 ? NULL : error) < 0 ||
        rsp_physical_watch_restore(session, status < 0 ? NULL : error) < 0) {
        return -1;
    }
    session->signal = RSP_SIGTRAP;
    return status;
}
