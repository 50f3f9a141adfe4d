/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: how a function of this project says what went wrong.
 *
 * A fallible function returns 0 (or an object) on success, and -1 (or NULL) after it has filled
 * *error. The message is one sentence for the user: what happened, where, what to do. It carries
 * no trailing full stop or newline. Callers pass it up unchanged or put a prefix before it.
 */
#ifndef EBB_LOG_ERROR_H
#define EBB_LOG_ERROR_H

/* The exit statuses of the commands are these values (docs: ebb(1), EXIT STATUS). */
enum ebb_error_kind {
    EBB_ERROR_NONE = 0,
    EBB_ERROR_FAILED = 1,      /* the work could not be done: I/O, memory, a missing program */
    EBB_ERROR_USAGE = 2,       /* the request itself is wrong */
    EBB_ERROR_DIVERGED = 3,    /* replay and log disagree */
    EBB_ERROR_CORRUPT = 4,     /* a recording's bytes are not what the format allows */
    EBB_ERROR_UNSUPPORTED = 5, /* a guest, machine or recording that cannot be handled */
    EBB_ERROR_INTERRUPTED = 6, /* the user asked to stop */
    EBB_ERROR_UNMET = 7,       /* what was waited for did not happen */
};

struct ebb_error {
    enum ebb_error_kind kind;
    char message[1000];
};

/* Fills *error (which may be NULL) and returns -1, so that `return ebb_fail(...)` reads well. */
int ebb_fail(struct ebb_error *error, enum ebb_error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a lack of memory of which there is no more to say. */
int ebb_fail_memory(struct ebb_error *error);

/* Puts "text: " before the message of an error that is already set; returns -1. */
int ebb_fail_prefix(struct ebb_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
