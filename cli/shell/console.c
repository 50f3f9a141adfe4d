/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console.h"

#include "words.h"

#include "cli/text.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    uint64_t position;
    char *text;
};

struct lines {
    regex_t regex;
    bool all; /* there is no regex */
    struct line *list;
    size_t count;
    bool failed; /* for want of memory */
};

static bool add_line(void *opaque, uint64_t position, const char *text)
{
    struct lines *lines = opaque;
    struct line *list;

    if (!lines->all && regexec(&lines->regex, text, 0, NULL, 0) != 0) {
        return true;
    }
    list = realloc(lines->list, (lines->count + 1) * sizeof(*list));
    if (list) {
        lines->list = list;
        list[lines->count] = (struct line){position, strdup(text)};
        lines->failed = !list[lines->count].text;
        lines->count += !lines->failed;
    }
    lines->failed |= !list;
    return !lines->failed;
}

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->list[i].text);
    }
    free(lines->list);
}

static int compile(struct lines *lines, char *pattern, struct ebb_error *error)
{
    size_t length = strlen(pattern);
    char why[200];
    int failure;

    if (length > 1 && pattern[0] == '/' && pattern[length - 1] == '/') {
        pattern[length - 1] = '\0';
        pattern++;
    }
    failure = regcomp(&lines->regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (failure) {
        regerror(failure, &lines->regex, why, sizeof(why));
        return ebb_fail(error, EBB_ERROR_USAGE, "\"%.60s\" is no regular expression: %s", pattern,
                        why);
    }
    return 0;
}

/* All lines, or those that match; to be freed also after an error. */
static int read_lines(struct shell *shell, struct lines *lines, char *pattern,
                      struct ebb_error *error)
{
    int status;

    *lines = (struct lines){.all = !*pattern};
    if (!lines->all && compile(lines, pattern, error) < 0) {
        return -1;
    }
    status = shell->served.console(shell->served.opaque, timeline_log(shell->timeline), 0,
                                   UINT64_MAX, add_line, lines, error);
    if (!lines->all) {
        regfree(&lines->regex);
    }
    return lines->failed ? ebb_fail_memory(error) : status;
}

static void print_lines(const struct lines *lines, uint64_t here)
{
    size_t last = SIZE_MAX;

    for (size_t i = 0; i < lines->count; i++) {
        last = lines->list[i].position <= here ? i : last;
    }
    for (size_t i = 0; i < lines->count; i++) {
        char position[TEXT_NUMBER_SIZE];

        printf("%c%18s  %s\n", i == last ? '>' : ' ', text_count(position, lines->list[i].position),
               lines->list[i].text);
    }
}

int console_run(struct shell *shell, char *argument, struct ebb_error *error)
{
    struct lines lines;
    int status = read_lines(shell, &lines, argument, error);

    if (status == 0) {
        print_lines(&lines, timeline_position(shell->timeline));
        if (!lines.count) {
            printf("%s\n",
                   lines.all ? "The guest wrote nothing." : "The guest wrote no such line.");
        }
    }
    free_lines(&lines);
    return status;
}

int console_find(struct shell *shell, char *pattern, uint64_t *position, struct ebb_error *error)
{
    struct lines lines;
    int status = read_lines(shell, &lines, pattern, error);
    size_t next = 0;

    if (status == 0 && !lines.count) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "the guest wrote no such line");
    }
    if (status == 0) {
        while (next < lines.count &&
               lines.list[next].position <= timeline_position(shell->timeline)) {
            next++;
        }
        if (next == lines.count) {
            printf("No such line follows; from the beginning again:\n");
            next = 0;
        }
        *position = lines.list[next].position;
    }
    free_lines(&lines);
    return status;
}
