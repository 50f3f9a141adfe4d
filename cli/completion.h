/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion scripts for bash, zsh and fish, generated from the command tables. */
#ifndef EBB_CLI_COMPLETION_H
#define EBB_CLI_COMPLETION_H

#include "options.h"

#include <stdio.h>

/*
 * Writes the script of a shell: "bash", "zsh" or "fish". Returns -1 for any other. A NULL ends the
 * table of commands.
 */
int completion_write(FILE *out, const struct command *const *commands, const char *shell);

#endif
