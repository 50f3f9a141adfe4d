/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb accesses: every access to a piece of memory. */
#include "question.h"
#include "questions.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define LENGTH_BY_DEFAULT 4 /* bytes: as of the accesses in ebb shell */
#define LENGTH_MAX (1u << 20)

enum { ACCESSES_WRITE = QUESTION_OWN, ACCESSES_READ, ACCESSES_PHYSICAL };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [ACCESSES_WRITE] = {"write", 'w', NULL, "Prints writes only."},
    [ACCESSES_READ] = {"read", 'r', NULL, "Prints reads only."},
    [ACCESSES_PHYSICAL] = {"physical", 'p', NULL,
                           "The address is a physical one: accesses by whatever virtual address "
                           "are printed."},
    {0},
};

static const char *who(const struct timeline_row *row)
{
    return row->by_reset ? "reset" : row->by_device ? "device" : "cpu";
}

/* A number if the bytes are one of the CPU's sizes, else the bytes; of little-endian data. */
static char *value(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    char *text;

    if (!bytes) {
        return calloc(1, 1);
    }
    if (size > 8 || size & (size - 1)) {
        return text_hex(bytes, size, size);
    }
    for (size_t i = size; i > 0; i--) {
        number = number << 8 | bytes[i - 1];
    }
    return asprintf(&text, "0x%0*" PRIx64, (int)size * 2, number) < 0 ? NULL : text;
}

static int print(struct question *question, const struct timeline_row *row, struct ebb_error *error)
{
    char *before = value(row->before, row->data_size), *after = value(row->after, row->data_size);
    const char *where = locations_find(&question->locations, row->pc);
    bool complete = before && after && where;

    if (complete) {
        printf("%15" PRIu64 " %-5s by %-6s 0x%" PRIx64 ",%" PRIu64 " ", row->position,
               row->write ? "write" : "read", who(row), row->data_address, row->data_length);
        printf(row->write && row->before ? "%s -> %s" : "%s%.0s", before, after);
        printf(*where ? " at 0x%" PRIx64 " %s\n" : " at 0x%" PRIx64 "\n", row->pc, where);
    }
    free(before);
    free(after);
    return complete ? 0 : ebb_fail_memory(error);
}

static json_t *describe(struct question *question, const struct timeline_row *row)
{
    char *before = value(row->before, row->data_size), *after = value(row->after, row->data_size);
    const char *where = locations_find(&question->locations, row->pc);
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "position", json_unsigned(row->position),
                  "access", row->write ? "write" : "read", "by", who(row), "address",
                  json_hexadecimal(row->data_address), "length", json_unsigned(row->data_length),
                  "pc", json_hexadecimal(row->pc));

    if (row->before) {
        json_object_set_new(object, "before", json_string(before ? before : ""));
        json_object_set_new(object, "after", json_string(after ? after : ""));
    }
    if (where && *where) {
        json_object_set_new(object, "location", json_string(where));
    }
    free(before);
    free(after);
    return object;
}

static enum timeline_breakpoint_kind choose_kind(const struct arguments *arguments)
{
    bool write = arguments->values[ACCESSES_WRITE], read = arguments->values[ACCESSES_READ];

    if (arguments->values[ACCESSES_PHYSICAL]) {
        return write == read ? TIMELINE_WATCH_PHYSICAL_ACCESS
               : write       ? TIMELINE_WATCH_PHYSICAL_WRITE
                             : TIMELINE_WATCH_PHYSICAL_READ;
    }
    return write == read ? TIMELINE_WATCH_ACCESS
           : write       ? TIMELINE_WATCH_WRITE
                         : TIMELINE_WATCH_READ;
}

static int watch(struct question *question, struct ebb_error *error)
{
    uint64_t address, length = LENGTH_BY_DEFAULT;

    if (question_place(question, question_operand(question), &address, &length, error) < 0) {
        return -1;
    }
    if (length > LENGTH_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%" PRIu64 " bytes are too many to look at; %u is the most", length,
                        LENGTH_MAX);
    }
    return timeline_add_breakpoint(question->timeline, choose_kind(question->arguments), address,
                                   length, error);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question = {
        .scan = {.data = true},
        .print = print,
        .describe = describe,
    };
    int status = -1;

    if (question_open(&question, arguments, error) == 0 && watch(&question, error) == 0) {
        status = question_ask(&question, error);
    }
    question_close(&question);
    return status;
}

const struct command command_accesses = {
    .name = "accesses",
    .summary = "prints every access to a piece of memory",
    .operands = "[RECORDING] ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description =
        "Replays the recording once, on several workers, and prints each read and write of the "
        "memory: position, who made it (the CPU, a device, a reset), which of the bytes, what was "
        "there before and after, and the code. ADDRESS is a number or a symbol, with +N or -N "
        "behind it; LENGTH is in bytes, 4 by default.\n\n"
        "A virtual address is that of whoever runs: where several programs have something there, "
        "all of it is printed.",
    .examples = "ebb accesses ebb-recording-3 jiffies --write --limit 20\n"
                "ebb accesses ebb-recording-3 0x40080000,16 --physical --json\n",
    .options = options,
    .run = run,
};
