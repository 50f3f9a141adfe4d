/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which words of an image may be of interest at all, sixteen at a time: a kernel has ten million of
 * them, and the guest waits until all have been looked at.
 */
#ifndef EBB_COUNTER_FILTER_H
#define EBB_COUNTER_FILTER_H

#include <string.h>
#include "code.h"

/* A word passes if (its upper half & mask) == value. */
struct word_filter {
    uint16_t mask, value;
};

/* So many words are looked at together; a bit for each. */
#define FILTER_WORDS 16u

/* The vector extension of GCC and Clang, which is NEON or SSE as the host has it. */
typedef uint16_t filter_halves __attribute__((vector_size(16)));
typedef uint8_t filter_bytes __attribute__((vector_size(16)));

/* The upper halves of eight words; the image is little-endian. */
static inline filter_halves filter_load(const struct code_words *code, size_t index)
{
    filter_halves low, high;

    memcpy(&low, code->bytes + index * 4, sizeof(low));
    memcpy(&high, code->bytes + index * 4 + sizeof(low), sizeof(high));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
#else
    low = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
    return low << 8 | low >> 8;
#endif
}

/* Those that pass one of the filters: all ones. */
static inline filter_halves filter_eight(filter_halves words, const struct word_filter *filters,
                                         size_t count)
{
    filter_halves passed = {0};

#pragma GCC unroll 4 /* what is left then are constants */
    for (size_t i = 0; i < count; i++) {
        passed |= (filter_halves)((words & filters[i].mask) == filters[i].value);
    }
    return passed;
}

/* Those of FILTER_WORDS words from index on, all of which are in the image. Count is a constant. */
static inline __attribute__((always_inline)) uint32_t filter_pass(const struct code_words *code,
                                                                  size_t index,
                                                                  const struct word_filter *filters,
                                                                  size_t count)
{
    static const filter_bytes bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    filter_halves first = filter_eight(filter_load(code, index), filters, count);
    filter_halves second = filter_eight(filter_load(code, index + 8), filters, count);
    filter_halves any = first | second;
    uint64_t halves[2];

    memcpy(halves, &any, sizeof(halves));
    if (!(halves[0] | halves[1])) {
        return 0;
    }
    /* A byte for each, of which its own bit stays; times 0x0101... they come together at the top.
     */
    any =
        (filter_halves)(__builtin_shufflevector((filter_bytes)first, (filter_bytes)second, 0, 2, 4,
                                                6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) &
                        bits);
    memcpy(halves, &any, sizeof(halves));
    return (uint32_t)(halves[0] * 0x0101010101010101ULL >> 56 |
                      halves[1] * 0x0101010101010101ULL >> 56 << 8);
}

#endif
