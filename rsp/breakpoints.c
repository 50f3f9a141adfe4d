/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "breakpoints.h"

#include <stdlib.h>

enum {
    TYPE_SOFTWARE = 0,
    TYPE_HARDWARE = 1,
    TYPE_WATCH_FIRST = 2,
    TYPE_WATCH_LAST = 4,
    WATCH_LENGTH_MAX = 1 << 20, /* bytes */
};

static enum timeline_breakpoint_kind timeline_kind(unsigned type)
{
    static const enum timeline_breakpoint_kind kinds[] = {
        TIMELINE_BREAK_EXECUTE, TIMELINE_BREAK_EXECUTE, TIMELINE_WATCH_WRITE,
        TIMELINE_WATCH_READ,    TIMELINE_WATCH_ACCESS,
    };

    return kinds[type];
}

/* The timeline's length: instructions have none. */
static uint64_t timeline_length(const struct rsp_breakpoint *breakpoint)
{
    return breakpoint->type <= TYPE_HARDWARE ? 0 : breakpoint->length;
}

static bool same(const struct rsp_breakpoint *a, const struct rsp_breakpoint *b)
{
    return a->type == b->type && a->address == b->address && a->length == b->length;
}

/* Whether the timeline takes them for one. */
static bool same_to_timeline(const struct rsp_breakpoint *a, const struct rsp_breakpoint *b)
{
    return timeline_kind(a->type) == timeline_kind(b->type) && a->address == b->address &&
           timeline_length(a) == timeline_length(b);
}

static struct rsp_breakpoint *find(struct rsp_session *session, const struct rsp_breakpoint *wanted,
                                   bool (*matches)(const struct rsp_breakpoint *,
                                                   const struct rsp_breakpoint *))
{
    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        if (matches(&session->breakpoints[i], wanted)) {
            return &session->breakpoints[i];
        }
    }
    return NULL;
}

static const struct rsp_breakpoint *execution_at(const struct rsp_breakpoint *list, unsigned count,
                                                 uint64_t address)
{
    const struct rsp_breakpoint *found = NULL;

    for (unsigned i = 0; i < count; i++) {
        if (list[i].address == address && list[i].type <= TYPE_HARDWARE &&
            (!found || list[i].type == TYPE_SOFTWARE)) {
            found = &list[i];
        }
    }
    return found;
}

bool rsp_breakpoint_watches_writes(const struct rsp_breakpoint *breakpoint)
{
    return timeline_kind(breakpoint->type) == TIMELINE_WATCH_WRITE;
}

const struct rsp_breakpoint *rsp_breakpoint_at(const struct rsp_session *session, uint64_t address)
{
    return execution_at(session->breakpoints, session->breakpoint_count, address);
}

const struct rsp_breakpoint *rsp_breakpoint_removed_at(const struct rsp_session *session,
                                                       uint64_t address)
{
    return execution_at(session->removed, session->removed_count, address);
}

/*
 * An access may begin before the watched bytes. gdb wants an address inside of them, so the first
 * byte of both is reported: the one that is watched and nearest behind the access's start.
 */
const struct rsp_breakpoint *rsp_watchpoint_hit(const struct rsp_session *session,
                                                enum timeline_breakpoint_kind kind,
                                                uint64_t address, uint64_t *inside)
{
    const struct rsp_breakpoint *found = NULL;

    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        const struct rsp_breakpoint *watchpoint = &session->breakpoints[i];
        uint64_t last = watchpoint->address + (watchpoint->length - 1);
        uint64_t first = address > watchpoint->address ? address : watchpoint->address;

        if (watchpoint->type >= TYPE_WATCH_FIRST && timeline_kind(watchpoint->type) == kind &&
            last >= address && (!found || first < *inside)) {
            found = watchpoint;
            *inside = first;
        }
    }
    return found;
}

static int insert(struct rsp_session *session, const struct rsp_breakpoint *wanted,
                  struct ebb_error *error)
{
    if (find(session, wanted, same)) {
        return 0; /* packets may be repeated */
    }
    if (session->breakpoint_count == RSP_BREAKPOINTS_MAX) {
        return ebb_fail(error, EBB_ERROR_FAILED, "there are %d breakpoints already; delete some",
                        RSP_BREAKPOINTS_MAX);
    }
    if (!find(session, wanted, same_to_timeline) &&
        timeline_add_breakpoint(session->timeline, timeline_kind(wanted->type), wanted->address,
                                timeline_length(wanted), error) < 0) {
        return -1;
    }
    session->breakpoints[session->breakpoint_count++] = *wanted;
    return 0;
}

