/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places that commands went to, and back and forward through them. */
#ifndef EBB_CLI_SHELL_TRAIL_H
#define EBB_CLI_SHELL_TRAIL_H

#include "shell.h"

/* A jump was made from a position to another. */
void trail_jumped(struct shell_trail *trail, uint64_t from, uint64_t to);

/* The place before or after the present one, which is then the present one; false: there is none.
 * here is where we are: steps are no jumps, but going forward comes back to where they ended. */
bool trail_back(struct shell_trail *trail, uint64_t here, uint64_t *place);
bool trail_forward(struct shell_trail *trail, uint64_t *place);

#endif
