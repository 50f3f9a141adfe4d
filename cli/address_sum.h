/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses as users write them: a number, a symbol or a register ($sp), and others that are added
 * or taken away. With a symbol or a register in it, it is an address of the guest's, and so one of
 * 32 bits where the guest has no others.
 */
#ifndef EBB_CLI_ADDRESS_SUM_H
#define EBB_CLI_ADDRESS_SUM_H

#include "symbols.h"

/* What may be in a sum beside numbers. */
struct address_terms {
    struct symbols *symbols; /* NULL: none */
    const char *symbol_file; /* that they are from */
    bool wide;               /* the guest's addresses have 64 bits */
    /* The value of "$sp", or -1 and *error. NULL: there are no registers. */
    int (*read_register)(void *opaque, const char *name, uint64_t *value, struct ebb_error *error);
    void *opaque;
};

/* The whole text is an address. 0, or -1 with EBB_ERROR_USAGE. */
int address_sum_read(const struct address_terms *terms, const char *text, uint64_t *address,
                     struct ebb_error *error);

/* ADDRESS[,LENGTH], the length a number. Without one *length stays what it is. */
int address_sum_read_place(const struct address_terms *terms, const char *text, uint64_t *address,
                           uint64_t *length, struct ebb_error *error);

#endif
