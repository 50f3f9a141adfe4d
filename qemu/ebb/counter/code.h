/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sites.c has to know of an instruction set to tell code from data: which words are
 * instructions at all, where control goes on behind them, and which other words they speak of.
 */
#ifndef EBB_COUNTER_CODE_H
#define EBB_COUNTER_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "site.h"

/* A stretch of an image: whole words at a known guest-physical address that is a multiple of 4. */
struct code_words {
    const uint8_t *bytes;
    size_t count; /* words */
    uint64_t address;
};

static inline uint32_t code_word(const struct code_words *code, size_t index)
{
    const uint8_t *bytes = code->bytes + index * 4;

    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* How much a word looks like an instruction. */
enum code_looks {
    CODE_NONE,     /* not an allocated encoding, or one that code does not contain */
    CODE_POSSIBLE, /* allocated */
    CODE_TYPICAL,  /* allocated, and of the kind that most instructions are */
};

/* Where control goes behind an instruction. */
enum code_flow {
    CODE_GOES_ON, /* to the next one, if only at times */
    CODE_MAY_END, /* not always to the next one: a system call that does not return */
    CODE_ENDS,    /* never to the next one */
};

/* How an instruction speaks of another place. */
enum code_reference_kind {
    CODE_REFERENCE_NONE,
    CODE_REFERENCE_BRANCH,  /* goes there */
    CODE_REFERENCE_LOAD,    /* loads what is there: data */
    CODE_REFERENCE_ADDRESS, /* takes its address: data, or a function to be called later */
};

struct code_reference {
    enum code_reference_kind kind;
    uint64_t address; /* guest-physical */
    unsigned words;   /* how many it is about */
};

/* A load reaches so many pages from the one whose address it is given (A64: 4095 doublewords). */
#define CODE_LOAD_PAGES 8

/* Words that are wanted, and pages of 4 KiB, from the one on that the image begins in, from which
 * an instruction that is given the page's address may reach some: a bit for each. */
struct code_wanted {
    uint64_t *words, *pages;
};

/* What is told of the instructions that are looked for; here they are called reads. */
struct code_finder {
    /* The first read of words [index, end), if only under a condition; end: none. */
    size_t (*next_read)(const struct code_words *code, size_t index, size_t end);
    /* Whether the word is a read that can be replaced: one without condition. */
    bool (*is_read)(uint32_t word, struct counter_site *site);
};

struct instruction_set {
    enum counter_site_form form;
    uint32_t nop[2];
    struct code_finder finders[COUNTER_WANTED_KINDS];
    /* Whether a read is one of the self-synchronised ones; NULL: the set has none. */
    bool (*is_synchronised)(uint32_t word);
    enum code_looks (*looks)(uint32_t word);
    enum code_flow (*flow)(uint32_t word);
    /* The first of words [index, end) that speaks of a wanted one, and what it says; end: none. */
    size_t (*next_reference)(const struct code_words *code, size_t index, size_t end,
                             const struct code_wanted *wanted, struct code_reference *reference);
};

/* Whether first is the first halfword of two. */
static inline bool code_t32_is_wide(uint16_t first)
{
    return first >= 0xe800;
}

/* The number of a word's page, as code_wanted counts them. */
static inline size_t code_page(const struct code_words *code, size_t index)
{
    return ((code->address & 0xfff) + index * 4) >> 12;
}

/* Sign-extends the low bits of value. */
static inline int64_t code_signed(uint64_t value, unsigned bits)
{
    uint64_t sign = 1ULL << (bits - 1);

    value &= (sign << 1) - 1;
    return (int64_t)((value ^ sign) - sign);
}

/* Bit index of a set of words. */
static inline bool code_has_bit(const uint64_t *bits, size_t index)
{
    return bits[index / 64] >> (index % 64) & 1;
}

/* The words of the image that a reference is about, [*first, *end); false: none of them. */
static inline bool code_referred(const struct code_words *code,
                                 const struct code_reference *reference, size_t *first, size_t *end)
{
    uint64_t index = (reference->address - code->address) / 4, left = code->count - index;

    if (reference->kind == CODE_REFERENCE_NONE || reference->address < code->address ||
        index >= code->count) {
        return false;
    }
    *first = index;
    *end = index + (reference->words < left ? reference->words : left);
    return true;
}

/* True if a reference is about a wanted word. */
static inline bool code_speaks_of(const struct code_words *code, const struct code_wanted *wanted,
                                  const struct code_reference *reference)
{
    size_t first, end;

    if (!code_referred(code, reference, &first, &end)) {
        return false;
    }
    while (first < end && !code_has_bit(wanted->words, first)) {
        first++;
    }
    return first < end;
}

/*
 * The loops over whole images, for next_read() and next_reference(). They are inlined, and with
 * them the functions that tell what a word is: passing one over takes a few host instructions.
 */
static inline size_t code_next_read(const struct code_words *code, size_t index, size_t end,
                                    bool (*is_read)(uint32_t word, struct counter_site *site))
{
    struct counter_site site;

    while (index < end && !is_read(code_word(code, index), &site)) {
        index++;
    }
    return index;
}

/* refer() takes the word at index, and those behind it where an address is made by several. */
static inline size_t code_next_reference(
    const struct code_words *code, size_t index, size_t end, const struct code_wanted *wanted,
    struct code_reference *reference,
    struct code_reference (*refer)(const struct code_words *code, size_t index, uint32_t word))
{
    for (; index < end; index++) {
        struct code_reference found = refer(code, index, code_word(code, index));

        if (code_speaks_of(code, wanted, &found)) {
            *reference = found;
            return index;
        }
    }
    return index;
}

/* Bits low..low + count - 1. */
static inline uint32_t code_bits(uint32_t word, unsigned low, unsigned count)
{
    return word >> low & ((1u << count) - 1);
}

#endif
