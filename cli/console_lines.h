/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of a recording's consoles: those that it names, and text that came by other means. */
#ifndef EBB_CLI_CONSOLE_LINES_H
#define EBB_CLI_CONSOLE_LINES_H

#include "log/reader.h"
#include "manifest.h"

#include <stdio.h>

struct console_line {
    uint64_t position; /* at which its first character was written */
    size_t console;    /* number in the manifest; manifest.console_count: by other means */
    const char *bytes; /* without its end, and not terminated */
    size_t length;
    const char *marker; /* its name; NULL: it is none, but a line (console_and_markers.h) */
};

/* Calls visit for each line that begins at a position between from and to, in the order of their
 * ends; longer ones than 64 KiB come in pieces. The log is read until no more can come. visit
 * returns 0 to go on, 1 to end, or -1. Returns 0, or -1. */
typedef int (*console_visit)(void *opaque, const struct console_line *line,
                             struct ebb_error *error);
int console_lines_visit(const struct ebb_log *log, const struct manifest *manifest, uint64_t from,
                        uint64_t to, console_visit visit, void *opaque, struct ebb_error *error);

#endif
