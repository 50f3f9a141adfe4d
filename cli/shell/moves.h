/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that go elsewhere. */
#ifndef EBB_CLI_SHELL_MOVES_H
#define EBB_CLI_SHELL_MOVES_H

#include "shell.h"

int moves_position(struct shell *shell, char *argument, struct ebb_error *error);
int moves_goto(struct shell *shell, char *argument, struct ebb_error *error);
int moves_step(struct shell *shell, char *argument, struct ebb_error *error);
int moves_reverse_step(struct shell *shell, char *argument, struct ebb_error *error);
int moves_back(struct shell *shell, char *argument, struct ebb_error *error);
int moves_forward(struct shell *shell, char *argument, struct ebb_error *error);

#endif
