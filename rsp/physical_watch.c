/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "physical_watch.h"

#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WATCHES_MAX = 32, LENGTH_DEFAULT = 4 };

struct watch {
    unsigned number;
    enum timeline_breakpoint_kind kind;
    struct rsp_place place;
};

struct rsp_physical_list {
    struct watch list[WATCHES_MAX];
    unsigned count;
    unsigned last_number;
};

/* By kind, from TIMELINE_WATCH_PHYSICAL_WRITE on. */
static const char *const accesses[] = {"write to", "read of", "access to"};

static bool is_physical(enum timeline_breakpoint_kind kind)
{
    return kind >= TIMELINE_WATCH_PHYSICAL_WRITE && kind <= TIMELINE_WATCH_PHYSICAL_ACCESS;
}

/* They are called as those on virtual addresses are. */
static int parse_kind(const char *word, struct watch *watch, struct ebb_error *error)
{
    for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        if (!strcmp(word, rsp_kind_name(TIMELINE_WATCH_WRITE + i))) {
            watch->kind = TIMELINE_WATCH_PHYSICAL_WRITE + i;
            return 0;
        }
    }
    return ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is none of read, write and access", word);
}

static int add(struct rsp_session *session, const struct watch *watch, struct ebb_error *error)
{
    return timeline_add_breakpoint(session->timeline, watch->kind, watch->place.address,
                                   watch->place.length, error);
}

static int take_out(struct rsp_session *session, const struct watch *watch, struct ebb_error *error)
{
    return timeline_remove_breakpoint(session->timeline, watch->kind, watch->place.address,
                                      watch->place.length, error);
}

static void print_watch(struct rsp_session *session, const struct watch *watch)
{
    rsp_session_printf(session, "physical watchpoint %u: %s 0x%" PRIx64 ", %" PRIu64 " bytes\n",
                       watch->number, accesses[watch->kind - TIMELINE_WATCH_PHYSICAL_WRITE],
                       watch->place.address, watch->place.length);
}

static void print_list(struct rsp_session *session)
{
    const struct rsp_physical_list *watches = session->watches;

    if (!watches || watches->count == 0) {
        rsp_session_print(session, "no physical watchpoints\n");
        return;
    }
    for (unsigned i = 0; i < watches->count; i++) {
        print_watch(session, &watches->list[i]);
    }
}

static bool is_same(const struct watch *a, const struct watch *b)
{
    return a->kind == b->kind && a->place.address == b->place.address &&
           a->place.length == b->place.length;
}

static int append(struct rsp_session *session, struct watch *watch, struct ebb_error *error)
{
    struct rsp_physical_list *watches = session->watches;

    if (!watches && !(watches = session->watches = calloc(1, sizeof(*watches)))) {
        return ebb_fail_memory(error);
    }
    for (unsigned i = 0; i < watches->count; i++) {
        if (is_same(&watches->list[i], watch)) {
            watch->number = watches->list[i].number;
            return 0;
        }
    }
    if (watches->count == WATCHES_MAX) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "there are %d physical watchpoints already; remove some", WATCHES_MAX);
    }
    if (add(session, watch, error) < 0) {
        return -1;
    }
    watch->number = ++watches->last_number;
    watches->list[watches->count++] = *watch;
    return 0;
}

int rsp_physical_watch_set(struct rsp_session *session, char **words, unsigned count,
                           struct ebb_error *error)
{
    struct watch watch = {.kind = TIMELINE_WATCH_PHYSICAL_WRITE, .place.length = LENGTH_DEFAULT};

    if (count < 2) {
        print_list(session);
        return 0;
    }
    if (rsp_parse_place(words[1], &watch.place, error) < 0 ||
        (count > 2 && parse_kind(words[2], &watch, error) < 0) ||
        append(session, &watch, error) < 0) {
        return -1;
    }
    print_watch(session, &watch);
    return 0;
}

