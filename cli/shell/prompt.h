/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines that the shell is told: from a terminal, a file or a pipe. */
#ifndef EBB_CLI_SHELL_PROMPT_H
#define EBB_CLI_SHELL_PROMPT_H

#include "shell.h"

/* Runs what is read from standard input, to its end. A prompt forgives; a script ends at the first
 * command that fails. Returns 0, or -1. */
int prompt_run(struct shell *shell, struct ebb_error *error);

#endif
