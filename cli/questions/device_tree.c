/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devicetree Specification 0.4, section 5: "Flattened Devicetree (DTB) Format". */
#include "device_tree.h"

#include "cli/json_list.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0xd00dfeedu
#define HEADER_SIZE 40u
#define SIZE_MAX_TREE (2u << 20)
#define DEPTH_MAX 64u
#define CELL 4u /* bytes */

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };

/* The GIC's three cells of an interrupt (arm,gic.yaml): its kind, its number, its flags. */
#define INTERRUPT_CELLS 3u
#define SHARED 0u
#define PRIVATE 1u
#define FIRST_SHARED 32u
#define FIRST_PRIVATE 16u
/* An entry of a PCI host's interrupt-map: the child's address and pin, the GIC, its address, the
 * interrupt. */
#define MAP_CELLS 10u
#define MAP_INTERRUPT 7u

/* The loader that QEMU puts at the beginning of RAM has the tree's address among its words. */
#define LOADER_SIZE 256u

struct reader {
    struct device_tree *tree;
    const uint8_t *structure, *strings;
    uint32_t structure_size, strings_size, at;
    const char *path[DEPTH_MAX]; /* names of the nodes that we are in */
    unsigned depth;
};

static uint32_t cell(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("@,._+-", c));
}

static void name_interrupt(struct reader *reader, const uint8_t *cells)
{
    uint32_t kind = cell(cells), number = cell(cells + CELL);
    const char *from = reader->path[reader->depth - 1];
    char *name;

    if (number >= DEVICE_TREE_INTERRUPTS || kind > PRIVATE) {
        return;
    }
    number += kind == SHARED ? FIRST_SHARED : FIRST_PRIVATE;
    if (number >= DEVICE_TREE_INTERRUPTS || reader->tree->names[number][0]) {
        return;
    }
    name = reader->tree->names[number];
    for (unsigned i = 0; i < DEVICE_TREE_NAME_SIZE - 1 && from[i]; i++) {
        name[i] = is_plain(from[i]) ? from[i] : '?';
    }
}

static void read_interrupts(struct reader *reader, const uint8_t *value, uint32_t length,
                            unsigned cells, unsigned first)
{
    if (reader->depth == 0 || length % (cells * CELL)) {
        return;
    }
    for (uint32_t i = 0; i < length; i += cells * CELL) {
        name_interrupt(reader, value + i + (size_t)first * CELL);
    }
}

/* The string at an offset of a block of the tree; NULL: it does not end in there. */
static const char *string_at(const uint8_t *block, uint32_t size, uint32_t at)
{
    return at < size && memchr(block + at, 0, size - at) ? (const char *)block + at : NULL;
}

static bool read_property(struct reader *reader)
{
    uint32_t length, left;
    const char *name;
    const uint8_t *value;

    if (reader->structure_size - reader->at < 2 * CELL) {
        return false;
    }
    length = cell(reader->structure + reader->at);
    name = string_at(reader->strings, reader->strings_size,
                     cell(reader->structure + reader->at + CELL));
    reader->at += 2 * CELL;
    left = reader->structure_size - reader->at;
    if (!name || length > left) {
        return false;
    }
    value = reader->structure + reader->at;
    if (strcmp(name, "interrupts") == 0) {
        read_interrupts(reader, value, length, INTERRUPT_CELLS, 0);
    } else if (strcmp(name, "interrupt-map") == 0) {
        read_interrupts(reader, value, length, MAP_CELLS, MAP_INTERRUPT);
    }
    length += -length & (CELL - 1);
    reader->at += length < left ? length : left;
    return true;
}

static bool begin_node(struct reader *reader)
{
    const char *name = string_at(reader->structure, reader->structure_size, reader->at);
    uint32_t size;

    if (!name || reader->depth == DEPTH_MAX) {
        return false;
    }
    reader->path[reader->depth++] = name;
    size = (uint32_t)strlen(name) + 1;
    size += -size & (CELL - 1);
    reader->at +=
        size < reader->structure_size - reader->at ? size : reader->structure_size - reader->at;
    return true;
}

