/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an instruction moves from where to where: the bytes of registers and memory that it writes,
 * and for each whether they are those of another place, or how else they came to be.
 *
 * Registers are bytes in files, as memory is: general register n begins at 8 n, vector register Vn
 * at 16 n, the least significant byte first. AArch32's registers have the places of the AArch64
 * registers that they are mapped to (Arm ARM, D1.21.1), so that those that a mode has of its own
 * have places of their own, and D and S registers are in V0 to V15.
 */
#ifndef EBB_CLI_MOVEMENTS_LIST_H
#define EBB_CLI_MOVEMENTS_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define MOVEMENTS_MAX 128u
#define MOVEMENTS_GENERAL 34u /* AArch64's 31, its SP, and Monitor mode's two */
#define MOVEMENTS_SP 31u

enum movement_space { MOVEMENT_NOWHERE, MOVEMENT_GENERAL, MOVEMENT_VECTOR, MOVEMENT_MEMORY };

struct movement_place {
    enum movement_space space;
    uint64_t address; /* in memory: virtual */
    unsigned length;  /* bytes */
};

enum movement_kind {
    MOVEMENT_COPY = 1,  /* of `from`, which is as long */
    MOVEMENT_EXTENSION, /* zeroes or copies of the sign beside what is copied */
    MOVEMENT_CONSTANT,  /* the instruction says it: a number, an address relative to it */
    MOVEMENT_COMPUTED,
    MOVEMENT_SYSTEM,  /* from a system register */
    MOVEMENT_LINK,    /* a return address */
    MOVEMENT_UNKNOWN, /* written, maybe */
};

struct movement {
    enum movement_kind kind;
    struct movement_place to, from;
    bool reversed; /* the first byte of `to` is the last of `from` */
    bool may_fail; /* a store that depends on a comparison or a monitor */
};

struct movements {
    struct movement list[MOVEMENTS_MAX];
    unsigned count;
    bool unknown; /* an instruction of which it is not known what else it writes */
};

/* What the CPU executes, and with what. */
struct movements_cpu {
    bool wide;       /* A64 */
    bool big_endian; /* data */
    /* For any flags: what depends on a condition is done. */
    bool unconditional;
    uint32_t mode; /* M[4:0] of the processor state */
    uint32_t psr;  /* as gdb's cpsr: NZCV, and in AArch32 T and IT */
    uint64_t pc;
    uint64_t general[MOVEMENTS_GENERAL]; /* by their places */
};

static inline uint32_t movements_bits(uint32_t word, unsigned high, unsigned low)
{
    return word >> low & (uint32_t)(((uint64_t)2 << (high - low)) - 1);
}

static inline int64_t movements_signed(uint64_t value, unsigned width)
{
    return (int64_t)(value << (64 - width)) >> (64 - width);
}

static inline struct movement_place movements_memory(uint64_t address, unsigned length)
{
    return (struct movement_place){MOVEMENT_MEMORY, address, length};
}

static inline struct movement_place movements_general(unsigned number, unsigned offset,
                                                      unsigned length)
{
    return (struct movement_place){MOVEMENT_GENERAL, 8ull * number + offset, length};
}

static inline struct movement_place movements_vector(unsigned byte, unsigned length)
{
    return (struct movement_place){MOVEMENT_VECTOR, byte, length};
}

/* Whether a condition code holds, or conditions do not matter. */
bool movements_condition(const struct movements_cpu *cpu, unsigned condition);

/* Adds one; from.space is MOVEMENT_NOWHERE for what is no copy. */
void movements_add(struct movements *movements, enum movement_kind kind, struct movement_place to,
                   struct movement_place from);

/* The same for a copy from or to memory, whose bytes may be in the other order. */
void movements_transfer(struct movements *movements, const struct movements_cpu *cpu,
                        struct movement_place to, struct movement_place from);

/* Adds what is no copy. */
void movements_make(struct movements *movements, enum movement_kind kind, struct movement_place to);

#endif
