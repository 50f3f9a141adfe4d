/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rsp_buffer_clear(struct rsp_buffer *buffer)
{
    buffer->length = 0;
    buffer->overflow = false;
}

void rsp_buffer_put(struct rsp_buffer *buffer, const void *bytes, size_t length)
{
    if (length > buffer->capacity - buffer->length) {
        buffer->overflow = true;
        return;
    }
    if (length) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
    }
    buffer->length += length;
}

void rsp_buffer_put_byte(struct rsp_buffer *buffer, uint8_t byte)
{
    rsp_buffer_put(buffer, &byte, 1);
}

void rsp_buffer_text(struct rsp_buffer *buffer, const char *text)
{
    rsp_buffer_put(buffer, text, strlen(text));
}

void rsp_buffer_printf(struct rsp_buffer *buffer, const char *format, ...)
{
    char text[1200];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text)) {
        buffer->overflow = true;
        return;
    }
    rsp_buffer_put(buffer, text, (size_t)length);
}

void rsp_buffer_hex(struct rsp_buffer *buffer, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < length; i++) {
        rsp_buffer_put_byte(buffer, (uint8_t)digits[byte[i] >> 4]);
        rsp_buffer_put_byte(buffer, (uint8_t)digits[byte[i] & 15]);
    }
}

int rsp_hex_digit(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

bool rsp_hex_decode(const uint8_t *digits, size_t length, uint8_t *out)
{
    for (size_t i = 0; i < length; i++) {
        int high = rsp_hex_digit(digits[2 * i]);
        int low = rsp_hex_digit(digits[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
