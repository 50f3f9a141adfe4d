/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which words of an image may be of interest at all, sixteen at a time: a kernel has ten million of
 * them, and the guest waits until all have been looked at.
 */
#ifndef EBB_COUNTER_FILTER_H
#define EBB_COUNTER_FILTER_H

#include <string.h>
#include "code.h"

/* A word passes if (word & mask) == value. */
struct word_filter {
    uint32_t mask, value;
};

/* So many words are looked at together; a bit for each. */
#define FILTER_WORDS 16u

/* The vector extension of GCC and Clang, which is NEON or SSE as the host has it. */
typedef uint32_t filter_words __attribute__((vector_size(16)));

static inline filter_words filter_load(const struct code_words *code, size_t index)
{
    filter_words words;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&words, code->bytes + index * 4, sizeof(words));
#else
    words = (filter_words){code_word(code, index), code_word(code, index + 1),
                           code_word(code, index + 2), code_word(code, index + 3)};
#endif
    return words;
}

/* Those of four words that pass one of the filters: all ones. */
static inline filter_words filter_four(filter_words words, const struct word_filter *filters,
                                       size_t count)
{
    filter_words passed = {0};

    for (size_t i = 0; i < count; i++) {
        filter_words mask = {filters[i].mask, filters[i].mask, filters[i].mask, filters[i].mask};
        filter_words value = {filters[i].value, filters[i].value, filters[i].value,
                              filters[i].value};

        passed |= (filter_words)((words & mask) == value);
    }
    return passed;
}

static inline uint64_t filter_fold(filter_words words)
{
    uint64_t halves[2];

    memcpy(halves, &words, sizeof(halves));
    return halves[0] | halves[1];
}

/* Those of FILTER_WORDS words from index on, all of which are in the image. Count is a constant. */
static inline __attribute__((always_inline)) uint32_t filter_pass(const struct code_words *code,
                                                                  size_t index,
                                                                  const struct word_filter *filters,
                                                                  size_t count)
{
    filter_words passed[4], any = {0}, bits = {0};
    uint64_t folded;

    for (unsigned i = 0; i < 4; i++) {
        passed[i] = filter_four(filter_load(code, index + 4 * i), filters, count);
        any |= passed[i];
    }
    if (!filter_fold(any)) {
        return 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        bits |= passed[i] & (filter_words){1u << 4 * i, 2u << 4 * i, 4u << 4 * i, 8u << 4 * i};
    }
    folded = filter_fold(bits);
    return (uint32_t)(folded | folded >> 32);
}

#endif
