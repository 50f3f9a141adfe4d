/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export, and the formats that it writes; each is in the file of its name. */
#ifndef EBB_CLI_EXPORTS_EXPORTS_H
#define EBB_CLI_EXPORTS_EXPORTS_H

#include "cli/options.h"
#include "cli/questions/question.h"

#include <stdio.h>

struct export_format {
    const char *name;
    const char *summary; /* for --help: one line, no full stop */
    bool binary;         /* no text: is not written to a terminal */
    /*
     * Writes what is between question->scan.from and .to, which are filled in as the rest of a
     * question is that is open: recording, timeline, symbols. May fill in the rest of the scan, and
     * call question_scan() and the timeline's functions. SIGINT, SIGTERM and SIGHUP are blocked:
     * scans end for them by themselves, and what takes long otherwise looks at
     * progress_is_interrupted() and fails with EBB_ERROR_INTERRUPTED.
     *
     * Returns 0, or -1 after filling *error; what was written is then lost, if it went to a file.
     * Where the file cannot be written (ferror(file)), it ends soon and returns 0: the caller tells
     * that, or not, if it is a pipe that nobody reads any more.
     */
    int (*write)(struct question *question, FILE *file, struct ebb_error *error);
};

extern const struct command command_export;

extern const struct export_format export_console;
extern const struct export_format export_pcap;
extern const struct export_format export_trace;
extern const struct export_format export_tarmac;

#endif
