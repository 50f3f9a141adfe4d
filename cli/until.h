/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The conditions of ebb record --until: as words of the command line, and as what ended a recording
 * (manifest.h).
 */
#ifndef EBB_CLI_UNTIL_H
#define EBB_CLI_UNTIL_H

#include "log/reader.h"
#include "manifest.h"

/* Is the text a condition? Returns 0, or -1. */
int until_check(const char *text, struct ebb_error *error);

/* True if a run that this condition ends has passed: it is of the form "pass:CONDITION". */
bool until_passes(const char *text);

/* The conditions, one to a line, as the recorder takes them. The caller frees it; NULL: no memory.
 */
char *until_join(const char *const *texts, size_t count);

/*
 * Where the condition was met that ended the recording: right behind the instruction whose event
 * met it, which is the end of most recordings, or that end. With a log of counts it is a count.
 * Returns 1, 0 if no condition did, or -1.
 */
int until_place(const struct manifest *manifest, const struct ebb_log *log, uint64_t *position,
                struct ebb_error *error);

/* "panic: LINE", with what a terminal can have only; the caller frees it; NULL: no memory. */
char *until_describe(const char *condition, const char *line);

#endif
