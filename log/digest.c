/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest.h"

#include "buffer.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

bool ebb_is_zero(const void *data, size_t size)
{
    const uint8_t *bytes = data;

    /* If the first byte is zero and each byte equals its neighbour, all are zero. */
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

uint64_t ebb_digest_page(uint64_t page_number, const void *page)
{
    if (ebb_is_zero(page, EBB_PAGE_SIZE)) {
        return 0;
    }
    return XXH3_64bits_withSeed(page, EBB_PAGE_SIZE, page_number);
}

uint64_t ebb_digest_registers(const struct ebb_register *registers, size_t count)
{
    XXH3_state_t state;
    size_t i;

    XXH3_64bits_reset(&state);
    for (i = 0; i < count; i++) {
        const struct ebb_register *reg = &registers[i];
        uint8_t head[12];

        ebb_put_le64(head, reg->id);
        ebb_put_le32(head + 8, reg->size);
        XXH3_64bits_update(&state, head, sizeof(head));
        XXH3_64bits_update(&state, reg->value, reg->size);
    }
    return XXH3_64bits_digest(&state);
}

static uint64_t digest_numbers(const uint64_t *numbers, size_t count)
{
    uint8_t bytes[EBB_ANCHOR_REGISTERS * 8];
    size_t i;

    for (i = 0; i < count; i++) {
        ebb_put_le64(bytes + 8 * i, numbers[i]);
    }
    return XXH3_64bits(bytes, 8 * count);
}

uint64_t ebb_digest_anchor(const uint64_t registers[EBB_ANCHOR_REGISTERS])
{
    return digest_numbers(registers, EBB_ANCHOR_REGISTERS);
}

const unsigned ebb_thin_anchor_registers[EBB_THIN_ANCHOR_REGISTERS] = {0, 4};

uint32_t ebb_digest_thin_anchor(const uint64_t values[EBB_THIN_ANCHOR_REGISTERS])
{
    return (uint32_t)digest_numbers(values, EBB_THIN_ANCHOR_REGISTERS);
}

bool ebb_digest_of_end(const struct ebb_event *event, uint64_t *registers, uint64_t *ram)
{
    if (event->kind != EBB_EVENT_END || event->data_length != 2 * sizeof(uint64_t)) {
        return false;
    }
    *registers = ebb_get_le64(event->data);
    *ram = ebb_get_le64(event->data + 8);
    return true;
}
