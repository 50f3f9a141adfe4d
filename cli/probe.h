/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Probes: what a position is judged by in a bisection. One of
 *
 *   a plain condition (condition.h), evaluated here,
 *   any other condition, evaluated by a gdb in each lane,
 *   a command, which finds a server for gdb at the position.
 */
#ifndef EBB_CLI_PROBE_H
#define EBB_CLI_PROBE_H

#include "gdb_session.h"
#include "lanes.h"
#include "probe_plan.h"

/* For lanes_run(): the element is a struct probe, the lanes' plan a struct probe_plan. */
int probe_make(struct lane *lane, void *element, struct ebb_error *error);

/* Judges by a plain condition where the lane is, which is the probe's position. */
int probe_judge(struct lane *lane, struct probe *probe, struct ebb_error *error);

/* The lane's gdb, started if need be; NULL: *error. It is there until probe_end(). */
struct gdb_session *probe_gdb(struct lane *lane, struct ebb_error *error);
void probe_end(struct lane *lane);

/* After gdb has failed at a position: if history does not lead there, *error says why. Returns -1.
 */
int probe_explain(struct lane *lane, uint64_t position, struct ebb_error *error);

/* The state of the lane's timeline, for a condition. */
struct condition_state probe_state(struct lane *lane);

#endif
