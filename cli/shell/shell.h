/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of ebb shell work on. */
#ifndef EBB_CLI_SHELL_SHELL_H
#define EBB_CLI_SHELL_SHELL_H

#include "cli/disassembler.h"
#include "cli/progress.h"
#include "cli/recording.h"
#include "cli/symbols.h"
#include "cli/target_registers.h"

#include "rsp/rsp.h"

#define SHELL_TRAIL_MAX 1000u

/* Where jumps began and ended, in order; the last one that was visited is the present one. */
struct shell_trail {
    uint64_t places[SHELL_TRAIL_MAX];
    unsigned count;
    unsigned present; /* if there are any */
};

struct shell {
    struct recording recording;
    struct rsp_recording served; /* its console, clock and devices */
    struct timeline *timeline;
    struct target_registers registers;
    bool big_endian; /* memory */
    char *symbol_file;
    struct symbols *symbols; /* NULL: none */
    struct disassembler *disassembler;
    struct progress progress;
    bool interrupted; /* the command at hand is to end */
    struct shell_trail trail;
    bool quit;
};

#endif
