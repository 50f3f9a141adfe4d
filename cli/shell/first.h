/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first position at which a condition holds. */
#ifndef EBB_CLI_SHELL_FIRST_H
#define EBB_CLI_SHELL_FIRST_H

#include "shell.h"

/* first [-scan] [-from POSITION] [-to POSITION] CONDITION */
int first_run(struct shell *shell, char *argument, struct ebb_error *error);

#endif
