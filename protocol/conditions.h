/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions of breakpoints: gdb's agent expressions (gdb manual, "The GDB Agent Expression
 * Mechanism"), as bytes. Those of one breakpoint follow one another, each behind its length, which
 * is two bytes, most significant first.
 *
 * Who has set a breakpoint looks at the condition again when told of a hit, and has the means to
 * say what is wrong with it. So what cannot be evaluated here counts as true.
 */
#ifndef EBB_PROTOCOL_CONDITIONS_H
#define EBB_PROTOCOL_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions of expressions that are executed for one hit, and values on their stack. gdb's own
 * take some ten of either. */
#define CONDITIONS_STEPS_MAX 10000u
#define CONDITIONS_STACK_MAX 128u

/* The guest, as an expression sees it. Both functions return false for what cannot be read. */
struct conditions_guest {
    void *opaque;
    bool big_endian; /* numbers in memory */
    bool (*read_register)(void *opaque, unsigned number, uint64_t *value);
    bool (*read_memory)(void *opaque, uint64_t address, uint8_t *bytes, size_t length);
};

/* Whether the bytes consist of conditions and nothing else. */
bool conditions_are_whole(const uint8_t *bytes, size_t size);

/* True if one of them, which have to be whole, is true, cannot be evaluated or takes too long; and
 * if there is none. */
bool conditions_hold(const uint8_t *bytes, size_t size, const struct conditions_guest *guest);

#endif
