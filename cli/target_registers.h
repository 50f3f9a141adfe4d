/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers of the target description (gdb manual, Target Description Format): names, numbers
 * and types, as gdb shows them.
 */
#ifndef EBB_CLI_TARGET_REGISTERS_H
#define EBB_CLI_TARGET_REGISTERS_H

#include "condition.h"

#define TARGET_REGISTER_NAME 32

struct target_register {
    char name[TARGET_REGISTER_NAME];
    unsigned number;
    unsigned bits;
    bool is_integer; /* an integer or a pointer of 8 to 64 bits, */
    bool is_signed;  /* that is this */
};

struct target_registers {
    struct target_register *list;
    size_t count;
};

/* Adds the registers of a document; *next is the number of the first that has none of its own. */
int target_registers_add(struct target_registers *registers, const char *document, unsigned *next,
                         struct ebb_error *error);
void target_registers_free(struct target_registers *registers);

/* The register of that name, or NULL. */
const struct target_register *target_registers_find(const struct target_registers *registers,
                                                    const char *name, size_t length);

#endif
