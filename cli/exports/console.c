/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export console: what the guest printed, as text. */
#include "exports.h"

#include "cli/console_lines.h"
#include "cli/progress.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

static int print_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    FILE *file = opaque;
    char *text = text_printable(line->bytes, line->length);

    if (!text) {
        return ebb_fail_memory(error);
    }
    if (progress_is_interrupted()) {
        free(text);
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    fprintf(file, "%15" PRIu64 "  %s\n", line->position, text);
    free(text);
    return ferror(file) != 0;
}

static int write_console(struct question *question, FILE *file, struct ebb_error *error)
{
    return console_lines_visit(question->recording.log, question->recording.manifest,
                               question->scan.from, question->scan.to - 1, print_line, file, error);
}

const struct export_format export_console = {
    .name = "console",
    .summary = "what the guest printed, as text, each line with its position",
    .write = write_console,
};
