/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing byte buffer, and reading one back within its bounds. Running out of memory (or of
 * bytes) sets `failed`, which the caller looks at once, at the end. Internal to log/.
 */
#ifndef EBB_LOG_BUFFER_H
#define EBB_LOG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ebb_buffer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    bool failed;
};

/* Frees the bytes and leaves an empty buffer. */
void ebb_buffer_free(struct ebb_buffer *buffer);

/* Empties the buffer and keeps its memory. */
void ebb_buffer_clear(struct ebb_buffer *buffer);

/* Makes room for length more bytes; false, and failed is set, if there is no memory. */
bool ebb_buffer_reserve(struct ebb_buffer *buffer, size_t length);

void ebb_buffer_add(struct ebb_buffer *buffer, const void *bytes, size_t length);
void ebb_buffer_add_byte(struct ebb_buffer *buffer, uint8_t byte);

void ebb_buffer_add_varint_slow(struct ebb_buffer *buffer, uint64_t value);

/* Seven bits a byte, lowest first, bit 7 set on all but the last byte (LEB128). */
static inline void ebb_buffer_add_varint(struct ebb_buffer *buffer, uint64_t value)
{
    if (value < 0x80 && buffer->size < buffer->capacity) {
        buffer->bytes[buffer->size++] = (uint8_t)value;
    } else {
        ebb_buffer_add_varint_slow(buffer, value);
    }
}

/* Bytes being read. After a failure everything reads as zero and left is zero. */
struct ebb_span {
    const uint8_t *bytes;
    size_t left;
    bool failed;
};

uint8_t ebb_span_byte(struct ebb_span *span);
uint64_t ebb_span_varint_slow(struct ebb_span *span);

static inline uint64_t ebb_span_varint(struct ebb_span *span)
{
    if (span->left > 0 && span->bytes[0] < 0x80) {
        span->left--;
        return *span->bytes++;
    }
    return ebb_span_varint_slow(span);
}

/* Takes the next length bytes out; NULL, and failed is set, if there are fewer. */
const uint8_t *ebb_span_take(struct ebb_span *span, uint64_t length);

/* Takes them out as a span of their own, which has failed if there are fewer. */
struct ebb_span ebb_span_split(struct ebb_span *span, uint64_t length);

/* Small numbers of either sign as small unsigned ones. */
static inline uint64_t ebb_zigzag(uint64_t difference)
{
    return (difference << 1) ^ (0 - (difference >> 63));
}

static inline uint64_t ebb_unzigzag(uint64_t value)
{
    return (value >> 1) ^ (0 - (value & 1));
}

static inline void ebb_put_le32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline void ebb_put_le64(uint8_t *bytes, uint64_t value)
{
    ebb_put_le32(bytes, (uint32_t)value);
    ebb_put_le32(bytes + 4, (uint32_t)(value >> 32));
}

static inline uint32_t ebb_get_le32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline uint64_t ebb_get_le64(const uint8_t *bytes)
{
    return ebb_get_le32(bytes) | (uint64_t)ebb_get_le32(bytes + 4) << 32;
}

#endif
