/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who wrote, or read, memory last or next. */
#ifndef EBB_CLI_SHELL_ACCESSES_H
#define EBB_CLI_SHELL_ACCESSES_H

#include "shell.h"

/* last [-r] [-p] ADDRESS[,LENGTH] */
int accesses_last(struct shell *shell, char *argument, struct ebb_error *error);
/* next, the same */
int accesses_next(struct shell *shell, char *argument, struct ebb_error *error);

#endif
