/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often code is reached, and what each time was like. */
#ifndef EBB_CLI_SHELL_CALLS_H
#define EBB_CLI_SHELL_CALLS_H

#include "shell.h"

/* count ADDRESS */
int calls_count(struct shell *shell, char *argument, struct ebb_error *error);
/* nth N ADDRESS */
int calls_nth(struct shell *shell, char *argument, struct ebb_error *error);
/* calls [-n N] [-from POSITION] ADDRESS */
int calls_list(struct shell *shell, char *argument, struct ebb_error *error);

#endif
