/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ELF file says about which bytes of the image loaded from it are code. */
#ifndef EBB_COUNTER_ELF_H
#define EBB_COUNTER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_code_kind {
    ELF_CODE_UNKNOWN, /* in an executable section or segment; nothing says more */
    ELF_CODE_A64,
    ELF_CODE_A32,
    ELF_CODE_T32,
};

/* Bytes of the file, [offset, offset + size), that are loaded to guest-physical address. */
struct elf_code {
    enum elf_code_kind kind;
    uint64_t offset, size, address;
};

struct elf_codes {
    struct elf_code *ranges; /* by file offset, without overlaps */
    size_t count;
    struct elf_code *loaded; /* all that is loaded, code or not, by file offset */
    size_t loaded_count;
    bool aarch64; /* the machine is AArch64, not Arm */
};

/*
 * Reads the file's code ranges: of executable sections, by their mapping symbols where they have
 * any; of executable segments in a file without sections. False, with nothing to free, if this is
 * no little-endian ELF file for ARM, or a damaged one, or has no code.
 */
bool counter_elf_read(const uint8_t *file, size_t size, struct elf_codes *codes);
void counter_elf_free(struct elf_codes *codes);

#endif
