/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind a command's name, word by word. */
#ifndef EBB_CLI_SHELL_WORDS_H
#define EBB_CLI_SHELL_WORDS_H

#include "log/error.h"

#include <stdbool.h>

/* Goes over blanks at the beginning, and takes away those at the end. */
char *words_trim(char *text);

/* The next word, which it ends; NULL: there is none. *rest is then what follows. */
char *words_next(char **rest);

/* Goes over a word if it comes next. */
bool words_take(char **rest, const char *word);

/* The word behind a word: *value is NULL if the first does not come next. Returns 0, or -1. */
int words_option(char **rest, const char *word, char **value, struct ebb_error *error);

#endif
