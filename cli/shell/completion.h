/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Tab offers. */
#ifndef EBB_CLI_SHELL_COMPLETION_H
#define EBB_CLI_SHELL_COMPLETION_H

#include "shell.h"

/* Where in the file's symbols the choices are. */
struct completion {
    uint64_t symbol;
};

/* The text in place of the last word of a line, number i of those that there are, asked for one
 * after the other; begun is that word so far, and before the line up to it. For free(); NULL: there
 * are no more. */
char *completion_choice(const struct shell *shell, struct completion *completion,
                        const char *before, const char *begun, unsigned i);

#endif
