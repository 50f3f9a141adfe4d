/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls as lines and as JSON, some at a time: gdb makes the texts of as many at once. */
#ifndef EBB_CLI_QUESTIONS_CALL_PRINT_H
#define EBB_CLI_QUESTIONS_CALL_PRINT_H

#include "call_list.h"
#include "callers.h"
#include "functions.h"
#include "signatures.h"

#define CALL_PRINT_BATCH 256u

struct call_print {
    struct question *question;
    const struct functions *functions;
    struct signatures *signatures; /* NULL: registers are printed */
    struct callers callers;
    struct call waiting[CALL_PRINT_BATCH];
    size_t count;
};

int call_print_add(struct call_print *print, const struct call *call, struct ebb_error *error);
/* Prints those that wait. */
int call_print_flush(struct call_print *print, struct ebb_error *error);

#endif
