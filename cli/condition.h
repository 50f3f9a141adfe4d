/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain conditions: comparisons of registers, memory at an address and numbers, joined by && and
 * ||, in C's syntax and with C's conversions, as gdb evaluates them. They need no debugger:
 *
 *     $x0 == 5 && *(unsigned int *)0x40001000 != 0
 *     *(short *)($sp + 16) < -1
 *
 * Where whoever asks has symbols, &name is an address as well. Everything else is left to gdb.
 */
#ifndef EBB_CLI_CONDITION_H
#define EBB_CLI_CONDITION_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONDITION_MAX_NODES 64

/* A register as gdb's target description has it. */
struct condition_register {
    unsigned number;
    unsigned bits; /* 8 to 64 */
    bool is_signed;
};

/* What the text is read for. */
struct condition_target {
    void *opaque;
    /* False: there is no integer register of that name (length bytes, without the dollar). */
    bool (*find_register)(void *opaque, const char *name, size_t length,
                          struct condition_register *found);
    unsigned long_bits; /* of C's long, and of an address */
    /* The address of a symbol (&name in the text); NULL: there are no symbols. */
    bool (*find_symbol)(void *symbols, const char *name, uint64_t *address);
    void *symbols;
};

/* A state of the guest. The functions return 1, 0 if there is no such memory, or -1. */
struct condition_state {
    void *opaque;
    int (*read_register)(void *opaque, unsigned number, uint64_t *value, struct ebb_error *error);
    int (*read_memory)(void *opaque, uint64_t address, void *buffer, size_t size,
                       struct ebb_error *error);
    bool big_endian;
};

struct condition;

/* NULL if the text is not a plain condition, or without memory. */
struct condition *condition_parse(const char *text, const struct condition_target *target);
void condition_free(struct condition *condition);

enum condition_value {
    CONDITION_FALSE = 0,
    CONDITION_TRUE = 1,
    CONDITION_UNKNOWN = 2, /* memory that it needs is not there */
};

/* Returns an enum condition_value, or -1. */
int condition_evaluate(const struct condition *condition, const struct condition_state *state,
                       struct ebb_error *error);

/* What the condition compares, but numbers: their texts, in order, and their values. */
struct condition_operand {
    char text[64];
    bool known; /* its memory is there */
    bool is_signed;
    uint64_t value;
    /* In memory at a fixed address; size 0: it is not. */
    uint64_t address;
    unsigned size;
};
size_t condition_operand_count(const struct condition *condition);
int condition_operand(const struct condition *condition, size_t i,
                      const struct condition_state *state, struct condition_operand *operand,
                      struct ebb_error *error);

/* True if all that it depends on is memory at fixed addresses: condition_operand() tells of it
 * without a state. */
bool condition_is_of_memory(const struct condition *condition);

#endif
