/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "callers.h"

#include "cli/json_list.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    return text ? text_printable(text, strlen(text)) : calloc(1, 1);
}

const struct caller *callers_find(struct callers *callers, uint64_t return_address)
{
    struct caller *place = &callers->kept[return_address / 2 % CALLERS];
    struct symbols_location location = {0};

    if (place->function && place->file && place->return_address == return_address) {
        return place;
    }
    if (callers->symbols) {
        /* What follows a call that does not return may be another function. */
        symbols_find(callers->symbols, return_address - 1, &location);
    }
    free(place->function);
    free(place->file);
    *place = (struct caller){
        .return_address = return_address,
        .function = copy(location.function),
        .file = copy(location.file),
        .line = location.line,
    };
    return place->function && place->file ? place : NULL;
}

char *callers_describe(struct callers *callers, uint64_t return_address)
{
    const struct caller *caller = callers_find(callers, return_address);
    char *text;
    int length;

    if (!caller) {
        return NULL;
    }
    if (!*caller->function) {
        length = asprintf(&text, "0x%" PRIx64, return_address);
    } else if (!*caller->file) {
        length = asprintf(&text, "%s", caller->function);
    } else {
        length = asprintf(&text, "%s (%s:%u)", caller->function, caller->file, caller->line);
    }
    return length < 0 ? NULL : text;
}

json_t *callers_json(struct callers *callers, uint64_t return_address)
{
    const struct caller *caller = callers_find(callers, return_address);
    json_t *object = json_pack("{s:o}", "return_address", json_hexadecimal(return_address));

    if (caller && *caller->function) {
        json_object_set_new(object, "function", json_string(caller->function));
    }
    if (caller && *caller->file) {
        json_object_set_new(object, "file", json_string(caller->file));
        json_object_set_new(object, "line", json_integer(caller->line));
    }
    return object;
}

void callers_free(struct callers *callers)
{
    for (unsigned i = 0; i < CALLERS; i++) {
        free(callers->kept[i].function);
        free(callers->kept[i].file);
    }
    *callers = (struct callers){0};
}
