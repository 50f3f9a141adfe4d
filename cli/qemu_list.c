/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qemu_list.h"

#include <stdlib.h>
#include <string.h>

/* The length of the item that a list begins with. */
static size_t item_length(const char *list)
{
    size_t length = 0;

    while (list[length] && (list[length] != ',' || list[length + 1] == ',')) {
        length += list[length] == ',' ? 2 : 1;
    }
    return length;
}

/* The value in an item "name=value", or NULL if it is of another name or has none. */
static const char *item_value(const char *item, size_t length, const char *name)
{
    size_t i;

    for (i = 0; name[i] && i < length; i++) {
        if (name[i] != (item[i] == '_' ? '-' : item[i])) {
            return NULL;
        }
    }
    return !name[i] && i < length && item[i] == '=' ? item + i + 1 : NULL;
}

char *qemu_list_value(const char *list, const char *name, const char *implied)
{
    char *found = NULL;
    bool first = true;

    while (*list) {
        size_t length = item_length(list);
        const char *value = item_value(list, length, name);

        if (!value && first && implied && strcmp(implied, name) == 0 &&
            !memchr(list, '=', length)) {
            value = list;
        }
        if (value) {
            free(found);
            found = strndup(value, (size_t)(list + length - value));
        }
        first = false;
        list += length + (list[length] == ',');
    }
    return found;
}

long qemu_list_number(const char *list, const char *name, const char *implied, long fallback)
{
    char *text = qemu_list_value(list, name, implied);
    long number = text ? strtol(text, NULL, 0) : fallback;

    free(text);
    return number;
}

bool qemu_list_is_on(const char *list, const char *name)
{
    static const char *const words[] = {"on", "yes", "true", "y"};
    char *value = qemu_list_value(list, name, NULL);
    bool on = false;

    for (size_t i = 0; value && i < sizeof(words) / sizeof(words[0]); i++) {
        on |= strcmp(value, words[i]) == 0;
    }
    free(value);
    return on;
}

char *qemu_list_without(const char *list, const char *const *names)
{
    char *kept = malloc(strlen(list) + 1), *out = kept;

    if (!kept) {
        return NULL;
    }
    while (*list) {
        size_t length = item_length(list);
        bool drop = false;

        for (size_t i = 0; names[i]; i++) {
            drop |= item_value(list, length, names[i]) != NULL;
        }
        if (!drop) {
            if (out > kept) {
                *out++ = ',';
            }
            memcpy(out, list, length);
            out += length;
        }
        list += length + (list[length] == ',');
    }
    *out = '\0';
    return kept;
}

char *qemu_escape(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1), *out = escaped;

    if (!escaped) {
        return NULL;
    }
    for (; *text; text++) {
        if (*text == ',') {
            *out++ = ',';
        }
        *out++ = *text;
    }
    *out = '\0';
    return escaped;
}
