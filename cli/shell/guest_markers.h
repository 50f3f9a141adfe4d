/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guest has stored as markers (cli/markers.h), and where its recording was ended. */
#ifndef EBB_CLI_SHELL_GUEST_MARKERS_H
#define EBB_CLI_SHELL_GUEST_MARKERS_H

#include "shell.h"

/* markers */
int guest_markers_run(struct shell *shell, char *argument, struct ebb_error *error);

/* Where the next marker of that name is, or the first one if none follows. */
int guest_markers_find(struct shell *shell, char *name, uint64_t *position,
                       struct ebb_error *error);

/* Where what has ended the recording was met. */
int guest_markers_until(struct shell *shell, uint64_t *position, struct ebb_error *error);

/* The name of number i of those that begin so, for free(); NULL: there are no more. */
char *guest_markers_complete(const struct shell *shell, const char *begin, unsigned i);

#endif
