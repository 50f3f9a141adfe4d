/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page sets: which pages the guest's CPU has touched in which part of history, in the file `pages`
 * beside the log. Who looks for an access to memory or for an execution need not look where its
 * page was not touched. The file is made by a replay and can be made again: where there is none,
 * or it does not fit the log, or is damaged, there are no sets, and that is no error.
 *
 * A page is one of 4 KiB of guest-virtual addresses, of all address spaces together; of its number
 * a hash is kept, so that two pages may be taken for one. Touched is what was translated: read,
 * written or executed, or on the way of one of these.
 */
#ifndef EBB_LOG_PAGE_SETS_H
#define EBB_LOG_PAGE_SETS_H

#include "error.h"
#include "reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EBB_MAX_PAGE_SETS (1u << 20)
#define EBB_MAX_PAGE_SET (1u << 20) /* pages in one of them */

enum ebb_page_set_flag {
    EBB_PAGE_SET_UNKNOWN = 1 << 0,       /* anything may have been touched */
    EBB_PAGE_SET_DEVICE_WRITES = 1 << 1, /* something else than the CPU wrote to RAM */
};

/* Of what happens behind position from, up to what happens on reaching position to. */
struct ebb_page_set {
    uint64_t from, to;
    uint32_t flags;
    uint32_t count;
    uint32_t *hashes; /* ebb_page_hash() of the pages, in rising order; owned */
};

/* Of a guest-virtual address. Its top byte does not count, which may be a tag. */
static inline uint32_t ebb_page_hash(uint64_t address)
{
    return (address << 8 >> 20) * 0x9e3779b97f4a7c15u >> 32;
}

/* True if the page of that hash may have been touched. */
bool ebb_page_set_has(const struct ebb_page_set *set, uint32_t hash);

/* Writes the file, over an older one. The sets follow each other: one begins where the one before
 * ends. */
int ebb_page_sets_write(const struct ebb_log *log, const struct ebb_page_set *sets, size_t count,
                        struct ebb_error *error);

/* Reads the file: *sets is NULL and *count 0 if there is none that fits the log. Fails only for
 * want of memory. */
int ebb_page_sets_read(const struct ebb_log *log, struct ebb_page_set **sets, size_t *count,
                       struct ebb_error *error);
void ebb_page_sets_free(struct ebb_page_set *sets, size_t count);

#endif
