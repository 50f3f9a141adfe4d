/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifying a recording: replaying it, comparing its end, and telling what came of it. */
#ifndef EBB_CLI_VERIFICATION_H
#define EBB_CLI_VERIFICATION_H

#include "progress.h"
#include "recording.h"
#include "resolution.h"

#include <stdio.h>

struct verification {
    const struct recording *recording;
    struct resolution *resolution; /* made before by this command, or not */
    struct ebb_log_summary summary;
    bool has_digests;
    uint64_t recorded_registers, recorded_ram; /* digests at the end event */
    uint64_t registers, ram;                   /* where the replay has come to */
    uint64_t begin, position;
    double seconds; /* of replaying */
    char *report;   /* how replay and log disagree; NULL: they do not */
};

/* Takes from the log what the end is to be. verification_free() also after an error. */
int verification_begin(struct verification *verification, const struct recording *recording,
                       struct resolution *resolution, struct ebb_error *error);
void verification_free(struct verification *verification);

/* Opens a timeline on which nothing is going to be visited again, from the last keyframe at or
 * before a position on, with a progress bar: progress_end() also after an error, which is NULL. */
struct timeline *verification_open(const struct recording *recording, uint64_t from,
                                   struct progress *progress, struct ebb_error *error);

/*
 * Replays from the timeline's position to limit, or with the end of history as limit to that of the
 * recording, and takes the digests there. EBB_ERROR_DIVERGED, with a report, if replay and log
 * disagree; EBB_ERROR_CORRUPT if the recording is damaged before limit.
 */
int verification_run(struct verification *verification, struct timeline *timeline, uint64_t limit,
                     struct ebb_error *error);

/* Replays from the last keyframe at or before a position to the end, with a progress bar. */
int verification_replay(struct verification *verification, uint64_t from, struct ebb_error *error);

/* Compares the end that the replay has come to with the recorded one. */
int verification_compare(const struct verification *verification, struct ebb_error *error);

/* All of it replays, but what was not needed for that is damaged, as the error says. Returns -1. */
int verification_fail_rest(const struct verification *verification, struct ebb_error *error);

/* Prints what came of it, status being 0 or, with *problem, -1, and hands the problem on. What goes
 * to standard output goes to out, as a JSON document or as text. */
int verification_tell(const struct verification *verification, FILE *out, bool json, int status,
                      const struct ebb_error *problem, struct ebb_error *error);

#endif
