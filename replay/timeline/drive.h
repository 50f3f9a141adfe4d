/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a replica from moment to moment, resets of the guest included. */
#ifndef EBB_REPLAY_TIMELINE_DRIVE_H
#define EBB_REPLAY_TIMELINE_DRIVE_H

#include "state.h"

struct drive_result {
    enum worker_stop_reason reason; /* not RESET */
    struct moment moment;
    bool hit;
    struct worker_hit last_hit; /* the first one in a run that stops there */
};
int drive_run(struct timeline *timeline, struct replica *replica, const struct worker_run *run,
              struct drive_result *result, struct ebb_error *error);
/* The same without looking at hits. */
int drive_to(struct timeline *timeline, struct replica *replica, struct moment limit,
             struct drive_result *result, struct ebb_error *error);

/* The second half of one worker's run. That the log is damaged ends a run as a divergence does;
 * timeline->damaged tells them apart. */
int drive_end(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
              struct ebb_error *error);
/* What has to be done if it is a reset that ended the run. The stop's hit is then that the reset
 * has changed what is watched, if it comes after `reported`; else there is none. If the reset's
 * keyframe is damaged, the stop becomes a divergence. */
int drive_reset(struct timeline *timeline, struct replica *replica, struct moment reported,
                struct worker_stop *stop, struct ebb_error *error);

#endif
