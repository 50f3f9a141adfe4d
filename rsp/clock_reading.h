/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for when the guest read its clock, and what that said, in the log. */
#ifndef EBB_RSP_CLOCK_READING_H
#define EBB_RSP_CLOCK_READING_H

#include "rsp.h"

#include "log/reader.h"

struct rsp_clock_reading {
    enum rsp_clock clock;          /* not RSP_CLOCK_IN_MEMORY, of which no event tells */
    uint64_t address;              /* RSP_CLOCK_MAPPED */
    bool (*stopped)(void *opaque); /* whether somebody wants it to end */
    void *opaque;
    bool found;
    uint64_t value, position; /* what was found */
    /* Its own. */
    struct ebb_cursor *cursor;
    uint64_t upper[2]; /* of the two mapped counts, the upper word that was read last */
    bool has_upper[2];
    bool interrupted;
    uint64_t next;  /* rsp_clock_follow(): number of the next event to look at */
    uint64_t ahead; /* its position, if that is behind where it was asked for; else 0 */
};

/* The first reading that is at least wanted. */
int rsp_clock_first(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t wanted,
                    struct ebb_error *error);

/* The last one before a position. */
int rsp_clock_last(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t until,
                   struct ebb_error *error);

/*
 * The last one before a position that goes up from call to call: reads the log once. What was found
 * stays found, with found, value and position. rsp_clock_end() also after an error.
 */
int rsp_clock_follow(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t until,
                     struct ebb_error *error);
void rsp_clock_end(struct rsp_clock_reading *search);

#endif
