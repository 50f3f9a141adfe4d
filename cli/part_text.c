/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "part_text.h"

#include "json_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *part_text(const char *message)
{
    json_t *text = json_string(message);

    return text ? text
                : json_printable(message, strlen(message)); /* names of files may be anything */
}

/* The next name of a file in the directory, or NULL. */
static const char *find_file(const char *message, const char *directory)
{
    size_t length = strlen(directory);
    const char *found = length ? strstr(message, directory) : NULL;

    while (found && found[length] != '/') {
        found = strstr(found + 1, directory);
    }
    return found;
}

/* Takes out what commands terminals: a part may be a stranger's. */
static void tame(char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7f) {
            *text = '?';
        }
    }
}

char *part_text_here(const char *message, const char *there, const char *here)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *file;

    if (!out) {
        return NULL;
    }
    while ((file = find_file(message, there))) {
        fprintf(out, "%.*s%s", (int)(file - message), message, here);
        message = file + strlen(there);
    }
    fputs(message, out);
    if (fclose(out) == EOF) {
        free(text);
        return NULL;
    }
    tame(text);
    return text;
}
