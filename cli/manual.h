/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Help texts and manual pages, generated from the command tables. A NULL ends a table of commands.
 */
#ifndef EBB_CLI_MANUAL_H
#define EBB_CLI_MANUAL_H

#include "options.h"

#include <stdio.h>

/* Help on the terminal: about ebb as a whole, or about one command. */
void manual_help(FILE *out, const struct command *const *commands);
void manual_command_help(FILE *out, const struct command *command);

/* Manual pages in roff (man macros): ebb(1), ebb-COMMAND(1). */
void manual_page(FILE *out, const struct command *const *commands);
void manual_command_page(FILE *out, const struct command *command);

#endif
