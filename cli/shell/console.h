/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guest wrote to its console. */
#ifndef EBB_CLI_SHELL_CONSOLE_H
#define EBB_CLI_SHELL_CONSOLE_H

#include "shell.h"

/* console [/REGEX/] */
int console_run(struct shell *shell, char *argument, struct ebb_error *error);

/* Where the next line begins that matches a regular expression, with slashes around it or not; the
 * first in the recording if none follows, which is said. */
int console_find(struct shell *shell, char *pattern, uint64_t *position, struct ebb_error *error);

#endif
