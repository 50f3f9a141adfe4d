/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of watchpoints and breakpoints, as the commands print them that are about accesses. */
#ifndef EBB_CLI_QUESTIONS_ACCESS_ROWS_H
#define EBB_CLI_QUESTIONS_ACCESS_ROWS_H

#include "question.h"

/* "cpu", "device" or "reset". */
const char *access_row_who(const struct timeline_row *row);

/* For struct question. */
int access_row_print(struct question *question, const struct timeline_row *row,
                     struct ebb_error *error);
json_t *access_row_describe(struct question *question, const struct timeline_row *row);

/* What to watch: by the flags (not NULL: given) for reads alone, writes alone, or both if both or
 * none are given; at a physical address. */
enum timeline_breakpoint_kind access_row_kind(const char *read, const char *write,
                                              const char *physical);

/* Adds a watchpoint at the place that the text is; of 4 bytes if it has no length. */
int access_row_watch(struct question *question, const char *text,
                     enum timeline_breakpoint_kind kind, struct ebb_error *error);

#endif
