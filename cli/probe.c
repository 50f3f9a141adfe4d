/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"
#include "guest_state.h"
#include "probe_command.h"
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct condition_state probe_state(struct lane *lane)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);

    return guest_state(lane->timeline, plan->big_endian);
}

static void explain_missing_gdb(struct ebb_error *error)
{
    const char *chosen = getenv("EBB_GDB");

    if (chosen && *chosen) {
        ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                 "gdb is needed for this condition, and the gdb that EBB_GDB names cannot be run: "
                 "%s",
                 chosen);
    } else {
        ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                 "gdb is needed for this condition and was not found; install gdb-multiarch, or "
                 "name one in EBB_GDB");
    }
}

struct gdb_session *probe_gdb(struct lane *lane, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    char socket[PATH_MAX + 24];
    struct gdb_session_options options = {
        .gdb = plan->gdb,
        .script = plan->script,
        .asked = "bisect.py",
        .symbols = plan->symbols,
        .offset = plan->slide.offset,
        .big_endian = plan->big_endian,
        .socket = socket,
        .stop_fd = lanes_stop_fd(lane->lanes),
    };

    if (!lane->own) {
        if (!plan->gdb) {
            explain_missing_gdb(error);
            return NULL;
        }
        snprintf(socket, sizeof(socket), "%s/gdb-%u", plan->folder, lane->number);
        lane->own = gdb_session_start(lane->timeline, &options, error);
        if (!lane->own && error->kind == EBB_ERROR_USAGE) {
            /* What it says of a CPU that it does not know helps nobody. */
            programs_check_gdb(plan->gdb, guest_state_is_wide(lane->timeline), error);
        }
    }
    return lane->own;
}

void probe_end(struct lane *lane)
{
    gdb_session_end(lane->own);
    lane->own = NULL;
}

int probe_explain(struct lane *lane, uint64_t position, struct ebb_error *error)
{
    if (error->kind == EBB_ERROR_CORRUPT) {
        probe_end(lane); /* the timeline is ours again */
        lane_seek(lane, position, error);
    }
    return -1;
}

static int probe_with_gdb(struct lane *lane, const struct probe_plan *plan, struct probe *probe,
                          struct ebb_error *error)
{
    struct gdb_session *session = probe_gdb(lane, error);
    json_t *reply, *holds;
    const char *why;

    if (!session) {
        return -1;
    }
    reply = gdb_session_ask(session,
                            json_pack("{s:s, s:I, s:s}", "do", "probe", "position",
                                      (json_int_t)probe->position, "expression", plan->expression),
                            error);
    if (!reply) {
        return probe_explain(lane, probe->position, error);
    }
    holds = json_object_get(reply, "holds");
    why = json_string_value(json_object_get(reply, "why"));
    probe->verdict = json_is_true(holds)    ? BISECTION_BAD
                     : json_is_false(holds) ? BISECTION_GOOD
                                            : BISECTION_SKIP;
    snprintf(probe->why, sizeof(probe->why), "%s", why ? why : "");
    json_decref(reply);
    return 0;
}

int probe_judge(struct lane *lane, struct probe *probe, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct condition_state state = probe_state(lane);
    int value = condition_evaluate(plan->condition, &state, error);

    probe->why[0] = '\0';
    probe->verdict = value == CONDITION_TRUE    ? BISECTION_BAD
                     : value == CONDITION_FALSE ? BISECTION_GOOD
                                                : BISECTION_SKIP;
    if (value == CONDITION_UNKNOWN) {
        snprintf(probe->why, sizeof(probe->why), "memory that it reads is not mapped");
    }
    return value < 0 ? -1 : 0;
}

int probe_make(struct lane *lane, void *element, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct probe *probe = element;

    probe->why[0] = '\0';
    if (plan->expression && !plan->condition) {
        return probe_with_gdb(lane, plan, probe, error);
    }
    if (lane_seek(lane, probe->position, error) < 0) {
        return -1;
    }
    return plan->condition ? probe_judge(lane, probe, error) : probe_command(lane, probe, error);
}
