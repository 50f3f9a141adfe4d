/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "argument_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends text, which then belongs to the strings; NULL means that memory ran out before. */
static void append(struct argument_list *list, char ***strings, size_t *count, char *text)
{
    char **grown = list->failed || !text ? NULL : realloc(*strings, (*count + 2) * sizeof(*grown));

    if (!grown) {
        list->failed = true;
        free(text);
        return;
    }
    grown[(*count)++] = text;
    grown[*count] = NULL;
    *strings = grown;
}

/* NULL without memory. */
static char *print(const char *format, va_list arguments)
{
    char *text;

    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

void argument_add(struct argument_list *list, const char *word)
{
    append(list, &list->words, &list->count, strdup(word));
}

void argument_format(struct argument_list *list, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(list, &list->words, &list->count, print(format, arguments));
    va_end(arguments);
}

void argument_note(struct argument_list *list, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(list, &list->notes, &list->note_count, print(format, arguments));
    va_end(arguments);
}

int argument_list_check(const struct argument_list *list, struct ebb_error *error)
{
    return list->failed ? ebb_fail_memory(error) : 0;
}

void argument_list_clear(struct argument_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->words[i]);
    }
    for (size_t i = 0; i < list->note_count; i++) {
        free(list->notes[i]);
    }
    free(list->words);
    free(list->notes);
    *list = (struct argument_list){0};
}
