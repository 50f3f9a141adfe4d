/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's command line as far as recording is concerned: what cannot be recorded is refused before
 * QEMU starts (the recorder inside QEMU checks what only it can know), what is missing is added.
 */
#ifndef EBB_CLI_QEMU_ARGUMENTS_H
#define EBB_CLI_QEMU_ARGUMENTS_H

#include "../log/error.h"

#include <stdbool.h>

struct qemu_arguments {
    bool has_icount;       /* the user chose how fast guest time goes */
    bool console_on_stdio; /* the guest or QEMU's monitor talks to standard input and output */
    const char *kernel;    /* of -kernel; NULL: none; belongs to the words */
};

/* Looks at the user's arguments. Returns -1 with what cannot be recorded. */
int qemu_arguments_check(char *const *words, int count, struct qemu_arguments *found,
                         struct ebb_error *error);

/* text with each comma doubled, as values in QEMU's option lists want it; the caller frees it. */
char *qemu_escape(const char *text);

#endif
