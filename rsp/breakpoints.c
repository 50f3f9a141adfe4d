/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "breakpoints.h"

#include <stdlib.h>
#include <string.h>

enum {
    TYPE_SOFTWARE = 0,
    TYPE_HARDWARE = 1,
    TYPE_WATCH_FIRST = 2,
    TYPE_WATCH_LAST = 4,
    WATCH_LENGTH_MAX = 1 << 20, /* bytes */
};

/* What hits of it are, as stops say. */
static enum timeline_breakpoint_kind hit_kind(unsigned type)
{
    static const enum timeline_breakpoint_kind kinds[] = {
        TIMELINE_BREAK_EXECUTE, TIMELINE_BREAK_EXECUTE, TIMELINE_WATCH_WRITE,
        TIMELINE_WATCH_READ,    TIMELINE_WATCH_ACCESS,
    };

    return kinds[type];
}

/*
 * gdb goes on by itself, without a word, where the value of what is watched for writes is the same
 * as before (gdb manual, Setting Watchpoints): of these writes it need not know. LLDB stops at
 * them, and of other clients nothing is known.
 */
static enum timeline_breakpoint_kind timeline_kind(const struct rsp_session *session, unsigned type)
{
    bool compares = session->client_steps_off && !session->client_lldb && !session->physical_mode;
    enum timeline_breakpoint_kind kind = hit_kind(type);

    return kind == TIMELINE_WATCH_WRITE && compares ? TIMELINE_WATCH_CHANGE : kind;
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
    return a->kind == b->kind && a->address == b->address &&
           timeline_length(a) == timeline_length(b);
}

static struct rsp_breakpoint *
find_in(struct rsp_breakpoint *list, unsigned count, const struct rsp_breakpoint *wanted,
        bool (*matches)(const struct rsp_breakpoint *, const struct rsp_breakpoint *))
{
    for (unsigned i = 0; i < count; i++) {
        if (matches(&list[i], wanted)) {
            return &list[i];
        }
    }
    return NULL;
}

static struct rsp_breakpoint *find(struct rsp_session *session, const struct rsp_breakpoint *wanted,
                                   bool (*matches)(const struct rsp_breakpoint *,
                                                   const struct rsp_breakpoint *))
{
    return find_in(session->breakpoints, session->breakpoint_count, wanted, matches);
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
    return hit_kind(breakpoint->type) == TIMELINE_WATCH_WRITE;
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
                                                uint64_t address, uint64_t *first_watched)
{
    const struct rsp_breakpoint *found = NULL;

    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        const struct rsp_breakpoint *watchpoint = &session->breakpoints[i];
        uint64_t last = watchpoint->address + (watchpoint->length - 1);
        uint64_t first = address > watchpoint->address ? address : watchpoint->address;

        if (watchpoint->type >= TYPE_WATCH_FIRST && hit_kind(watchpoint->type) == kind &&
            last >= address && (!found || first < *first_watched)) {
            found = watchpoint;
            *first_watched = first;
        }
    }
    return found;
}

/* What one breakpoint of the timeline stands for. */
struct conditions_union {
    uint8_t *bytes; /* NULL: there are none */
    size_t size;
    bool all; /* one of them has no conditions, or there is no memory: all executions count */
};

static void unite(struct conditions_union *all, const struct rsp_breakpoint *list, unsigned count,
                  const struct rsp_breakpoint *wanted)
{
    for (unsigned i = 0; i < count; i++) {
        const struct rsp_conditions *conditions = list[i].conditions;
        uint8_t *bytes;

        if (!same_to_timeline(&list[i], wanted)) {
            continue;
        }
        bytes = conditions ? realloc(all->bytes, all->size + conditions->size) : NULL;
        if (!bytes) {
            all->all = true;
            return;
        }
        memcpy(bytes + all->size, conditions->bytes, conditions->size);
        all->bytes = bytes;
        all->size += conditions->size;
    }
}

