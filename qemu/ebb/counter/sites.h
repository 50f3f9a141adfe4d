/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the instructions that read the generic timer's counter, or access any of its registers,
 * or read random numbers, in the image of a guest, so that they can be replaced by breakpoints
 * which KVM hands to the recorder. Nothing of QEMU is needed.
 *
 * A word that only looks like such an instruction, a constant or a table, must stay as it is. How
 * that is decided is told in docs/nondeterminism.md.
 */
#ifndef EBB_COUNTER_SITES_H
#define EBB_COUNTER_SITES_H

#include "site.h"

#include <stddef.h>

struct elf_codes; /* elf.h */

struct counter_sites {
    struct counter_site *sites; /* by offset */
    size_t count;
    /* What has the encoding but is not, or may not be, an instruction; or cannot be replaced: under
     * a condition, in an IT block. */
    size_t left_alone;
    /* Where those of them are that are whole words, by offset. */
    uint64_t *left;
    size_t left_count;
};

/* What is known of an image. The bytes are those in guest memory, as loaded. */
struct counter_image {
    const uint8_t *bytes;
    size_t size;
    uint64_t address; /* guest-physical of the first byte */
    bool aarch64;     /* the guest's instruction set when it starts */
    /* What is code by the sections and mapping symbols of the ELF file that it, or a segment of it,
     * was loaded from by its physical addresses; NULL for an Image or other raw image. */
    const struct elf_codes *codes;
    unsigned wanted; /* what is looked for besides reads of a counter (access.h) */
};

/*
 * Thumb is found only where an ELF file's mapping symbols tell of it. Time and memory grow with the
 * sizes, whatever the contents. Free with counter_sites_free(). Never fails. Any thread.
 */
struct counter_sites counter_sites_find(const struct counter_image *image);
void counter_sites_free(struct counter_sites *sites);

/*
 * Whether counter_sites_find() has anything to look at in an image without ELF file: a word with
 * the encoding, if only under a condition. Passes the words over, and allocates nothing.
 */
bool counter_sites_any(const struct counter_image *image);

#endif
