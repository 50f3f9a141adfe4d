/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The types of functions, as DWARF has them, and what registers mean by them: a gdb reads the
 * symbol file and makes the texts, for many calls at once.
 */
#ifndef EBB_CLI_QUESTIONS_SIGNATURES_H
#define EBB_CLI_QUESTIONS_SIGNATURES_H

#include "call_list.h"
#include "functions.h"

struct signatures;

/* Asks about all functions. NULL, and a line on standard error where the user can do something
 * about it, if none of them has types or there is no gdb. */
struct signatures *signatures_open(struct question *question, const struct functions *functions);
/* Whether a function has types. */
bool signatures_have(const struct signatures *signatures, uint64_t function);
/* An array with an element for each call: [[[name, type, value or null]...], [type, value or
 * null]]. The second is null if it has not returned, [] if it has no result. Of functions with
 * types only, of which there are none any more (NULL as well) when gdb has failed to answer, which
 * is told on standard error. */
json_t *signatures_describe(struct signatures *signatures, const struct call *calls, size_t count);
void signatures_close(struct signatures *signatures); /* NULL is allowed */

#endif
