/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "functions.h"

#include <stdlib.h>
#include <string.h>

/* How many have lower addresses. */
static size_t count_below(const struct functions *functions, uint64_t address)
{
    size_t begin = 0, end = functions->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (functions->list[middle].address < address) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

static int add(struct functions *functions, uint64_t address, const char *name,
               struct ebb_error *error)
{
    size_t at = count_below(functions, address);
    struct function *list;
    char *copy;

    if (functions_at(functions, address)) {
        return 0;
    }
    list = realloc(functions->list, (functions->count + 1) * sizeof(*list));
    copy = list ? strdup(name) : NULL;
    functions->list = list ? list : functions->list;
    if (!copy) {
        return ebb_fail_memory(error);
    }
    memmove(&list[at + 1], &list[at], (functions->count - at) * sizeof(*list));
    list[at] = (struct function){.address = address, .name = copy};
    functions->count++;
    return 0;
}

static int add_named(struct functions *functions, struct question *question, const char *name,
                     struct ebb_error *error)
{
    uint64_t next = 0, address;
    const char *found;

    while ((found = symbols_function(question->symbols, name, &next, &address))) {
        if (add(functions, address + symbols_offset(question->symbols), found, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* An address; what is there is named if it is a function's beginning. */
static int add_place(struct functions *functions, struct question *question, const char *text,
                     struct ebb_error *error)
{
    struct symbols_location location = {0};
    uint64_t address;

    if (question_code(question, text, &address, error) < 0) {
        return -1;
    }
    if (question->symbols) {
        symbols_find(question->symbols, address, &location);
    }
    return add(functions, address,
               location.function && location.offset == 0 ? location.function : "", error);
}

/* The linker keeps no symbol of a function of which every call was inlined. */
static int explain(struct question *question, const char *text, struct ebb_error *error)
{
    uint64_t address;

    if (question->symbols && symbols_lookup(question->symbols, text, &address)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.60s\" is data; of what is not executed there "
                        "are accesses only (ebb accesses, ebb count "
                        "--read --write)",
                        text);
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "%s has no function \"%.60s\"; a function that the compiler has inlined "
                    "everywhere has no calls",
                    question->symbol_file, text);
}

int functions_find(struct functions *functions, struct question *question, const char *text,
                   struct ebb_error *error)
{
    *functions = (struct functions){0};
    if (question->symbols && add_named(functions, question, text, error) < 0) {
        return -1;
    }
    if (functions->count > 0) {
        return 0;
    }
    if (question->symbols && !strpbrk(text, "+-,") && (text[0] < '0' || text[0] > '9')) {
        return explain(question, text, error);
    }
    return add_place(functions, question, text, error);
}

const struct function *functions_at(const struct functions *functions, uint64_t address)
{
    size_t at = count_below(functions, address);

    return at < functions->count && functions->list[at].address == address ? &functions->list[at]
                                                                           : NULL;
}

int functions_break(const struct functions *functions, struct question *question,
                    struct ebb_error *error)
{
    for (size_t i = 0; i < functions->count; i++) {
        if (timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE,
                                    functions->list[i].address, 0, error) < 0) {
            return -1;
        }
    }
    return 0;
}

void functions_free(struct functions *functions)
{
    for (size_t i = 0; i < functions->count; i++) {
        free(functions->list[i].name);
    }
    free(functions->list);
    *functions = (struct functions){0};
}
