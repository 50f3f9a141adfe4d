/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's types as it carries them itself: BTF (Linux, Documentation/bpf/btf.rst). What is
 * read is the guest's memory and may be anything.
 */
#ifndef EBB_CLI_QUESTIONS_BTF_H
#define EBB_CLI_QUESTIONS_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf {
    const uint8_t *types, *strings; /* into the data */
    uint32_t types_size, strings_size;
    uint32_t *offsets; /* of each type, by its number; owned */
    uint32_t count;    /* of types, with number 0, which is void */
};

/* Reads its index; the data, little-endian, stays the caller's and has to last. False: it is no
 * BTF, or there is no memory for it. btf_close() also then. */
bool btf_open(struct btf *btf, const uint8_t *data, size_t size);
void btf_close(struct btf *btf);

/* Where a member is in a struct, in bytes, also where it is one of a member without a name; false:
 * there is none of that name. */
bool btf_member(const struct btf *btf, const char *struct_name, const char *member,
                uint32_t *offset);

#endif
