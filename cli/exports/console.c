/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export console: what the guest printed, as text. */
#include "clock_follower.h"
#include "exports.h"

#include "cli/console_and_markers.h"
#include "cli/progress.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

struct printer {
    FILE *file;
    struct clock_follower clock;
};

static int print_time(struct printer *printer, uint64_t position, struct ebb_error *error)
{
    struct clock_time time;
    int status = clock_follower_at(&printer->clock, position, &time, error);

    if (status > 0) {
        fprintf(printer->file, "  %6" PRIu64 ".%09" PRIu64, time.nanoseconds / 1000000000,
                time.nanoseconds % 1000000000);
    } else {
        fprintf(printer->file, "  %16s", "-");
    }
    return status < 0 ? -1 : 0;
}

static int print_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct printer *printer = opaque;
    char *text;

    if (progress_is_interrupted()) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    fprintf(printer->file, "%15" PRIu64, line->position);
    if (print_time(printer, line->position, error)) {
        return -1;
    }
    if (line->marker) {
        fprintf(printer->file, "  [marker %s]\n", line->marker);
        return ferror(printer->file) != 0;
    }
    text = text_printable(line->bytes, line->length);
    if (!text) {
        return ebb_fail_memory(error);
    }
    fprintf(printer->file, "  %s\n", text);
    free(text);
    return ferror(printer->file) != 0;
}

static int write_console(struct question *question, FILE *file, struct ebb_error *error)
{
    const struct recording *recording = &question->recording;
    struct printer printer = {.file = file};
    int status = clock_follower_open(&printer.clock, question, error);

    if (status == 0) {
        status = console_and_markers_visit(recording->log, recording->manifest, question->scan.from,
                                           question->scan.to - 1, print_line, &printer, error);
    }
    clock_follower_close(&printer.clock);
    return status;
}

const struct export_format export_console = {
    .name = "console",
    .summary = "what the guest printed, as text, each line with its position and time",
    .write = write_console,
};