/* Tells the timeline the conditions of those that are one to it; with those that were removed since
 * the last move, or without. If it cannot have them, or would read memory at other addresses than
 * the client means, the client looks at them itself. */
static void give_conditions(struct rsp_session *session, const struct rsp_breakpoint *wanted,
                            bool with_removed)
{
    struct conditions_union all = {.all = session->physical_mode};
    struct timeline_conditions conditions = {.big_endian = session->big_endian};
    struct ebb_error error;

    if (wanted->type > TYPE_HARDWARE) {
        return;
    }
    if (!all.all) {
        unite(&all, session->breakpoints, session->breakpoint_count, wanted);
    }
    if (with_removed && !all.all) {
        unite(&all, session->removed, session->removed_count, wanted);
    }
    if (!all.all) {
        conditions.bytes = all.bytes;
        conditions.size = all.size;
    }
    if (timeline_set_conditions(session->timeline, wanted->address, &conditions, &error) < 0) {
        conditions.size = 0;
        timeline_set_conditions(session->timeline, wanted->address, &conditions, &error);
    }
    free(all.bytes);
}

void rsp_breakpoints_view_changed(struct rsp_session *session)
{
    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        give_conditions(session, &session->breakpoints[i], false);
    }
}

/* Forget whole lists: the timeline is not told. */

static void forget(struct rsp_breakpoint *list, unsigned *count)
{
    while (*count) {
        free(list[--*count].conditions);
    }
}

void rsp_breakpoints_forget_removed(struct rsp_session *session)
{
    forget(session->removed, &session->removed_count);
}

void rsp_breakpoints_forget(struct rsp_session *session)
{
    forget(session->breakpoints, &session->breakpoint_count);
    rsp_breakpoints_forget_removed(session);
}

/* The one that is there gets the conditions of the new one, whose they are no more. */
static void change_conditions(struct rsp_session *session, struct rsp_breakpoint *breakpoint,
                              struct rsp_breakpoint *wanted)
{
    free(breakpoint->conditions);
    breakpoint->conditions = wanted->conditions;
    wanted->conditions = NULL;
    give_conditions(session, breakpoint, false);
}

/* It is there again, whatever its conditions were. */
static void forget_removal(struct rsp_session *session, const struct rsp_breakpoint *wanted)
{
    struct rsp_breakpoint *removed =
        find_in(session->removed, session->removed_count, wanted, same);

    if (removed) {
        free(removed->conditions);
        *removed = session->removed[--session->removed_count];
    }
}

static int insert(struct rsp_session *session, struct rsp_breakpoint *wanted,
                  struct ebb_error *error)
{
    struct rsp_breakpoint *present = find(session, wanted, same);

    forget_removal(session, wanted);
    if (present) { /* packets may be repeated */
        change_conditions(session, present, wanted);
        return 0;
    }
    if (session->breakpoint_count == RSP_BREAKPOINTS_MAX) {
        return ebb_fail(error, EBB_ERROR_FAILED, "there are %d breakpoints already; delete some",
                        RSP_BREAKPOINTS_MAX);
    }
    if (!find(session, wanted, same_to_timeline) &&
        timeline_add_breakpoint(session->timeline, wanted->kind, wanted->address,
                                timeline_length(wanted), error) < 0) {
        return -1;
    }
    session->breakpoints[session->breakpoint_count++] = *wanted;
    wanted->conditions = NULL;
    give_conditions(session, wanted, false);
    return 0;
}

/* Takes over its conditions. */
static void remember_removed(struct rsp_session *session, const struct rsp_breakpoint *gone)
{
    if (session->removed_count < RSP_BREAKPOINTS_MAX) {
        session->removed[session->removed_count++] = *gone;
    } else {
        free(gone->conditions);
    }
}

static int take_out(struct rsp_session *session, struct rsp_breakpoint *wanted,
                    struct ebb_error *error)
{
    struct rsp_breakpoint *breakpoint = find(session, wanted, same);