static int take_out(struct rsp_session *session, const struct rsp_breakpoint *wanted,
                    struct ebb_error *error)
{
    struct rsp_breakpoint *breakpoint = find(session, wanted, same);

    if (!breakpoint) {
        return 0; /* packets may be repeated */
    }
    if (session->removed_count < RSP_BREAKPOINTS_MAX) {
        session->removed[session->removed_count++] = *wanted;
    }
    *breakpoint = session->breakpoints[--session->breakpoint_count];
    if (find(session, wanted, same_to_timeline)) {
        return 0;
    }
    return timeline_remove_breakpoint(session->timeline, timeline_kind(wanted->type),
                                      wanted->address, timeline_length(wanted), error);
}

int rsp_breakpoints_revive(struct rsp_session *session, struct ebb_error *error)
{
    for (unsigned i = 0; i < session->removed_count; i++) {
        const struct rsp_breakpoint *removed = &session->removed[i];

        if (!find(session, removed, same_to_timeline) &&
            timeline_add_breakpoint(session->timeline, timeline_kind(removed->type),
                                    removed->address, timeline_length(removed), error) < 0) {
            rsp_breakpoints_bury(session);
            return -1;
        }
    }
    return 0;
}

void rsp_breakpoints_bury(struct rsp_session *session)
{
    for (unsigned i = 0; i < session->removed_count; i++) {
        const struct rsp_breakpoint *removed = &session->removed[i];

        if (!find(session, removed, same_to_timeline)) {
            /* Two of the removed may be one to the timeline. */
            timeline_remove_breakpoint(session->timeline, timeline_kind(removed->type),
                                       removed->address, timeline_length(removed), NULL);
        }
    }
}

int rsp_breakpoints_restore(struct rsp_session *session, struct ebb_error *error)
{
    timeline_clear_breakpoints(session->timeline);
    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        const struct rsp_breakpoint *breakpoint = &session->breakpoints[i];

        if (timeline_add_breakpoint(session->timeline, timeline_kind(breakpoint->type),
                                    breakpoint->address, timeline_length(breakpoint), error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Why it cannot be inserted, or NULL. */
static const char *complaint(const struct rsp_breakpoint *breakpoint)
{
    if (breakpoint->type <= TYPE_HARDWARE) {
        bool known = breakpoint->length >= 2 && breakpoint->length <= 4;

        return known ? NULL : "the kind of a breakpoint is 2, 3 or 4 on ARM";
    }
    if (breakpoint->length == 0 || breakpoint->length > WATCH_LENGTH_MAX) {
        return "a watchpoint's length is 1 byte to 1 MiB";
    }
    if (breakpoint->length - 1 > UINT64_MAX - breakpoint->address) {
        return "a watchpoint cannot wrap around";
    }
    return NULL;
}

/* Z and z: TYPE,ADDRESS,LENGTH. */
static void change(struct rsp_session *session, const struct rsp_arguments *arguments,
                   int (*apply)(struct rsp_session *, const struct rsp_breakpoint *,
                                struct ebb_error *))
{
    struct rsp_breakpoint breakpoint = {.address = arguments->list[1].number,
                                        .length = arguments->list[2].number};
    struct ebb_error error;
    const char *text;

    if (arguments->list[0].number > TYPE_WATCH_LAST) {
        return; /* not supported */
    }
    breakpoint.type = (unsigned)arguments->list[0].number;
    text = complaint(&breakpoint);
    if (!text && arguments->count > 3) {
        text = "conditions and commands are gdb's to evaluate";
    }
    if (text) {
        rsp_reply_error(session, RSP_EINVAL, text);
    } else if (apply(session, &breakpoint, &error) < 0) {
        rsp_reply_error(session, RSP_EIO, error.message);
    } else {
        rsp_reply_ok(session);
    }
}

void rsp_handle_insert(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    change(session, arguments, insert);
}

void rsp_handle_remove(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    change(session, arguments, take_out);
}
