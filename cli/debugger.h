/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running gdb as a child that talks to our server, on the terminal that ebb was started on. */
#ifndef EBB_CLI_DEBUGGER_H
#define EBB_CLI_DEBUGGER_H

#include "log/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct debugger_options {
    const char *gdb;        /* program */
    const char *script;     /* our gdb commands; NULL: none */
    const char *symbols;    /* ELF file; NULL: none */
    uint64_t slide;         /* to be added to the addresses in it */
    const char *server;     /* what "target remote" takes */
    char *const *arguments; /* the user's own, after ours */
    int argument_count;
};

struct debugger {
    pid_t pid;
    int exit_fd; /* becomes readable when gdb has exited */
};

/* Starts gdb. From here to debugger_wait() SIGINT is gdb's: this process ignores it. */
int debugger_start(struct debugger *debugger, const struct debugger_options *options,
                   struct ebb_error *error);

/* Waits for gdb to exit, which end asks it to. A bad exit status of gdb is an error. */
int debugger_wait(struct debugger *debugger, bool end, struct ebb_error *error);

#endif
