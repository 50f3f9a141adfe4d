/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of the process that reads an ELF file (symbol_reader.h), and what it answers: each
 * a struct of one size. It answers once without a question, when the file is open or cannot be
 * opened.
 */
#ifndef EBB_CLI_SYMBOL_QUESTION_H
#define EBB_CLI_SYMBOL_QUESTION_H

#include <stdint.h>

enum symbol_question_kind {
    SYMBOLS_FIND = 1,  /* what is at the address: function, offset, file, line */
    SYMBOLS_LOOKUP,    /* the name's address: found, value */
    SYMBOLS_CODE_AT,   /* whether a label of code is at exactly the address: found */
    SYMBOLS_CODE_KIND, /* the letter of the mapping symbol there: value; 0: there is none */
    SYMBOLS_COMPLETE,  /* the next name, from number `address` on, that begins so: found, function,
                        * and in value the number behind it */
    SYMBOLS_FUNCTION,  /* the next function of a name, from number `address` on: found, function
                        * (its own name), offset (its address), and in value the number behind it */
    SYMBOLS_READ,      /* contents, of at most `size` bytes: size, data */
    SYMBOLS_CODE,      /* where the section of code number `address` is: found, value, and its size
                        * in bytes in offset */
};

/* Addresses are those of the file. */
struct symbol_question {
    uint32_t kind; /* enum symbol_question_kind */
    uint32_t size; /* at most that of symbol_answer.data */
    uint64_t address;
    char name[256];
};

/* Texts end with a NUL and have no control characters, if the reader is what it should be. */
struct symbol_answer {
    uint32_t failed; /* it could not be opened; then only the problem counts */
    uint32_t wide;   /* it is open, and has 64-bit code */
    uint32_t found;
    uint32_t size; /* of data */
    uint64_t value;
    uint32_t line;       /* 0: unknown */
    uint64_t offset;     /* bytes from the function's start */
    char function[1024]; /* empty: unknown */
    char file[4096];     /* empty: unknown */
    char problem[1024];
    uint8_t data[4096];
};

#endif
