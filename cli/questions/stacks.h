/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks of functions with how often each was seen, as a tree from the outermost function on. */
#ifndef EBB_CLI_QUESTIONS_STACKS_H
#define EBB_CLI_QUESTIONS_STACKS_H

#include "cli/name_table.h"

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define STACKS_DEPTH_MAX 72u /* functions of one stack */

struct stacks_node {
    uint32_t function;               /* place in stacks->functions */
    uint32_t parent, child, sibling; /* places in stacks->nodes; 0: none, and node 0 is the root */
    uint64_t self, total;            /* stacks that end here; that go through here */
};

struct stacks_function {
    uint64_t self, total; /* of a stack that has it several times, once */
    uint64_t seen;        /* number of the last stack that had it */
};

struct stacks {
    struct stacks_node *nodes;
    size_t node_count, node_capacity;
    struct name_table names;           /* of functions, */
    struct stacks_function *functions; /* which are by the names' numbers */
    size_t function_capacity;
    uint64_t count; /* of stacks */
};

void stacks_free(struct stacks *stacks);

/* The function of a name, which is copied; -1 when out of memory. */
long stacks_function(struct stacks *stacks, const char *name);
/* Adds a stack, the outermost function first; at most STACKS_DEPTH_MAX. 0, or -1. */
int stacks_add(struct stacks *stacks, const uint32_t *functions, size_t depth);

/* One line for each stack: functions with semicolons between them, a blank, how often. */
void stacks_print_folded(const struct stacks *stacks, FILE *file);
/* A picture (SVG 1.1): a row for each depth, as wide as its part of all stacks. title is what they
 * are of, unit what their number is of. */
void stacks_draw(const struct stacks *stacks, const char *title, const char *unit, FILE *file);

#endif
