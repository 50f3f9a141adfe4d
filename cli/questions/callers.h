/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has made a call: the function, file and line in front of a return address. The answers are
 * kept, as in locations.h. */
#ifndef EBB_CLI_QUESTIONS_CALLERS_H
#define EBB_CLI_QUESTIONS_CALLERS_H

#include "cli/symbols.h"

#include <jansson.h>

#define CALLERS 1024u /* kept; each in the place of one other */

/* Printable texts, "" and 0 for what is not known. */
struct caller {
    uint64_t return_address;
    char *function, *file;
    unsigned line;
};

struct callers {
    struct symbols *symbols; /* not owned; NULL: there are none */
    struct caller kept[CALLERS];
};

/* NULL: out of memory. Good until the next call. */
const struct caller *callers_find(struct callers *callers, uint64_t return_address);
/* "main (file.c:12)", as far as known; else the address. For free(); NULL: out of memory. */
char *callers_describe(struct callers *callers, uint64_t return_address);
/* The same as an object. */
json_t *callers_json(struct callers *callers, uint64_t return_address);
void callers_free(struct callers *callers);

#endif
