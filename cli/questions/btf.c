/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "btf.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0xeb9fu
#define HEADER_SIZE 24u
#define TYPE_SIZE 12u
#define MEMBER_SIZE 12u
#define NESTING_MAX 16u /* of structs in each other, and of qualifiers of one type */
#define LOOKS_MAX (1u << 20)

enum {
    KIND_INT = 1,
    KIND_ARRAY = 3,
    KIND_STRUCT = 4,
    KIND_UNION = 5,
    KIND_ENUM = 6,
    KIND_TYPEDEF = 8,
    KIND_VOLATILE = 9,
    KIND_CONST = 10,
    KIND_RESTRICT = 11,
    KIND_FUNC_PROTO = 13,
    KIND_VAR = 14,
    KIND_DATASEC = 15,
    KIND_DECL_TAG = 17,
    KIND_TYPE_TAG = 18,
    KIND_ENUM64 = 19,
};

struct type {
    uint32_t name, kind, members, other; /* other: size, or the type that it is one of */
    const uint8_t *behind;
};

static uint32_t word(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Bytes behind a type. */
static uint64_t tail(uint32_t kind, uint32_t members)
{
    switch (kind) {
    case KIND_INT:
    case KIND_VAR:
    case KIND_DECL_TAG:
        return 4;
    case KIND_ARRAY:
        return 12;
    case KIND_STRUCT:
    case KIND_UNION:
    case KIND_DATASEC:
    case KIND_ENUM64:
        return 12 * (uint64_t)members;
    case KIND_ENUM:
    case KIND_FUNC_PROTO:
        return 8 * (uint64_t)members;
    default:
        return 0;
    }
}

static bool type_at(const struct btf *btf, uint32_t offset, struct type *type)
{
    const uint8_t *bytes = btf->types + offset;
    uint32_t info;

    if (offset > btf->types_size || btf->types_size - offset < TYPE_SIZE) {
        return false;
    }
    info = word(bytes + 4);
    *type = (struct type){
        .name = word(bytes),
        .kind = info >> 24 & 0x1f,
        .members = info & 0xffff,
        .other = word(bytes + 8),
        .behind = bytes + TYPE_SIZE,
    };
    return tail(type->kind, type->members) <= btf->types_size - offset - TYPE_SIZE;
}

static bool index_types(struct btf *btf)
{
    struct type type;
    uint32_t offset = 0;

    btf->offsets = malloc((btf->types_size / TYPE_SIZE + 1) * sizeof(*btf->offsets));
    if (!btf->offsets) {
        return false;
    }
    btf->offsets[0] = UINT32_MAX;
    for (btf->count = 1; offset < btf->types_size; btf->count++) {
        if (!type_at(btf, offset, &type)) {
            return false;
        }
        btf->offsets[btf->count] = offset;
        offset += TYPE_SIZE + (uint32_t)tail(type.kind, type.members);
    }
    return true;
}

bool btf_open(struct btf *btf, const uint8_t *data, size_t size)
{
    uint64_t header, types, strings;

    *btf = (struct btf){0};
    if (size < HEADER_SIZE || (data[0] | data[1] << 8) != MAGIC) {
        return false;
    }
    header = word(data + 4);
    types = header + word(data + 8);
    btf->types_size = word(data + 12);
    strings = header + word(data + 16);
    btf->strings_size = word(data + 20);
    if (types > size || btf->types_size > size - types || strings > size ||
        btf->strings_size > size - strings) {
        return false;
    }
    btf->types = data + types;
    btf->strings = data + strings;
    return index_types(btf);
}

void btf_close(struct btf *btf)
{
    free(btf->offsets);
    *btf = (struct btf){0};
}

static bool is_named(const struct btf *btf, uint32_t at, const char *name)
{
    size_t size = strlen(name) + 1;

    return at < btf->strings_size && size <= btf->strings_size - at &&
           memcmp(btf->strings + at, name, size) == 0;
}

/* The type with a number, without its qualifiers. */
static bool plain_type(const struct btf *btf, uint32_t number, struct type *type)
{
    for (unsigned i = 0; i < NESTING_MAX; i++) {
        if (number == 0 || number >= btf->count || !type_at(btf, btf->offsets[number], type)) {
            return false;
        }
        if ((type->kind < KIND_TYPEDEF || type->kind > KIND_RESTRICT) &&
            type->kind != KIND_TYPE_TAG) {
            return true;
        }
        number = type->other;
    }
    return false;
}

/* looks: members that may still be looked at, since types may contain each other. */
static bool find_in(const struct btf *btf, const struct type *type, const char *name,
                    unsigned depth, uint32_t *looks, uint32_t *offset)
{
    if ((type->kind != KIND_STRUCT && type->kind != KIND_UNION) || depth == NESTING_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < type->members && *looks; i++, --*looks) {
        const uint8_t *member = type->behind + (size_t)MEMBER_SIZE * i;
        uint32_t at = (word(member + 8) & 0xffffff) / 8, inside;
        struct type inner;

        if (word(member) && is_named(btf, word(member), name)) {
            *offset = at;
            return true;
        }
        if (!word(member) && plain_type(btf, word(member + 4), &inner) &&
            find_in(btf, &inner, name, depth + 1, looks, &inside)) {
            *offset = at + inside;
            return true;
        }
    }
    return false;
}

bool btf_member(const struct btf *btf, const char *struct_name, const char *member,
                uint32_t *offset)
{
    uint32_t looks = LOOKS_MAX;
    struct type type;

    for (uint32_t i = 1; i < btf->count; i++) {
        if (type_at(btf, btf->offsets[i], &type) && type.kind == KIND_STRUCT && type.name &&
            is_named(btf, type.name, struct_name)) {
            return find_in(btf, &type, member, 0, &looks, offset);
        }
    }
    return false;
}
