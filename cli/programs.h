/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the programs and files that ebb needs are. Strings are the caller's to free. */
#ifndef EBB_CLI_PROGRAMS_H
#define EBB_CLI_PROGRAMS_H

#include "log/error.h"

#include <stdbool.h>

/* $EBB_GDB, else gdb-multiarch, else gdb, from $PATH. */
char *programs_gdb(struct ebb_error *error);

/* Refuses a gdb that says of itself that it does not know the guest's CPU (wide: 64-bit ARM), as
 * one built for its host only does. It is run for that. */
int programs_check_gdb(const char *gdb, bool wide, struct ebb_error *error);

/* gdb-scripts/ebb.py: in $EBB_GDB_SCRIPTS, installed, or in the source tree; NULL: not there. */
char *programs_gdb_script(void);

#endif
