/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes by a command of the user's. */
#ifndef EBB_CLI_PROBE_COMMAND_H
#define EBB_CLI_PROBE_COMMAND_H

#include "lanes.h"
#include "probe_plan.h"

/* Runs the command, with a server for gdb at the lane's position, which is the probe's. */
int probe_command(struct lane *lane, struct probe *probe, struct ebb_error *error);

#endif
