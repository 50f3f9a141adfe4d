/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which ELF file has the guest's symbols, and what its header says. */
#ifndef EBB_CLI_SYMBOL_FILE_H
#define EBB_CLI_SYMBOL_FILE_H

#include "recording.h"

/*
 * The symbol file of a recording: chosen if not NULL, else what the manifest names, if it is an
 * ELF file on this machine. One that was chosen has to be for the guest's CPU, which may be an
 * AArch64 one that runs programs of 32 bits, and linked, so that its symbols have addresses.
 * Returns 0 and sets *path (caller frees; NULL: there is none).
 */
int symbol_file_find(const struct recording *recording, const char *chosen, char **path,
                     struct ebb_error *error);

/* Refuses what gdb cannot use with the guest: it takes all code to be what the file is of, and when
 * the server says otherwise it does not understand it any more. */
int symbol_file_check_for_gdb(const struct recording *recording, const char *path,
                              struct ebb_error *error);

/* Whether gdb takes registers for big-endian once it has read that file. */
bool symbol_file_is_big_endian(const char *path);

#endif
