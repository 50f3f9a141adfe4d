/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program's command line while it is put together, and what the user should know about it. */
#ifndef EBB_CLI_ARGUMENT_LIST_H
#define EBB_CLI_ARGUMENT_LIST_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>

struct argument_list {
    char **words; /* NULL-terminated, once there is one */
    size_t count;
    char **notes; /* sentences without full stop */
    size_t note_count;
    bool failed; /* memory ran out; nothing is added any more */
};

/* Append a copy, or formatted text. */
void argument_add(struct argument_list *list, const char *word);
void argument_format(struct argument_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void argument_note(struct argument_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* -1 with *error if memory ran out at any time before. */
int argument_list_check(const struct argument_list *list, struct ebb_error *error);

/* Frees what the list holds and makes it empty. */
void argument_list_clear(struct argument_list *list);

#endif
