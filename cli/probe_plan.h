/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the positions of a recording are judged by, and a verdict. */
#ifndef EBB_CLI_PROBE_PLAN_H
#define EBB_CLI_PROBE_PLAN_H

#include "bisection.h"
#include "condition.h"
#include "slide.h"
#include "target_registers.h"

#include <limits.h>

/* What all lanes judge by; it does not change while they do. */
struct probe_plan {
    const char *expression;      /* NULL: a command */
    struct condition *condition; /* NULL: gdb evaluates the expression */
    struct target_registers registers;
    char *const *command; /* ends with NULL */
    const char *symbols;  /* ELF file; NULL: none */
    struct slide slide;
    bool big_endian;       /* memory, and the symbols */
    char *gdb;             /* program; NULL: there is none */
    char *script;          /* gdb-scripts/ebb.py; NULL: not there */
    char folder[PATH_MAX]; /* for sockets; "": none yet */
};

struct probe {
    uint64_t position;
    enum bisection_verdict verdict;
    char why[200]; /* SKIP: why it could not be judged, if that is known; else "" */
};

/* Reads the expression for the recording that the timeline is of. Returns 0, or -1. */
int probe_plan_read(struct probe_plan *plan, struct timeline *timeline, struct ebb_error *error);
void probe_plan_free(struct probe_plan *plan);

#endif
