/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb console: what the guest printed, each line with its position. */
#include "commands.h"
#include "console_and_markers.h"
#include "json_list.h"
#include "recording.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct printer {
    const struct recording *recording;
    bool json;
    struct json_list list;
};

static int print_json(struct printer *printer, const struct console_line *line,
                      struct ebb_error *error)
{
    bool has_number = line->console < printer->recording->manifest->console_count;

    return json_list_add(
        &printer->list,
        json_pack("{s:o, s:o, s:o}", recording_place_name(printer->recording),
                  json_unsigned(line->position), "console",
                  has_number ? json_integer((json_int_t)line->console) : json_null(), "text",
                  json_printable(line->bytes, line->length)),
        error);
}

static int print_marker(struct printer *printer, const struct console_line *marker,
                        struct ebb_error *error)
{
    char place[RECORDING_PLACE_SIZE];

    if (printer->json) {
        return json_list_add(&printer->list,
                             json_pack("{s:o, s:n, s:o}", recording_place_name(printer->recording),
                                       json_unsigned(marker->position), "console", "marker",
                                       json_printable(marker->marker, strlen(marker->marker))),
                             error);
    }
    printf("%15s  [marker %s]\n", recording_place(printer->recording, marker->position, place),
           marker->marker);
    return 0;
}

static int print_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct printer *printer = opaque;
    char *text, place[RECORDING_PLACE_SIZE];

    if (line->marker) {
        return print_marker(printer, line, error);
    }
    if (printer->json) {
        return print_json(printer, line, error) < 0 ? -1 : ferror(stdout) != 0;
    }
    text = text_printable(line->bytes, line->length);
    if (!text) {
        return ebb_fail_memory(error);
    }
    printf("%15s  %s\n", recording_place(printer->recording, line->position, place), text);
    free(text);
    return ferror(stdout) != 0;
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
        if (printer.json) {
            json_list_begin(&printer.list, stdout);
        }
        status = console_and_markers_visit(recording.log, recording.manifest, 0, UINT64_MAX,
                                           print_line, &printer, error);
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
        "--at, or to \"ebb goto\" in gdb, to look at the guest there. Bytes that are no "
        "printable text are shown as \\xNN. Between the lines stand the guest's markers, as "
        "[marker NAME]; in JSON these have a member marker in the place of text.\n\n"
        "Of a recording made under KVM that has not been resolved yet only counts are known; they "
        "are printed with a tilde before them, and as count in JSON.",
    .examples = "# where was the first warning?\nebb console | grep -m1 -i warning\n",
    .options = options,
    .run = run,
};
