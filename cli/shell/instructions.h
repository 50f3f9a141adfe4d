/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's instructions as text. */
#ifndef EBB_CLI_SHELL_INSTRUCTIONS_H
#define EBB_CLI_SHELL_INSTRUCTIONS_H

#include "shell.h"

/* disassemble [ADDRESS [COUNT]] */
int instructions_run(struct shell *shell, char *argument, struct ebb_error *error);

#endif
