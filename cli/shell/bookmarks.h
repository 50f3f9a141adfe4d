/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places that were marked, in gdb or here. */
#ifndef EBB_CLI_SHELL_BOOKMARKS_H
#define EBB_CLI_SHELL_BOOKMARKS_H

#include "shell.h"

/* bookmark [add [NAME [NOTE]] | list | go NAME | delete NAME] */
int bookmarks_run(struct shell *shell, char *argument, struct ebb_error *error);

int bookmarks_find(struct shell *shell, const char *name, uint64_t *position,
                   struct ebb_error *error);

/* The name of number i of those that begin so, for free(); NULL: there are no more. */
char *bookmarks_complete(const struct shell *shell, const char *begin, unsigned i);

#endif
