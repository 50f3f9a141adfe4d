/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking through history for what rsp/finder.h finds, until Ctrl-C. */
#ifndef EBB_CLI_SHELL_SEARCHES_H
#define EBB_CLI_SHELL_SEARCHES_H

#include "shell.h"

#include "rsp/finder.h"

enum searches_way { SEARCHES_LAST, SEARCHES_NEXT, SEARCHES_ON };

/* Goes to what is found. Returns 1, 0 if there is none, or -1: EBB_ERROR_INTERRUPTED after Ctrl-C.
 * If nothing was found the position is any. SEARCHES_NEXT passes by what begins here. */
int searches_find(struct shell *shell, const struct rsp_wanted *wanted, enum searches_way way,
                  struct rsp_found *found, struct ebb_error *error);

/* Adds to *count those from here on that begin before limit, until there are most of them. Returns
 * 0 or -1, as above. */
int searches_count(struct shell *shell, const struct rsp_wanted *wanted, uint64_t limit,
                   uint64_t most, uint64_t *count, struct ebb_error *error);

#endif
