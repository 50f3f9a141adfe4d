/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbols.h"

#include "reader_process.h"
#include "symbol_question.h"
#include "symbol_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbols {
    struct reader_process reader;
    bool wide;
    uint64_t offset; /* a guest's address less the file's */
    struct symbol_answer answer;
};

/* What is a text only if the reader is what it should be. */
static void check_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (size_t i = 0; text[i]; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}

static void receive_answer(struct symbols *symbols)
{
    struct symbol_answer *answer = &symbols->answer;

    if (!reader_process_receive(&symbols->reader, answer, sizeof(*answer))) {
        memset(answer, 0, sizeof(*answer));
    }
    check_text(answer->function, sizeof(answer->function));
    check_text(answer->file, sizeof(answer->file));
    check_text(answer->problem, sizeof(answer->problem));
}

static void serve(const void *path, int socket)
{
    symbol_reader_serve(path, socket);
}

static int start_reader(struct symbols *symbols, const char *path, struct ebb_error *error)
{
    const char *lost;

    if (reader_process_start(&symbols->reader, serve, path)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols: %s", strerror(errno));
    }
    receive_answer(symbols);
    lost = symbols->reader.lost;
    if (lost || symbols->answer.failed) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols from %s: %s", path,
                        lost ? lost : symbols->answer.problem);
    }
    symbols->wide = symbols->answer.wide;
    return 0;
}

struct symbols *symbols_open(const char *path, struct ebb_error *error)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));

    if (!symbols) {
        ebb_fail_memory(error);
        return NULL;
    }
    if (start_reader(symbols, path, error)) {
        symbols_close(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols) {
        reader_process_end(&symbols->reader);
        free(symbols);
    }
}

/* Leaves an empty answer if there are none any more. */
static const struct symbol_answer *ask(struct symbols *symbols,
                                       const struct symbol_question *question)
{
    reader_process_send(&symbols->reader, question, sizeof(*question));
    receive_answer(symbols);
    return &symbols->answer;
}

bool symbols_are_wide(const struct symbols *symbols)
{
    return symbols->wide;
}

bool symbols_lookup(struct symbols *symbols, const char *name, uint64_t *address)
{
    struct symbol_question question = {.kind = SYMBOLS_LOOKUP};
    const struct symbol_answer *answer;

    if (strlen(name) >= sizeof(question.name)) {
        return false;
    }
    strcpy(question.name, name);
    answer = ask(symbols, &question);
    if (answer->found) {
        *address = answer->value;
    }
    return answer->found;
}

const char *symbols_complete(struct symbols *symbols, const char *begin, uint64_t *next)
{
    struct symbol_question question = {.kind = SYMBOLS_COMPLETE, .address = *next};
    const struct symbol_answer *answer;

    if (strlen(begin) >= sizeof(question.name)) {
        return NULL;
    }
    strcpy(question.name, begin);
    answer = ask(symbols, &question);
    /* Who asks on and on must come to an end, whatever the reader answers. */
    if (!answer->found || answer->value <= *next) {
        return NULL;
    }
    *next = answer->value;
    return answer->function;
}

const char *symbols_function(struct symbols *symbols, const char *name, uint64_t *next,
                             uint64_t *address)
{
    struct symbol_question question = {.kind = SYMBOLS_FUNCTION, .address = *next};
    const struct symbol_answer *answer;

    if (strlen(name) >= sizeof(question.name)) {
        return NULL;
    }
    strcpy(question.name, name);
    answer = ask(symbols, &question);
    if (!answer->found || answer->value <= *next) {
        return NULL;
    }
    *next = answer->value;
    *address = answer->offset;
    return answer->function;
}

bool symbols_has_code_at(struct symbols *symbols, uint64_t address)
{
    const struct symbol_question question = {.kind = SYMBOLS_CODE_AT, .address = address};

    return ask(symbols, &question)->found;
}

size_t symbols_read(struct symbols *symbols, uint64_t address, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        struct symbol_question question = {.kind = SYMBOLS_READ, .address = address + done};
        const struct symbol_answer *answer;

        question.size =
            (uint32_t)(size - done < sizeof(answer->data) ? size - done : sizeof(answer->data));
        answer = ask(symbols, &question);
        if (answer->size == 0 || answer->size > question.size) {
            break;
        }
        memcpy((char *)buffer + done, answer->data, answer->size);
        done += answer->size;
        if (answer->size < question.size) {
            break;
        }
    }
    return done;
}

bool symbols_code(struct symbols *symbols, uint64_t i, uint64_t *address, uint64_t *size)
{
    const struct symbol_question question = {.kind = SYMBOLS_CODE, .address = i};
    const struct symbol_answer *answer = ask(symbols, &question);

    *address = answer->value + symbols->offset;
    *size = answer->offset > UINT32_MAX ? UINT32_MAX : answer->offset;
    /* Who asks on and on must come to an end, whatever the reader answers. */
    return answer->found && i < UINT16_MAX;
}

void symbols_move(struct symbols *symbols, uint64_t offset)
{
    symbols->offset = offset;
}

uint64_t symbols_offset(const struct symbols *symbols)
{
    return symbols->offset;
}

char symbols_code_kind(struct symbols *symbols, uint64_t address)
{
    const struct symbol_question question = {.kind = SYMBOLS_CODE_KIND,
                                             .address = address - symbols->offset};

    return (char)ask(symbols, &question)->value;
}

void symbols_find(struct symbols *symbols, uint64_t address, struct symbols_location *location)
{
    const struct symbol_question question = {.kind = SYMBOLS_FIND,
                                             .address = address - symbols->offset};
    const struct symbol_answer *answer = ask(symbols, &question);

    *location = (struct symbols_location){0};
    if (answer->function[0]) {
        location->function = answer->function;
        location->offset = answer->offset;
    }
    if (answer->file[0]) {
        location->file = answer->file;
        location->line = answer->line;
    }
}

void symbols_describe(struct symbols *symbols, uint64_t address, char *buffer, size_t size)
{
    struct symbols_location location;
    int used = 0;

    symbols_find(symbols, address, &location);
    buffer[0] = '\0';
    if (symbols->reader.lost) {
        snprintf(buffer, size, "(symbols are lost: %s)", symbols->reader.lost);
    }
    if (location.function) {
        used = snprintf(buffer, size, "%s+0x%llx", location.function,
                        (unsigned long long)location.offset);
    }
    if (location.file && location.line && used >= 0 && (size_t)used < size) {
        snprintf(buffer + used, size - (size_t)used, "%s(%s:%u)", used ? " " : "", location.file,
                 location.line);
    }
}
