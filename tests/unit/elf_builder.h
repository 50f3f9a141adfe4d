/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small ELF executables for ARM, made in memory. */
#ifndef EBB_ELF_BUILDER_H
#define EBB_ELF_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A symbol of .text; name is at most 7 characters. */
struct elf_mark {
    uint64_t offset; /* in .text */
    const char *name;
};

struct elf_layout {
    bool wide;             /* ELF64 for AArch64, else ELF32 for Arm */
    const uint8_t *loaded; /* one segment: .text, and .rodata behind it */
    size_t text_size, rodata_size;
    uint64_t address; /* guest-physical, of .text; it is linked elsewhere */
    const struct elf_mark *marks;
    size_t mark_count;
    bool without_sections;
};

/* The file, to be freed. */
uint8_t *elf_build(const struct elf_layout *layout, size_t *size);

#endif
