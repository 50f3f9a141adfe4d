/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's command line as far as recording is concerned: what cannot be recorded is refused before
 * QEMU starts (the recorder inside QEMU checks what only it can know), what is missing is added.
 */
#ifndef EBB_CLI_QEMU_ARGUMENTS_H
#define EBB_CLI_QEMU_ARGUMENTS_H

#include "log/error.h"
#include "argument_list.h"

#include <stdbool.h>
#include <stdint.h>

enum accelerator { ACCELERATOR_ANY, ACCELERATOR_TCG, ACCELERATOR_KVM };

/* Strings belong to the words. */
struct qemu_arguments {
    enum accelerator accelerator; /* the one that is named; ANY: none, or both to choose from */
    bool accelerator_list;        /* -machine accel= has a list of both */
    bool asks;                    /* -help and its like: nothing will run */
    bool host_cpu;                /* the CPU is one that only KVM has */
    bool console_on_stdio; /* the guest or QEMU's monitor talks to standard input and output */
    const char *icount;    /* how fast guest time goes, if the user chose that */
    const char *kernel;    /* NULL: none */
    uint64_t ram_bytes;    /* QEMU's default if nothing is said */
};

/* An option of QEMU's command line. */
struct qemu_option {
    const char *name;     /* without dashes; NULL: a disk image */
    const char *argument; /* NULL: none */
    int first, words;     /* its place */
};

/* Reads the option at words[*next] and moves *next behind it; false at the end. */
bool qemu_option_next(char *const *words, int count, int *next, struct qemu_option *option);

/* Looks at the user's arguments. Returns -1 with what cannot be recorded at all. */
int qemu_arguments_check(char *const *words, int count, struct qemu_arguments *found,
                         struct ebb_error *error);

/*
 * Appends the arguments with which the guest is recorded under TCG: the user's, and -icount
 * shift=SHIFT if they have none. Returns -1 with what cannot be recorded under TCG.
 */
int qemu_arguments_for_tcg(char *const *words, int count, const struct qemu_arguments *found,
                           unsigned shift, struct argument_list *list, struct ebb_error *error);

#endif
