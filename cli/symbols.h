/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols of an ELF file: from an address to function, file and line, and back. The file is read by
 * a process behind walls (symbol_reader.h), which is asked each time. If it ends, or thinks for
 * longer than a minute of CPU time, nothing is known from then on.
 */
#ifndef EBB_CLI_SYMBOLS_H
#define EBB_CLI_SYMBOLS_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

struct symbols_location {
    const char *function; /* NULL: unknown; valid, as file, until the symbols are used again */
    uint64_t offset;      /* bytes from the function's start */
    const char *file;     /* NULL: unknown */
    unsigned line;        /* 0: unknown */
};

struct symbols *symbols_open(const char *path, struct ebb_error *error);
void symbols_close(struct symbols *symbols);

/* True for a file of 64-bit code. */
bool symbols_are_wide(const struct symbols *symbols);

/* The address that the file gives a symbol of any kind; false: it has none of that name. */
bool symbols_lookup(struct symbols *symbols, const char *name, uint64_t *address);

/* The next of the names that begin so, valid until the symbols are used again, and not in order;
 * NULL: there are no more. *next is 0 for the first, and otherwise what the last call left there.
 */
const char *symbols_complete(struct symbols *symbols, const char *begin, uint64_t *next);

/* The next of the functions of a name, in no order; static ones and copies that a compiler has made
 * of one for its callers (NAME.isra.0, NAME.constprop.0) are several. *address is the file's.
 * Otherwise as symbols_complete(). */
const char *symbols_function(struct symbols *symbols, const char *name, uint64_t *next,
                             uint64_t *address);

/* True if a function or another label of code is at exactly this address of the file. */
bool symbols_has_code_at(struct symbols *symbols, uint64_t address);

/* The file's contents at an address of the file. Returns the bytes read: none where the file has no
 * contents, and not beyond the end of a section. */
size_t symbols_read(struct symbols *symbols, uint64_t address, void *buffer, size_t size);

/* Where section number i of the file's code is for the guest, and its size in bytes, of which it
 * has 4 GiB at most; false: there are no more. */
bool symbols_code(struct symbols *symbols, uint64_t i, uint64_t *address, uint64_t *size);

/* Says that the guest's code lies offset (modulo 2^64) above the file's addresses. */
void symbols_move(struct symbols *symbols, uint64_t offset);

uint64_t symbols_offset(const struct symbols *symbols);

/* What the file says that the bytes at a guest-virtual address are: 'x' instructions of A64, 'a' of
 * A32, 't' of T32, 'd' data; 0: it does not say. */
char symbols_code_kind(struct symbols *symbols, uint64_t address);

/* Fills *location with what is known about a guest-virtual address. */
void symbols_find(struct symbols *symbols, uint64_t address, struct symbols_location *location);

/* "function+0x10 (file.c:12)", or "" if nothing is known. */
void symbols_describe(struct symbols *symbols, uint64_t address, char *buffer, size_t size);

#endif
