/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the programs and files that ebb needs are. Strings are the caller's to free. */
#ifndef EBB_CLI_PROGRAMS_H
#define EBB_CLI_PROGRAMS_H

#include "../log/error.h"

/* Our QEMU: path if not NULL, else $EBB_QEMU, else the one installed or built beside ebb. */
char *programs_qemu(const char *path, struct ebb_error *error);

/* $EBB_GDB, else gdb-multiarch, else gdb, from $PATH. */
char *programs_gdb(struct ebb_error *error);

/* gdb-scripts/ebb.py: in $EBB_GDB_SCRIPTS, installed, or in the source tree; NULL: not there. */
char *programs_gdb_script(void);

#endif
