/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that print the state where we are. They take what stands behind their names. */
#ifndef EBB_CLI_SHELL_LOOK_H
#define EBB_CLI_SHELL_LOOK_H

#include "shell.h"

int look_registers(struct shell *shell, char *argument, struct ebb_error *error);
int look_memory(struct shell *shell, char *argument, struct ebb_error *error);
int look_symbol(struct shell *shell, char *argument, struct ebb_error *error);

#endif
