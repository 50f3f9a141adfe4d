/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of ebb origin, for people and as JSON. */
#ifndef EBB_CLI_QUESTIONS_ORIGIN_PRINT_H
#define EBB_CLI_QUESTIONS_ORIGIN_PRINT_H

#include "origin_trail.h"

#include "cli/disassembler.h"

struct origin_printer {
    struct question *question;
    struct disassembler *disassembler;
};

/* For struct origin_trail; opaque is the printer. */
int origin_print_step(void *opaque, const struct origin_step *step, struct ebb_error *error);

#endif
