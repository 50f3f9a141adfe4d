/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include "bookmarks.h"
#include "guest_markers.h"
#include "positions.h"
#include "table.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More symbols help nobody, and the file that has them may be a stranger's. */
enum { SYMBOLS_MAX = 10000 };

/* A list of words: number i, NULL behind the last. */
typedef const char *(*word_list)(const struct shell *shell, unsigned i);

/* A name that begins so: number i, NULL behind the last. */
typedef char *(*name_list)(const struct shell *shell, const char *begun, unsigned i);

static const char *command_name(const struct shell *shell, unsigned i)
{
    const struct shell_command *command = table_command(i);

    (void)shell;
    return command ? command->name : NULL;
}

static const char *position_word(const struct shell *shell, unsigned i)
{
    (void)shell;
    return positions_word(i);
}

static const char *register_name(const struct shell *shell, unsigned i)
{
    return i < shell->registers.count    ? shell->registers.list[i].name
           : i == shell->registers.count ? "all"
                                         : NULL;
}

static const char *bookmark_word(const struct shell *shell, unsigned i)
{
    static const char *const list[] = {"add", "list", "go", "delete"};

    (void)shell;
    return i < sizeof(list) / sizeof(list[0]) ? list[i] : NULL;
}

static const char *first_word(const struct shell *shell, unsigned i)
{
    static const char *const list[] = {"-scan", "-from", "-to"};

    (void)shell;
    return i < sizeof(list) / sizeof(list[0]) ? list[i] : NULL;
}

static const struct {
    const char *before; /* the line up to the word: the command and what follows */
    word_list list;
    name_list names; /* if there is no list */
} choices[] = {
    {"", command_name, NULL},
    {"help ", command_name, NULL},
    {"goto ", position_word, NULL},
    {"seek ", position_word, NULL},
    {"goto bookmark ", NULL, bookmarks_complete},
    {"goto marker ", NULL, guest_markers_complete},
    {"seek bookmark ", NULL, bookmarks_complete},
    {"seek marker ", NULL, guest_markers_complete},
    {"bookmark ", bookmark_word, NULL},
    {"bookmark go ", NULL, bookmarks_complete},
    {"bookmark delete ", NULL, bookmarks_complete},
    {"first ", first_word, NULL},
};

static char *choose(const struct shell *shell, word_list list, const char *begun, unsigned i)
{
    const char *word;

    for (unsigned number = 0; (word = list(shell, number)); number++) {
        if (strncmp(word, begun, strlen(begun)) == 0 && i-- == 0) {
            return strdup(word);
        }
    }
    return NULL;
}

/* $sp */
static char *choose_register(const struct shell *shell, const char *begun, unsigned i)
{
    char *name = choose(shell, register_name, begun + 1, i), *word = NULL;

    if (name && (word = malloc(strlen(name) + 2))) {
        word[0] = '$';
        strcpy(word + 1, name);
    }
    free(name);
    return word;
}

/* Commands whose words are addresses. */
static bool takes_address(const char *before)
{
    static const char *const names[] = {"x ",   "disassemble ", "symbol ", "last ", "next ",
                                        "nth ", "count ",       "calls ",  "first "};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(before, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* With what stands before it in the word, as the & of *(int *)&total. */
static char *choose_symbol(const struct shell *shell, struct completion *completion,
                           const char *begun, unsigned i)
{
    const char *ampersand = strrchr(begun, '&'), *begin = ampersand ? ampersand + 1 : begun, *name;
    char *word = NULL;

    completion->symbol = i ? completion->symbol : 0;
    if (!shell->symbols || !*begin || i >= SYMBOLS_MAX) {
        return NULL;
    }
    name = symbols_complete(shell->symbols, begin, &completion->symbol);
    return name && asprintf(&word, "%.*s%s", (int)(begin - begun), begun, name) < 0 ? NULL : word;
}

char *completion_choice(const struct shell *shell, struct completion *completion,
                        const char *before, const char *begun, unsigned i)
{
    if (begun[0] == '$') {
        return choose_register(shell, begun, i);
    }
    if (strncmp(before, "registers ", strlen("registers ")) == 0) {
        return choose(shell, register_name, begun, i);
    }
    if (takes_address(before) && begun[0] != '-') {
        return choose_symbol(shell, completion, begun, i);
    }
    for (size_t number = 0; number < sizeof(choices) / sizeof(choices[0]); number++) {
        if (strcmp(before, choices[number].before) == 0) {
            return choices[number].list ? choose(shell, choices[number].list, begun, i)
                                        : choices[number].names(shell, begun, i);
        }
    }
    return NULL;
}
