/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb record with --until: whether the guest failed, and, with --repeat, another run if not. */
#ifndef EBB_CLI_RECORD_REPEAT_H
#define EBB_CLI_RECORD_REPEAT_H

#include "record_settings.h"
#include "recording.h"

/* How one run of the guest ended; strings are the owner's to free. */
struct run_end {
    bool asked;      /* -help and its like: there was no guest */
    bool stopped;    /* a signal has asked for an end */
    char *directory; /* of its recording; NULL: there is none */
    struct recording_directory made;
    char *reason;    /* "power-off"; NULL: nothing was recorded */
    char *condition; /* of --until, that ended it; NULL: none did */
    char *line;      /* of the console, that met the condition; NULL: it was none */
};

void run_end_clear(struct run_end *end);

/* Records the guest once; returns 0, or -1 if it could not be recorded. */
typedef int (*record_once)(void *opaque, unsigned long long run, struct run_end *end,
                           struct ebb_error *error);

/*
 * Runs the guest as often as the settings say, or until it fails. Returns 0 if it did; else -1 with
 * EBB_ERROR_UNMET, or another error. The caller has blocked the signals that stop it
 * (stop_signals.h), so that what is recorded is kept or removed whenever they come.
 */
int record_repeat(const struct record_settings *settings, record_once once, void *opaque,
                  struct ebb_error *error);

#endif
