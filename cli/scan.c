/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <stdlib.h>

/* History is cut into that many pieces for each lane: what one lane finds ends the others' work
 * soon, and starts of pieces do not add up. */
enum { PIECES_OF_LANE = 8 };

struct piece {
    uint64_t from, to;
    uint64_t span; /* of all pieces */
    struct scan_result result;
};

/* Takes note if the condition holds where the lane is. Returns 1 if it does, 0, or -1. */
static int look(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct probe probe = {.position = timeline_position(lane->timeline)};

    if ((plan->condition ? probe_judge(lane, &probe, error) : probe_make(lane, &probe, error)) <
        0) {
        return -1;
    }
    if (probe.verdict == BISECTION_BAD) {
        piece->result = (struct scan_result){true, probe.position};
    }
    return probe.verdict == BISECTION_BAD;
}

static int watch(struct lane *lane, uint64_t address, uint64_t size, struct ebb_error *error)
{
    return timeline_add_breakpoint(lane->timeline, TIMELINE_WATCH_WRITE, address, size, error);
}

static int watch_operands(struct lane *lane, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);

    for (size_t i = 0; i < condition_operand_count(plan->condition); i++) {
        struct condition_operand operand;

        if (condition_operand(plan->condition, i, NULL, &operand, error) < 0 ||
            watch(lane, operand.address, operand.size, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Watches what gdb has found that the condition depends on. */
static int watch_list(struct lane *lane, const json_t *list, struct ebb_error *error)
{
    uint64_t address, size;
    const json_t *memory;
    size_t i;

    json_array_foreach(list, i, memory)
    {
        if (gdb_session_memory(memory, &address, &size) < 0) {
            return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                            "gdb does not say what memory the condition depends on");
        }
        if (watch(lane, address, size, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Looks behind the store that a stop is in front of. What a device wrote by itself is there
 * already.
 */
static int look_behind(struct lane *lane, struct piece *piece, const struct timeline_stop *stop,
                       struct ebb_error *error)
{
    uint64_t position = timeline_position(lane->timeline);
    int status = !stop->inside ? look(lane, piece, error) : 0;

    if (status == 0 && position < piece->to) {
        status = lane_seek(lane, position + 1, error) < 0 ? -1 : look(lane, piece, error);
    }
    return status;
}

/* Behind each store to what is watched, from where the lane is. */
static int scan_stores(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    struct timeline_stop stop;
    int status = 0;

    while (status == 0 && timeline_position(lane->timeline) < piece->to) {
        if (timeline_run_forward(lane->timeline, piece->to, &stop, error) < 0 ||
            lane_check_stop(&stop, piece->to, error) < 0) {
            status = -1;
        } else if (stop.reason != TIMELINE_STOP_WATCHPOINT) {
            break;
        } else {
            status = look_behind(lane, piece, &stop, error);
        }
    }
    timeline_clear_breakpoints(lane->timeline);
    return status < 0 ? -1 : 0;
}

static int scan_steps(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    struct timeline_stop stop;
    int status = 0;

    while (status == 0 && timeline_position(lane->timeline) < piece->to) {
        if (lanes_stopped(lane->lanes)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        if (timeline_step(lane->timeline, &stop, error) < 0 ||
            lane_check_stop(&stop, piece->to, error) < 0) {
            return -1;
        }
        status = look(lane, piece, error);
    }
    return status < 0 ? -1 : 0;
}

static json_t *ask(struct lane *lane, struct piece *piece, const char *what,
                   struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct gdb_session *session = probe_gdb(lane, error);

    return session ? gdb_session_ask(session,
                                     json_pack("{s:s, s:I, s:I, s:I, s:s}", "do", what, "from",
                                               (json_int_t)piece->from, "to", (json_int_t)piece->to,
                                               "span", (json_int_t)piece->span, "expression",
                                               plan->expression),
                                     error)
                   : NULL;
}

/* By gdb's own watchpoints, or at each instruction. */
static int scan_with_gdb(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    json_t *reply = ask(lane, piece, "scan", error), *position;

    if (!reply) {
        return probe_explain(lane, piece->to, error);
    }
    position = json_object_get(reply, "position");
    piece->result.found = json_is_integer(position);
    piece->result.position = (uint64_t)json_integer_value(position);
    json_decref(reply);
    return 0;
}

/* A condition that gdb evaluates. While it is not asked, the lane's timeline may be moved by us. */
static int scan_by_gdb(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    json_t *reply = ask(lane, piece, "memory", error);
    json_t *memory = json_object_get(reply, "memory");
    int status;

    if (!reply || !json_array_size(memory)) {
        json_decref(reply);
        return reply ? scan_with_gdb(lane, piece, error) : -1;
    }
    status = lane_seek(lane, piece->from, error) < 0 ? -1 : look(lane, piece, error);
    if (status == 0) {
        status = watch_list(lane, memory, error) < 0 ? -1 : scan_stores(lane, piece, error);
    }
    json_decref(reply);
    return status < 0 ? -1 : 0;
}

static int scan_plain(struct lane *lane, struct piece *piece, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    int status = lane_seek(lane, piece->from, error) < 0 ? -1 : look(lane, piece, error);

    if (status != 0) {
        return status < 0 ? -1 : 0;
    }
    if (!condition_is_of_memory(plan->condition)) {
        return scan_steps(lane, piece, error);
    }
    return watch_operands(lane, error) < 0 ? -1 : scan_stores(lane, piece, error);
}

static int scan_piece(struct lane *lane, void *element, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct piece *piece = element;

    piece->result = (struct scan_result){0};
    return plan->condition ? scan_plain(lane, piece, error) : scan_by_gdb(lane, piece, error);
}

/* The next pieces, one for each lane; at least one. Returns how many. */
static unsigned cut_pieces(struct lanes *lanes, uint64_t from, uint64_t to, uint64_t length,
                           struct piece *pieces)
{
    unsigned count = 0;

    while (count < lanes_count(lanes) && (from < to || count == 0)) {
        uint64_t end = to - from > length ? from + length : to;

        pieces[count++] = (struct piece){.from = from, .to = end};
        from = end;
    }
    return count;
}

int scan_history(struct lanes *lanes, uint64_t from, uint64_t to,
                 void (*show)(void *opaque, uint64_t position), void *opaque,
                 struct scan_result *result, struct ebb_error *error)
{
    uint64_t span = to - from;
    uint64_t length = span / (lanes_count(lanes) * PIECES_OF_LANE) + 1;
    struct piece pieces[LANES_MAX];

    *result = (struct scan_result){0};
    do {
        unsigned count = cut_pieces(lanes, from, to, length, pieces);

        for (unsigned i = 0; i < count; i++) {
            pieces[i].span = span;
        }
        if (lanes_run(lanes, scan_piece, pieces, sizeof(pieces[0]), count, error) < 0) {
            return -1;
        }
        for (unsigned i = 0; i < count && !result->found; i++) {
            *result = pieces[i].result;
        }
        from = pieces[count - 1].to;
        show(opaque, from);
    } while (!result->found && from < to);
    return 0;
}