static int remove_all(struct rsp_session *session, struct ebb_error *error)
{
    struct rsp_physical_list *watches = session->watches;

    while (watches && watches->count) {
        if (take_out(session, &watches->list[--watches->count], error) < 0) {
            return -1;
        }
    }
    return 0;
}

int rsp_physical_watch_remove(struct rsp_session *session, char **words, unsigned count,
                              struct ebb_error *error)
{
    struct rsp_physical_list *watches = session->watches;
    uint64_t number;

    (void)count;
    if (!strcmp(words[1], "all")) {
        return remove_all(session, error);
    }
    if (rsp_parse_number(words[1], &number, error) < 0) {
        return -1;
    }
    for (unsigned i = 0; watches && i < watches->count; i++) {
        if (watches->list[i].number == number) {
            struct watch gone = watches->list[i];

            watches->count--;
            memmove(&watches->list[i], &watches->list[i + 1],
                    (watches->count - i) * sizeof(watches->list[0]));
            return take_out(session, &gone, error);
        }
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "there is no physical watchpoint '%.40s'; 'monitor watch-physical' lists them",
                    words[1]);
}

int rsp_physical_watch_restore(struct rsp_session *session, struct ebb_error *error)
{
    struct rsp_physical_list *watches = session->watches;

    for (unsigned i = 0; watches && i < watches->count; i++) {
        if (add(session, &watches->list[i], error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Goes over the access that was stopped at, with all of them out of the way. */
static int go_over(struct rsp_session *session, bool forward, struct timeline_stop *stop,
                   struct ebb_error *error)
{
    struct rsp_physical_list *watches = session->watches;
    int status;

    for (unsigned i = 0; i < watches->count; i++) {
        if (take_out(session, &watches->list[i], error) < 0) {
            return -1;
        }
    }
    if (timeline_in_diversion(session->timeline)) {
        status = timeline_resume_diversion(session->timeline, true, stop, error);
    } else {
        status = forward ? timeline_step(session->timeline, stop, error)
                         : timeline_reverse_step(session->timeline, stop, error);
    }
    return rsp_physical_watch_restore(session, error) < 0 ? -1 : status;
}

/* Whose access it was, if not the guest's. */
static const char *whose(const struct timeline_stop *hit)
{
    return hit->by_reset ? "the reset's " : hit->by_device ? "a device's " : "";
}

static void tell(struct rsp_session *session, const struct timeline_stop *hit, uint64_t position)
{
    const struct rsp_physical_list *watches = session->watches;
    const char *what = accesses[hit->kind - TIMELINE_WATCH_PHYSICAL_WRITE];

    for (unsigned i = 0; i < watches->count; i++) {
        const struct watch *watch = &watches->list[i];

        if (watch->kind == hit->kind && hit->address - watch->place.address < watch->place.length) {
            rsp_session_printf(session,
                               "ebb: physical watchpoint %u: %s%s 0x%" PRIx64
                               " at position %" PRIu64 "\n",
                               watch->number, whose(hit), what, hit->address, position);
            return;
        }
    }
}

int rsp_physical_watch_end_move(struct rsp_session *session, bool forward, bool is_step,
                                struct timeline_stop *stop, struct ebb_error *error)
{
    struct timeline_stop hit = *stop;

    if (stop->reason != TIMELINE_STOP_WATCHPOINT || !is_physical(stop->kind) || !session->watches) {
        return 0;
    }
    if (hit.inside && go_over(session, forward, stop, error) < 0) {
        return -1;
    }
    if (hit.inside && stop->reason == TIMELINE_STOP_WATCHPOINT) {
        return 0; /* gdb's own see that access as well: it goes over it, and we come back here */
    }
    tell(session, &hit, hit.position - (!forward && hit.inside));
    if (stop->reason == TIMELINE_STOP_STEP || stop->reason == TIMELINE_STOP_WATCHPOINT) {
        /* gdb goes on with its stepping if all that has come is the end of a step. */
        stop->reason = is_step ? TIMELINE_STOP_INTERRUPTED : TIMELINE_STOP_STEP;
    }
    return 0;
}
