/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"

#include "breakpoints.h"
#include "finder.h"
#include "moves.h"
#include "physical_watch.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of data one byte if no length is given; instructions have none. */
static int parse_place(const char *word, struct rsp_wanted *wanted, struct ebb_error *error)
{
    bool execute = wanted->kind == TIMELINE_BREAK_EXECUTE;
    struct rsp_place *place = &wanted->places[wanted->count++];

    place->length = execute ? 0 : 1;
    return execute ? rsp_parse_address(word, &place->address, error)
                   : rsp_parse_place(word, place, error);
}

static void print_found(struct rsp_session *session, const struct rsp_wanted *wanted,
                        const struct rsp_found *found)
{
    const char *what = "execute", *who = "cpu";

    if (wanted->kind != TIMELINE_BREAK_EXECUTE) {
        who = found->stop.by_reset ? "reset" : found->stop.by_device ? "device" : "cpu";
        what = rsp_kind_name(found->stop.kind);
    }
    rsp_session_printf(session, "found %" PRIu64 " %s 0x%" PRIx64 " by %s\n", found->step, what,
                       found->stop.address, who);
}

static bool is_stopped(void *opaque)
{
    return rsp_watcher_requested(opaque);
}

static int find(struct rsp_session *session, struct rsp_finder *finder,
                const struct rsp_wanted *wanted, const char *how, struct ebb_error *error)
{
    enum rsp_outcome outcome = RSP_NOT_FOUND;
    struct rsp_found found = {0};
    int status = !strcmp(how, "last")
                     ? rsp_find_last(finder, wanted, &outcome, &found, error)
                     : rsp_find_next(finder, wanted, !strcmp(how, "next"), &outcome, &found, error);

    if (status < 0) {
        return -1;
    }
    if (outcome == RSP_FOUND) {
        print_found(session, wanted, &found);
    } else if (outcome == RSP_UNFINISHED) {
        rsp_session_printf(session, "searched until %" PRIu64 "\n",
                           timeline_position(session->timeline));
    } else {
        rsp_session_print(session, "nothing found\n");
    }
    return 0;
}

/* TO[:N] */
static int parse_count(const char *word, uint64_t *limit, uint64_t *most, struct ebb_error *error)
{
    const char *rest = rsp_scan_number(word, 10, limit);

    *most = UINT64_MAX;
    if (rest && *rest == ':') {
        rest = rsp_scan_number(rest + 1, 10, most);
    }
    if (!rest || *rest || *most == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is none of last, next, on and TO[:N]",
                        word);
    }
    return 0;
}

static int count(struct rsp_session *session, struct rsp_finder *finder,
                 const struct rsp_wanted *wanted, const char *how, struct ebb_error *error)
{
    uint64_t limit, most, count;

    if (parse_count(how, &limit, &most, error) < 0 ||
        rsp_find_count(finder, wanted, limit, most, &count, error) < 0) {
        return -1;
    }
    rsp_session_printf(session, "counted %" PRIu64 " until %" PRIu64 "\n", count,
                       timeline_position(session->timeline));
    return 0;
}

static int search_with(struct rsp_session *session, const struct rsp_wanted *wanted,
                       const char *how, struct ebb_error *error)
{
    struct rsp_finder finder = {
        .timeline = session->timeline, .stopped = is_stopped, .opaque = &session->watcher};
    bool is_find = !strcmp(how, "last") || !strcmp(how, "next") || !strcmp(how, "on");
    int status;

    if (rsp_finder_prepare(&finder, wanted, error) < 0) {
        return -1;
    }
    status = is_find ? find(session, &finder, wanted, how, error)
                     : count(session, &finder, wanted, how, error);
    rsp_moves_note_stop(session, &finder.last);
    return status;
}

int rsp_search(struct rsp_session *session, char **words, unsigned count, struct ebb_error *error)
{
    struct rsp_wanted wanted = {0};
    int status;

    if (rsp_parse_kind(words[2], &wanted.kind, error) < 0) {
        return -1;
    }
    for (unsigned i = 3; i < count; i++) {
        if (wanted.count == RSP_PLACES_MAX) {
            return ebb_fail(error, EBB_ERROR_USAGE, "give %d addresses at most", RSP_PLACES_MAX);
        }
        if (parse_place(words[i], &wanted, error) < 0) {
            return -1;
        }
    }
    if (rsp_moves_begin(session, error) < 0) {
        return -1;
    }
    status = search_with(session, &wanted, words[1], error);
    rsp_moves_end(session);
    if (rsp_breakpoints_restore(session, status < 0 ? NULL : error) < 0 ||
        rsp_physical_watch_restore(session, status < 0 ? NULL : error) < 0) {
        return -1;
    }
    session->signal = RSP_SIGTRAP;
    return status;
}
