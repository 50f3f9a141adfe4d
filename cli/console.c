/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb console: what the guest printed, each line with its position. */
#include "commands.h"
#include "json_list.h"
#include "recording.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536u /* a longer line is printed in pieces */

/* A line in the making; one for each console, and one for text that came by other means. */
struct line {
    uint64_t position; /* of its first character */
    size_t length;
    char *bytes; /* LINE_MAX_BYTES */
};

struct printer {
    const struct recording *recording;
    const struct manifest *manifest;
    struct line lines[MANIFEST_MAX_CONSOLES + 1];
    bool json;
    struct json_list list;
};

static int print_line(struct printer *printer, size_t number, struct ebb_error *error)
{
    struct line *line = &printer->lines[number];
    size_t length = line->length;
    char *text, place[RECORDING_PLACE_SIZE];

    line->length = 0;
    while (length > 0 && line->bytes[length - 1] == '\r') {
        length--;
    }
    if (printer->json) {
        return json_list_add(&printer->list,
                             json_pack("{s:o, s:o, s:o}", recording_place_name(printer->recording),
                                       json_unsigned(line->position), "console",
                                       number < printer->manifest->console_count
                                           ? json_integer((json_int_t)number)
                                           : json_null(),
                                       "text", json_printable(line->bytes, length)),
                             error);
    }
    text = text_printable(line->bytes, length);
    if (!text) {
        return ebb_fail_memory(error);
    }
    printf("%15s  %s\n", recording_place(printer->recording, line->position, place), text);
    free(text);
    return 0;
}

static int add_character(struct printer *printer, size_t number, uint64_t position, char character,
                         struct ebb_error *error)
{
    struct line *line = &printer->lines[number];

    if (!line->bytes && !(line->bytes = malloc(LINE_MAX_BYTES))) {
        return ebb_fail_memory(error);
    }
    if (line->length == 0) {
        line->position = position;
    }
    if (character == '\n') {
        return print_line(printer, number, error);
    }
    line->bytes[line->length++] = character;
    return line->length == LINE_MAX_BYTES ? print_line(printer, number, error) : 0;
}

static int add_event(struct printer *printer, const struct ebb_event *event,
                     struct ebb_error *error)
{
    if (event->kind == EBB_EVENT_MMIO_WRITE && !(event->flags & EBB_EVENT_FAILED)) {
        for (size_t i = 0; i < printer->manifest->console_count; i++) {
            if (event->address == printer->manifest->consoles[i].address) {
                return add_character(printer, i, event->position, (char)event->value, error);
            }
        }
    } else if (event->kind == EBB_EVENT_CONSOLE) {
        for (uint32_t i = 0; i < event->data_length; i++) {
            if (add_character(printer, printer->manifest->console_count, event->position,
                              (char)event->data[i], error) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int print_log(const struct recording *recording, struct printer *printer,
                     struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(recording->log, error);
    struct ebb_event event;
    int result = -1;

    while (cursor && (result = ebb_cursor_next(cursor, &event, error)) > 0 && !ferror(stdout)) {
        if (add_event(printer, &event, error) < 0) {
            result = -1;
            break;
        }
    }
    ebb_cursor_free(cursor);
    for (size_t i = 0; i <= printer->manifest->console_count; i++) {
        if (result == 0 && printer->lines[i].length > 0) {
            result = print_line(printer, i, error);
        }
        free(printer->lines[i].bytes);
    }
    return result < 0 ? -1 : 0;
}

enum { CONSOLE_JSON };

static const struct option_spec options[] = {
    [CONSOLE_JSON] = {"json", 0, NULL,
                      "Prints a JSON array, one line of it for each line of the console."},
    {0},
};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct printer printer = {.json = arguments->values[CONSOLE_JSON] != NULL};
    struct recording recording;
    int status = -1;

    if (recording_open(&recording, arguments, error) == 0) {
        printer.recording = &recording;
        printer.manifest = recording.manifest;
        if (printer.json) {
            json_list_begin(&printer.list, stdout);
        }
        status = print_log(&recording, &printer, error);
        if (printer.json) {
            json_list_end(&printer.list);
        }
    }
    recording_close(&recording);
    return status;
}

const struct command command_console = {
    .name = "console",
    .summary = "prints the guest's console output with positions",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Prints what the guest wrote to its serial ports and through semihosting. Before each "
        "line stands the position at which the guest began to write it; give it to ebb replay "
        "--at, or to \"ebb seek\" in gdb, to look at the guest there. Bytes that are no "
        "printable text are shown as \\xNN.\n\n"
        "Of a recording made under KVM that has not been resolved yet only counts are known; they "
        "are printed with a tilde before them, and as count in JSON.",
    .examples = "# where was the first warning?\nebb console | grep -m1 -i warning\n",
    .options = options,
    .run = run,
};
