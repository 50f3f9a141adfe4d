/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to write a position: numbers, shares, events, lines of the console, times, bookmarks. */
#ifndef EBB_CLI_SHELL_POSITIONS_H
#define EBB_CLI_SHELL_POSITIONS_H

#include "shell.h"

/* The text, which is changed, as a position of the recording. */
int positions_read(struct shell *shell, char *text, uint64_t *position, struct ebb_error *error);

/* The words that one may begin with, one after the other; NULL: there are no more. */
const char *positions_word(unsigned number);

extern const char positions_help[];

#endif
