/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments of a packet, taken apart as its schema says. A schema is a string of
 *     h   a hexadecimal number, up to 64 bits
 *     t   a thread id: a hexadecimal number, 0 (any) or -1 (all)
 *     b   all bytes up to the end, maybe none
 *     ?   the packet may end here; what follows is optional
 * and of punctuation, which has to be there as it is.
 */
#ifndef EBB_RSP_ARGUMENTS_H
#define EBB_RSP_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RSP_ARGUMENTS_MAX = 4 };

#define RSP_ANY_THREAD ((uint64_t)0)
#define RSP_ALL_THREADS UINT64_MAX

struct rsp_argument {
    uint64_t number;      /* h and t */
    const uint8_t *bytes; /* b: points into the packet */
    size_t length;
};

struct rsp_arguments {
    unsigned count;
    struct rsp_argument list[RSP_ARGUMENTS_MAX];
};

/* False: the text is not what the schema says. */
bool rsp_arguments_parse(const char *schema, const uint8_t *text, size_t length,
                         struct rsp_arguments *arguments);

/* Reads a hexadecimal number at *position and moves behind it; false: none, or over 64 bits. */
bool rsp_parse_hex(const uint8_t *text, size_t length, size_t *position, uint64_t *number);

/* The same for a thread id. */
bool rsp_parse_thread(const uint8_t *text, size_t length, size_t *position, uint64_t *thread);

#endif
