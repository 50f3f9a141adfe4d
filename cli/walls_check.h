/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this system allows walls around what comes from a recording (walls/walls.h). */
#ifndef EBB_CLI_WALLS_CHECK_H
#define EBB_CLI_WALLS_CHECK_H

#include "host_checks.h"

/* For ebb doctor: what stands around a replay here. */
void walls_check(struct host_finding *finding);

/* The same for a command that is about to replay: a line on standard error if something is missing,
 * or was switched off. Called once in a process. */
void walls_check_before_replay(void);

#endif
