/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a64_vector.h"

#define ZR 31u
#define bits movements_bits

static void compute(struct movements *movements, uint32_t word)
{
    movements_make(movements, MOVEMENT_COMPUTED, movements_vector(16 * bits(word, 4, 0), 16));
}

/* Into the beginning of a vector register, the rest of which is zeroes. */
static void fill(struct movements *movements, unsigned reg, struct movement_place from)
{
    movements_add(movements, MOVEMENT_COPY, movements_vector(16 * reg, from.length), from);
    movements_make(movements, MOVEMENT_EXTENSION,
                   movements_vector(16 * reg + from.length, 16 - from.length));
}

/* From a general register, which may be none. */
static void from_general(struct movements *movements, unsigned byte, unsigned rn, unsigned length)
{
    if (rn == ZR) {
        movements_make(movements, MOVEMENT_CONSTANT, movements_vector(byte, length));
    } else {
        movements_add(movements, MOVEMENT_COPY, movements_vector(byte, length),
                      movements_general(rn, 0, length));
    }
}

static void to_general(struct movements *movements, unsigned rd, unsigned byte, unsigned length)
{
    if (rd != ZR) {
        movements_add(movements, MOVEMENT_COPY, movements_general(rd, 0, length),
                      movements_vector(byte, length));
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(rd, length, 8 - length));
    }
}

static void convert(struct movements *movements, uint32_t word)
{
    if (bits(word, 4, 0) != ZR) {
        movements_make(movements, MOVEMENT_COMPUTED, movements_general(bits(word, 4, 0), 0, 8));
    }
}

/* FMOV between files: by ftype, and rmode for the upper half. */
static void move_across(struct movements *movements, uint32_t word)
{
    static const uint8_t lengths[4] = {4, 8, 8, 2};
    unsigned length = lengths[bits(word, 23, 22)], rd = bits(word, 4, 0), rn = bits(word, 9, 5);
    unsigned half = bits(word, 19, 19) ? 8 : 0;

    if (!bits(word, 16, 16)) {
        to_general(movements, rd, 16 * rn + half, length);
        return;
    }
    from_general(movements, 16 * rd + half, rn, length);
    if (!half) {
        movements_make(movements, MOVEMENT_EXTENSION,
                       movements_vector(16 * rd + length, 16 - length));
    }
}

/* Between integers and floating point: opcode 2 and 3 are to the latter; 6 and 7 FMOV, but with
 * rmode 3, FJCVTZS. */
static void across(struct movements *movements, uint32_t word)
{
    unsigned opcode = bits(word, 18, 16);

    if (opcode >= 6 && bits(word, 20, 19) < 2) {
        move_across(movements, word);
    } else if (opcode == 2 || opcode == 3) {
        compute(movements, word);
    } else {
        convert(movements, word);
    }
}

static unsigned scalar_size(uint32_t word)
{
    static const uint8_t sizes[4] = {4, 8, 0, 2};

    return sizes[bits(word, 23, 22)];
}

static void scalar_copy(struct movements *movements, uint32_t word, unsigned from)
{
    if (scalar_size(word)) {
        fill(movements, bits(word, 4, 0), movements_vector(16 * from, scalar_size(word)));
    } else {
        compute(movements, word);
    }
}

/* Scalar, bits 28 to 24 are 11110. */
static void scalar(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (!bits(word, 21, 21)) {
        across(movements, word); /* with fixed point */
    } else if (bits(word, 15, 10) == 0) {
        across(movements, word);
    } else if (bits(word, 11, 10) == 3) { /* FCSEL */
        bool first = movements_condition(cpu, bits(word, 15, 12));

        scalar_copy(movements, word, first ? bits(word, 9, 5) : bits(word, 20, 16));
    } else if (bits(word, 20, 10) == 0x10) { /* FMOV */
        scalar_copy(movements, word, bits(word, 9, 5));
    } else if (bits(word, 12, 10) == 4) {
        movements_make(movements, MOVEMENT_CONSTANT, movements_vector(16 * bits(word, 4, 0), 16));
    } else if (bits(word, 11, 10) != 1 && bits(word, 13, 10) != 8) { /* no comparisons */
        compute(movements, word);
    }
}

/* log2 of the element's size from imm5, in which the lowest bit that is set tells it. */
static unsigned element_scale(unsigned number)
{
    unsigned scale = 0;

    while (scale < 4 && !(number >> scale & 1)) {
        scale++;
    }
    return scale;
}

static void duplicate(struct movements *movements, uint32_t word, unsigned scale)
{
    unsigned length = bits(word, 30, 30) ? 16 : 8, rd = bits(word, 4, 0), rn = bits(word, 9, 5);
    unsigned size = 1u << scale, byte = (bits(word, 20, 16) >> 1 >> scale) * size;

    for (unsigned at = 0; at < length; at += size) {
        if (bits(word, 11, 11)) {
            from_general(movements, 16 * rd + at, rn, size);
        } else {
            movements_add(movements, MOVEMENT_COPY, movements_vector(16 * rd + at, size),
                          movements_vector(16 * rn + byte, size));
        }
    }
    movements_make(movements, MOVEMENT_EXTENSION, movements_vector(16 * rd + length, 16 - length));
}

/* Copies of elements (C4.1.96, Advanced SIMD copy): op and imm4 say which. */
static void copy_element(struct movements *movements, uint32_t word)
{
    unsigned scale = element_scale(bits(word, 20, 16)), size = 1u << scale;
    unsigned byte = (bits(word, 20, 16) >> 1 >> scale) * size, how = bits(word, 14, 11);
    unsigned rd = bits(word, 4, 0), rn = bits(word, 9, 5);

    if (scale > 3) {
        movements->unknown = true;
    } else if (bits(word, 29, 29)) {
        movements_add(movements, MOVEMENT_COPY, movements_vector(16 * rd + byte, size),
                      movements_vector(16 * rn + (how >> scale) * size, size));
    } else if (how <= 1) {
        duplicate(movements, word, scale);
    } else if (how == 3) {
        from_general(movements, 16 * rd + byte, rn, size);
    } else {
        to_general(movements, rd, 16 * rn + byte, size);
    }
}

static bool is_element_copy(uint32_t word)
{
    return (word & 0x9fe08400) == 0x0e000400;
}

static void several(struct movements *movements, uint32_t word)
{
    bool wide = bits(word, 30, 30);
    unsigned rd = bits(word, 4, 0), rn = bits(word, 9, 5);

    if (is_element_copy(word)) {
        copy_element(movements, word);
    } else if ((word & 0xbfe0fc00) == 0x0ea01c00 && rn == bits(word, 20, 16)) { /* ORR */
        fill(movements, rd, movements_vector(16 * rn, wide ? 16 : 8));
    } else if ((word & 0xffe0fc00) == 0x5e000400) { /* DUP, scalar */
        unsigned scale = element_scale(bits(word, 20, 16));
        unsigned byte = scale > 3 ? 0 : (bits(word, 20, 16) >> 1 >> scale) << scale;

        fill(movements, rd, movements_vector(16 * rn + byte, 1u << (scale & 3)));
    } else if ((word & 0x9ff80400) == 0x0f000400 &&
               (bits(word, 15, 12) >= 12 || !bits(word, 12, 12))) { /* MOVI, MVNI, FMOV */
        movements_make(movements, MOVEMENT_CONSTANT, movements_vector(16 * rd, 16));
    } else {
        compute(movements, word);
    }
}

void movements_a64_vector(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    if ((word & 0x5f000000) == 0x1e000000) {
        scalar(movements, cpu, word);
    } else {
        several(movements, word);
    }
}
