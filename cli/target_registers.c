/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No reader of XML: the documents are QEMU's, or made by it, and have a register to an element, all
 * of whose attributes are in double quotes.
 */
#include "target_registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the attribute of an element that ends at end; false: it has none of that name. */
static bool attribute(const char *element, const char *end, const char *name, char *value,
                      size_t size)
{
    size_t length = strlen(name);

    for (const char *at = element; at + length + 3 < end; at++) {
        const char *begin = at + length + 3, *quote;

        if (at[0] != ' ' || strncmp(at + 1, name, length) != 0 || at[length + 1] != '=' ||
            at[length + 2] != '"') {
            continue;
        }
        quote = memchr(begin, '"', (size_t)(end - begin));
        if (!quote || (size_t)(quote - begin) >= size) {
            return false;
        }
        memcpy(value, begin, (size_t)(quote - begin));
        value[quote - begin] = '\0';
        return true;
    }
    return false;
}

/* The types that gdb takes for integers (gdb manual, Predefined Target Types): the rest has
 * fields, elements or flags. */
static void read_type(struct target_register *reg, const char *type)
{
    bool is_pointer = strcmp(type, "code_ptr") == 0 || strcmp(type, "data_ptr") == 0;
    bool is_unsigned = strncmp(type, "uint", 4) == 0;
    bool is_signed = strncmp(type, "int", 3) == 0 || strcmp(type, "long") == 0;

    reg->is_signed = is_signed;
    reg->is_integer = (is_pointer || is_unsigned || is_signed) &&
                      (reg->bits == 8 || reg->bits == 16 || reg->bits == 32 || reg->bits == 64);
}

static bool read_element(struct target_register *reg, const char *element, const char *end,
                         unsigned next)
{
    char text[TARGET_REGISTER_NAME];

    *reg = (struct target_register){.number = next};
    if (!attribute(element, end, "name", reg->name, sizeof(reg->name)) ||
        !attribute(element, end, "bitsize", text, sizeof(text))) {
        return false;
    }
    reg->bits = (unsigned)strtoul(text, NULL, 10);
    if (attribute(element, end, "regnum", text, sizeof(text))) {
        reg->number = (unsigned)strtoul(text, NULL, 10);
    }
    read_type(reg, attribute(element, end, "type", text, sizeof(text)) ? text : "int");
    return true;
}

int target_registers_add(struct target_registers *registers, const char *document, unsigned *next,
                         struct ebb_error *error)
{
    static const char tag[] = "<reg ";

    for (const char *at = strstr(document, tag); at; at = strstr(at + 1, tag)) {
        const char *element = at + sizeof(tag) - 2, *end = strchr(element, '>');
        struct target_register reg, *list;

        if (!end || !read_element(&reg, element, end, *next)) {
            continue;
        }
        list = realloc(registers->list, (registers->count + 1) * sizeof(*list));
        if (!list) {
            return ebb_fail_memory(error);
        }
        registers->list = list;
        list[registers->count++] = reg;
        *next = reg.number + 1;
    }
    return 0;
}

void target_registers_free(struct target_registers *registers)
{
    free(registers->list);
    *registers = (struct target_registers){0};
}

const struct target_register *target_registers_find(const struct target_registers *registers,
                                                    const char *name, size_t length)
{
    for (size_t i = 0; i < registers->count; i++) {
        const struct target_register *reg = &registers->list[i];

        if (strlen(reg->name) == length && memcmp(reg->name, name, length) == 0) {
            return reg;
        }
    }
    return NULL;
}
