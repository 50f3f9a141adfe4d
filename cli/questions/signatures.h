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

/* What gdb knows of a function. */
struct signature {
    uint64_t function;
    json_t *arguments;                           /* [name, type] for each */
    json_t *result;                              /* its type; null if there is none */
    size_t argument_registers, result_registers; /* how many of them have something of these */
};

/* Asks about all functions. NULL, and a line on standard error where the user can do something
 * about it, if none of them has types or there is no gdb. */
struct signatures *signatures_open(struct question *question, const struct functions *functions);
/* That of a function with types, else NULL; valid until it is found out that gdb has ended. */
const struct signature *signatures_find(const struct signatures *signatures, uint64_t function);
/* An array with an element for each call of a function with types: [[argument's value or null]...,
 * the result's value or null]. NULL: gdb has ended, as was said on standard error, and from now on
 * no function has types. */
json_t *signatures_describe(struct signatures *signatures, const struct call *calls, size_t count);
void signatures_close(struct signatures *signatures); /* NULL is allowed */

#endif
