/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is generated from the command tables: help texts, manual pages and completion scripts.
 */
#ifndef EBB_CLI_MANUAL_H
#define EBB_CLI_MANUAL_H

#include "options.h"

#include <stdio.h>

/* Help on the terminal: about ebb as a whole, or about one command. */
void manual_help(FILE *out);
void manual_command_help(FILE *out, const struct command *command);

/* Manual pages in roff (man macros): ebb(1), ebb-COMMAND(1). */
void manual_page(FILE *out);
void manual_command_page(FILE *out, const struct command *command);

/* A completion script; shell is "bash", "zsh" or "fish". Returns -1 for any other. */
int manual_completion(FILE *out, const char *shell);

#endif
