/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

void ebb_buffer_free(struct ebb_buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof(*buffer));
}

void ebb_buffer_clear(struct ebb_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

bool ebb_buffer_reserve(struct ebb_buffer *buffer, size_t length)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    uint8_t *bytes;

    if (buffer->failed || length > SIZE_MAX / 4 - buffer->size) {
        buffer->failed = true;
        return false;
    }
    if (buffer->size + length <= buffer->capacity) {
        return true;
    }
    while (capacity < buffer->size + length) {
        capacity *= 2;
    }
    bytes = realloc(buffer->bytes, capacity);
    if (!bytes) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void ebb_buffer_add(struct ebb_buffer *buffer, const void *bytes, size_t length)
{
    if (length > 0 && ebb_buffer_reserve(buffer, length)) {
        memcpy(buffer->bytes + buffer->size, bytes, length);
        buffer->size += length;
    }
}

void ebb_buffer_add_byte(struct ebb_buffer *buffer, uint8_t byte)
{
    ebb_buffer_add(buffer, &byte, 1);
}

void ebb_buffer_add_varint_slow(struct ebb_buffer *buffer, uint64_t value)
{
    if (!ebb_buffer_reserve(buffer, 10)) {
        return;
    }
    while (value >= 0x80) {
        buffer->bytes[buffer->size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    buffer->bytes[buffer->size++] = (uint8_t)value;
}

static void fail_span(struct ebb_span *span)
{
    span->failed = true;
    span->left = 0;
}

uint8_t ebb_span_byte(struct ebb_span *span)
{
    if (span->left == 0) {
        fail_span(span);
        return 0;
    }
    span->left--;
    return *span->bytes++;
}

uint64_t ebb_span_varint_slow(struct ebb_span *span)
{
    uint64_t value = 0;
    unsigned shift;

    for (shift = 0; shift < 64; shift += 7) {
        uint8_t byte = ebb_span_byte(span);

        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    fail_span(span);
    return 0;
}

const uint8_t *ebb_span_take(struct ebb_span *span, uint64_t length)
{
    const uint8_t *bytes = span->bytes;

    if (length > span->left) {
        fail_span(span);
        return NULL;
    }
    span->bytes += length;
    span->left -= length;
    return bytes;
}

struct ebb_span ebb_span_split(struct ebb_span *span, uint64_t length)
{
    struct ebb_span part = {NULL, 0, false};

    part.bytes = ebb_span_take(span, length);
    if (part.bytes) {
        part.left = length;
    } else {
        part.failed = true;
    }
    return part;
}