/* False at the end, or where it makes no sense. */
static bool read_token(struct reader *reader)
{
    uint32_t token;

    if (reader->structure_size - reader->at < CELL) {
        return false;
    }
    token = cell(reader->structure + reader->at);
    reader->at += CELL;
    switch (token) {
    case BEGIN_NODE:
        return begin_node(reader);
    case END_NODE:
        return reader->depth-- > 1;
    case PROPERTY:
        return read_property(reader);
    default:
        return token == NOP;
    }
}

bool device_tree_parse(struct device_tree *tree, const uint8_t *bytes, size_t size)
{
    struct reader reader = {.tree = tree};
    uint32_t structure, strings;

    if (size < HEADER_SIZE || cell(bytes) != MAGIC) {
        return false;
    }
    structure = cell(bytes + 8);
    strings = cell(bytes + 12);
    reader.strings_size = cell(bytes + 32);
    reader.structure_size = cell(bytes + 36);
    if (structure > size || reader.structure_size > size - structure || strings > size ||
        reader.strings_size > size - strings) {
        return false;
    }
    reader.structure = bytes + structure;
    reader.strings = bytes + strings;
    while (read_token(&reader)) {
    }
    return true;
}

/* True if there was a tree at the address. */
static int try_address(struct device_tree *tree, struct timeline *timeline, uint64_t address,
                       struct ebb_error *error)
{
    uint8_t header[HEADER_SIZE];
    long got = timeline_read_physical(timeline, address, header, sizeof(header), error);
    uint32_t size;
    uint8_t *bytes;
    bool good = false;

    if (got < (long)sizeof(header) || cell(header) != MAGIC) {
        return got < 0 ? -1 : 0;
    }
    size = cell(header + 4);
    if (size < HEADER_SIZE || size > SIZE_MAX_TREE) {
        return 0;
    }
    bytes = malloc(size);
    if (!bytes) {
        return ebb_fail_memory(error);
    }
    got = timeline_read_physical(timeline, address, bytes, size, error);
    if (got == (long)size) {
        good = device_tree_parse(tree, bytes, size);
    }
    free(bytes);
    return got < 0 ? -1 : good;
}

/* Where RAM begins: of several parts the one with the lowest number in the flat space. */
static bool ram_address(const struct manifest *manifest, uint64_t *address)
{
    const json_t *range;
    size_t i;

    json_array_foreach(json_object_get(manifest->root, "memory_map"), i, range)
    {
        const char *type = json_string_value(json_object_get(range, "type"));

        if (type && (strcmp(type, "ram") == 0 || strcmp(type, "secure-ram") == 0) &&
            json_read_number(json_object_get(range, "address"), address) == 0 && *address) {
            return true;
        }
    }
    return false;
}

int device_tree_read(struct device_tree *tree, struct timeline *timeline,
                     const struct manifest *manifest, struct ebb_error *error)
{
    uint8_t loader[LOADER_SIZE];
    uint64_t ram;
    long got;
    int found;

    memset(tree, 0, sizeof(*tree));
    if (!ram_address(manifest, &ram)) {
        return 0;
    }
    found = try_address(tree, timeline, ram, error);
    if (found) {
        return found < 0 ? -1 : 0;
    }
    got = timeline_read_physical(timeline, ram, loader, sizeof(loader), error);
    for (long i = 0; i + (long)CELL <= got && found == 0; i += CELL) {
        uint32_t word = (uint32_t)loader[i + 3] << 24 | (uint32_t)loader[i + 2] << 16 |
                        (uint32_t)loader[i + 1] << 8 | loader[i];

        if (word > ram && word % 8 == 0) {
            found = try_address(tree, timeline, word, error);
        }
    }
    return got < 0 || found < 0 ? -1 : 0;
}