    if (!breakpoint) {
        return 0; /* packets may be repeated */
    }
    wanted->kind = breakpoint->kind;
    remember_removed(session, breakpoint);
    *breakpoint = session->breakpoints[--session->breakpoint_count];
    if (find(session, wanted, same_to_timeline)) {
        give_conditions(session, wanted, false);
        return 0;
    }
    return timeline_remove_breakpoint(session->timeline, wanted->kind, wanted->address,
                                      timeline_length(wanted), error);
}

int rsp_breakpoints_revive(struct rsp_session *session, struct ebb_error *error)
{
    for (unsigned i = 0; i < session->removed_count; i++) {
        const struct rsp_breakpoint *removed = &session->removed[i];

        if (!find(session, removed, same_to_timeline) &&
            timeline_add_breakpoint(session->timeline, removed->kind, removed->address,
                                    timeline_length(removed), error) < 0) {
            rsp_breakpoints_bury(session);
            return -1;
        }
        give_conditions(session, removed, true);
    }
    return 0;
}

void rsp_breakpoints_bury(struct rsp_session *session)
{
    for (unsigned i = 0; i < session->removed_count; i++) {
        const struct rsp_breakpoint *removed = &session->removed[i];

        if (!find(session, removed, same_to_timeline)) {
            /* Two of the removed may be one to the timeline. */
            timeline_remove_breakpoint(session->timeline, removed->kind, removed->address,
                                       timeline_length(removed), NULL);
        } else {
            give_conditions(session, removed, false);
        }
    }
}

int rsp_breakpoints_restore(struct rsp_session *session, struct ebb_error *error)
{
    timeline_clear_breakpoints(session->timeline);
    for (unsigned i = 0; i < session->breakpoint_count; i++) {
        const struct rsp_breakpoint *breakpoint = &session->breakpoints[i];

        if (timeline_add_breakpoint(session->timeline, breakpoint->kind, breakpoint->address,
                                    timeline_length(breakpoint), error) < 0) {
            return -1;
        }
        give_conditions(session, breakpoint, false);
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

/* What follows the length: conditions, which only breakpoints on execution have. Commands were not
 * promised. */
static const char *read_conditions(struct rsp_breakpoint *breakpoint,
                                   const struct rsp_argument *text)
{
    if (breakpoint->type > TYPE_HARDWARE) {
        return "conditions of watchpoints are gdb's to evaluate";
    }
    return rsp_conditions_parse(text->bytes, text->length, &breakpoint->conditions)
               ? NULL
               : "what follows is not a list of conditions";
}

/* Z and z: TYPE,ADDRESS,LENGTH, and behind Z's ;CONDITIONS. */
static void change(struct rsp_session *session, const struct rsp_arguments *arguments,
                   int (*apply)(struct rsp_session *, struct rsp_breakpoint *, struct ebb_error *))
{
    struct rsp_breakpoint breakpoint = {.address = arguments->list[1].number,
                                        .length = arguments->list[2].number};
    struct ebb_error error;
    const char *text;

    if (arguments->list[0].number > TYPE_WATCH_LAST) {
        return; /* not supported */
    }
    breakpoint.type = (unsigned)arguments->list[0].number;
    breakpoint.kind = timeline_kind(session, breakpoint.type);
    text = complaint(&breakpoint);
    if (!text && arguments->count > 3) {
        text = read_conditions(&breakpoint, &arguments->list[3]);
    }
    if (text) {
        rsp_reply_error(session, RSP_EINVAL, text);
    } else if (apply(session, &breakpoint, &error) < 0) {
        rsp_reply_error(session, RSP_EIO, error.message);
    } else {
        rsp_reply_ok(session);
    }
    free(breakpoint.conditions);
}

void rsp_handle_insert(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    change(session, arguments, insert);
}

void rsp_handle_remove(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    change(session, arguments, take_out);
}
