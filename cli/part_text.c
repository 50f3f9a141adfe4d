/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "part_text.h"

#include "json_list.h"
#include "text.h"

#include <stdbool.h>
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

/* Without what commands terminals, since a part may be a stranger's; reports have several lines. */
static char *tame(const char *text)
{
    char *tamed = NULL;
    size_t size;
    FILE *out = open_memstream(&tamed, &size);
    bool failed = !out;

    while (!failed) {
        size_t length = strcspn(text, "\n");
        char *line = text_printable(text, length);

        failed = !line;
        fputs(line ? line : "", out);
        free(line);
        if (!text[length]) {
            break;
        }
        fputc('\n', out);
        text += length + 1;
    }
    if (out && (fclose(out) == EOF || failed)) {
        free(tamed);
        tamed = NULL;
    }
    return tamed;
}

static char *replace(const char *message, const char *there, const char *here)
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
    return text;
}

char *part_text_here(const char *message, const char *there, const char *here)
{
    char *tamed = tame(message), *directory = tame(there);
    char *text = tamed && directory ? replace(tamed, directory, here) : NULL;

    free(tamed);
    free(directory);
    return text;
}
