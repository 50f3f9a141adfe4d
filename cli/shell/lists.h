/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that list what the recording has. */
#ifndef EBB_CLI_SHELL_LISTS_H
#define EBB_CLI_SHELL_LISTS_H

#include "shell.h"

/* events [COUNT] */
int lists_events(struct shell *shell, char *argument, struct ebb_error *error);
/* checkpoints */
int lists_checkpoints(struct shell *shell, char *argument, struct ebb_error *error);

#endif
