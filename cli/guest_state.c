/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest_state.h"

#include <stdio.h>
#include <string.h>

static bool find_register(void *opaque, const char *name, size_t length,
                          struct condition_register *found)
{
    const struct target_register *reg = target_registers_find(opaque, name, length);

    if (!reg || !reg->is_integer) {
        return false;
    }
    *found = (struct condition_register){reg->number, reg->bits, reg->is_signed};
    return true;
}

/* Adds the registers of the documents that the main one includes. */
int guest_state_registers(struct target_registers *registers, struct timeline *timeline,
                          struct ebb_error *error)
{
    static const char include[] = "href=\"";
    const char *from = timeline_target_xml(timeline, "target.xml");
    unsigned next = 0;
    int status = 0;

    while (status == 0 && from && (from = strstr(from, include))) {
        char name[128];
        const char *document;

        from += sizeof(include) - 1;
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, "\""), from);
        document = timeline_target_xml(timeline, name);
        status = document ? target_registers_add(registers, document, &next, error) : 0;
    }
    return status;
}

struct condition_target guest_state_target(struct target_registers *registers,
                                           const struct timeline *timeline)
{
    return (struct condition_target){
        .opaque = registers,
        .find_register = find_register,
        .long_bits = guest_state_is_wide(timeline) ? 64 : 32,
    };
}

bool guest_state_is_wide(const struct timeline *timeline)
{
    return timeline_pc_register(timeline) == 32;
}

/* Registers are little-endian in the worker's layout, whatever memory is. */
static int read_register(void *opaque, unsigned number, uint64_t *value, struct ebb_error *error)
{
    struct timeline *timeline = opaque;
    uint8_t bytes[256];
    int size = timeline_read_register(timeline, number, bytes, sizeof(bytes), error);

    *value = 0;
    for (int i = size < 8 ? size : 8; i > 0; i--) {
        *value = *value << 8 | bytes[i - 1];
    }
    return size < 0 ? -1 : size > 0;
}

static int read_memory(void *opaque, uint64_t address, void *buffer, size_t size,
                       struct ebb_error *error)
{
    struct timeline *timeline = opaque;
    long got = timeline_read_memory(timeline, address, buffer, size, error);

    return got < 0 ? -1 : got == (long)size;
}

struct condition_state guest_state(struct timeline *timeline, bool big_endian)
{
    return (struct condition_state){
        .opaque = timeline,
        .read_register = read_register,
        .read_memory = read_memory,
        .big_endian = big_endian,
    };
}
