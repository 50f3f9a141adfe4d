/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests: 64-bit fingerprints of RAM and registers, the same in the recorder, the worker and the
 * engine. They are for comparing states, not for security.
 */
#ifndef EBB_LOG_DIGEST_H
#define EBB_LOG_DIGEST_H

#include "event.h"

/*
 * The contribution of one page; 0 for a page of zeroes. The digest of RAM is the sum, modulo 2^64,
 * of the contributions of all its pages, so that it can be kept up to date page by page and holes
 * cost nothing.
 */
uint64_t ebb_digest_page(uint64_t page_number, const void *page);

/* The digest of a register list: ids, sizes and values, in the order given. */
uint64_t ebb_digest_registers(const struct ebb_register *registers, size_t count);

#define EBB_ANCHOR_REGISTERS 33u

/* The digest in an anchor: x0 to x30, SP_EL0, SP_EL1, the latter two 0 in AArch32 state. */
uint64_t ebb_digest_anchor(const uint64_t registers[EBB_ANCHOR_REGISTERS]);

/* Their numbers, of those that a digest in an anchor is of, behind x0 to x30. */
#define EBB_ANCHOR_SP_EL0 31u
#define EBB_ANCHOR_SP_EL1 32u

#define EBB_THIN_ANCHOR_REGISTERS 2u

/*
 * The registers of a thin anchor, by number in x0 to x30: those that were seen to tell places apart
 * best (docs/nondeterminism.md).
 */
extern const unsigned ebb_thin_anchor_registers[EBB_THIN_ANCHOR_REGISTERS];

/* The digest in a thin anchor: of the values of these registers, in this order. */
uint32_t ebb_digest_thin_anchor(const uint64_t values[EBB_THIN_ANCHOR_REGISTERS]);

/* Takes the digests of registers and RAM out of an end event; false if it is none, or has none. */
bool ebb_digest_of_end(const struct ebb_event *event, uint64_t *registers, uint64_t *ram);

/* True if all size bytes at data are zero. */
bool ebb_is_zero(const void *data, size_t size);

#endif
