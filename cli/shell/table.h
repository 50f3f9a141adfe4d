/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of ebb shell. */
#ifndef EBB_CLI_SHELL_TABLE_H
#define EBB_CLI_SHELL_TABLE_H

#include "shell.h"

struct shell_command {
    const char *name;
    const char *arguments;
    bool takes_none;
    /* argument, which may be changed, is what stands behind the name, without blanks around it. */
    int (*run)(struct shell *shell, char *argument, struct ebb_error *error);
    const char *summary;
    const char *help;    /* what more there is to say; "": nothing */
    const char *example; /* lines */
};

/* In the order in which they are listed; NULL: there are no more. */
const struct shell_command *table_command(unsigned number);

/* The command that text is the name of, or the beginning of the only one that it is; NULL: *error.
 */
const struct shell_command *table_find(const char *text, struct ebb_error *error);

#endif
