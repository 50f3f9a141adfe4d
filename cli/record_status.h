/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the recorder tells while it records: lines of JSON from a pipe, about one a second, the last
 * one with a member "end".
 */
#ifndef EBB_CLI_RECORD_STATUS_H
#define EBB_CLI_RECORD_STATUS_H

#include "log/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define RECORD_STATUS_LINE_MAX 65536

struct record_status {
    json_t *last;    /* NULL: nothing came yet */
    bool live;       /* a progress line is wanted */
    bool line_shown; /* one stands on the terminal */
    bool skipping;   /* inside a line that is too long */
    size_t length;
    char *line; /* RECORD_STATUS_LINE_MAX */
};

int record_status_init(struct record_status *status, bool live, struct ebb_error *error);
void record_status_destroy(struct record_status *status);

/* Reads what is in the pipe. Returns 1, or 0 at its end. */
int record_status_read(struct record_status *status, int fd);

/* Why the recording ended ("power-off"), or NULL: not in good order. */
const char *record_status_end(const struct record_status *status);

/* Removes the progress line from the terminal. */
void record_status_clear(struct record_status *status);

/* The last line in words, without line break. */
void record_status_print(const struct record_status *status, FILE *out);

#endif
