/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A buffer of fixed capacity that is written from front to back. What does not fit is dropped and
 * remembered, so that writers need no checks: whoever sends the buffer looks at overflow once.
 */
#ifndef EBB_RSP_BUFFER_H
#define EBB_RSP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsp_buffer {
    uint8_t *bytes; /* owned by whoever made the buffer */
    size_t length;
    size_t capacity;
    bool overflow;
};

void rsp_buffer_clear(struct rsp_buffer *buffer);
void rsp_buffer_put(struct rsp_buffer *buffer, const void *bytes, size_t length);
void rsp_buffer_put_byte(struct rsp_buffer *buffer, uint8_t byte);
void rsp_buffer_text(struct rsp_buffer *buffer, const char *text);
void rsp_buffer_printf(struct rsp_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Two lower-case digits for each byte. */
void rsp_buffer_hex(struct rsp_buffer *buffer, const void *bytes, size_t length);

/* The value of a hexadecimal digit, or -1. */
int rsp_hex_digit(uint8_t digit);

/* Decodes 2 * length digits; false if one of them is none. out may be the same memory as digits. */
bool rsp_hex_decode(const uint8_t *digits, size_t length, uint8_t *out);

#endif
