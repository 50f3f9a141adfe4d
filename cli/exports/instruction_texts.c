/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instruction_texts.h"

#include <stdlib.h>
#include <string.h>

/* With their texts some 9 MiB: enough for the loops of a kernel. */
#define ENTRIES_BITS 16u
#define TEXT_SIZE 120u /* bytes; longer texts are not kept */
#define SPREADING UINT64_C(0x9e3779b97f4a7c15)

/* The address is part of what is known: some texts have the target of a branch in them. */
struct key {
    uint64_t address;
    uint32_t set, size;
    uint8_t code[DISASSEMBLY_BYTES];
};

struct entry {
    struct key key;
    char text[TEXT_SIZE];
};

struct instruction_texts {
    struct disassembler *disassembler;
    struct entry *entries;
};

struct instruction_texts *instruction_texts_open(struct ebb_error *error)
{
    struct instruction_texts *texts = calloc(1, sizeof(*texts));

    if (!texts) {
        ebb_fail_memory(error);
        return NULL;
    }
    texts->entries = calloc((size_t)1 << ENTRIES_BITS, sizeof(*texts->entries));
    if (!texts->entries) {
        ebb_fail_memory(error);
    } else {
        texts->disassembler = disassembler_open(error);
    }
    if (!texts->disassembler) {
        instruction_texts_close(texts);
        return NULL;
    }
    return texts;
}

void instruction_texts_close(struct instruction_texts *texts)
{
    if (texts) {
        disassembler_close(texts->disassembler);
        free(texts->entries);
        free(texts);
    }
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->address == b->address && a->set == b->set && a->size == b->size &&
           memcmp(a->code, b->code, sizeof(a->code)) == 0;
}

const char *instruction_texts_show(struct instruction_texts *texts, enum disassembly_set set,
                                   uint64_t address, const uint8_t *code, size_t size,
                                   struct ebb_error *error)
{
    struct key key = {.address = address, .set = set, .size = (uint32_t)size};
    struct entry *entry = &texts->entries[address * SPREADING >> (64 - ENTRIES_BITS)];
    struct disassembler_line line;
    size_t length;

    memcpy(key.code, code, size < sizeof(key.code) ? size : sizeof(key.code));
    if (is_same(&entry->key, &key)) {
        return entry->text;
    }
    if (disassembler_show(texts->disassembler, set, address, code, size, &line, error)) {
        return NULL;
    }
    length = strlen(line.text);
    if (length >= sizeof(entry->text)) {
        return line.text;
    }
    entry->key = key;
    memcpy(entry->text, line.text, length + 1);
    return entry->text;
}
