/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting replicas, and replacing those whose workers die. */
#ifndef EBB_REPLAY_TIMELINE_RECOVERY_H
#define EBB_REPLAY_TIMELINE_RECOVERY_H

#include "state.h"

/* Starts a replica's worker, which must be like the others. */
int recovery_start(struct timeline *timeline, struct replica *replica, struct ebb_error *error);
/*
 * Starts more replicas for a way of so many instructions, through whose intervals they go side by
 * side, if it is long enough for that to pay. Returns how many there are, of which `engaged` were
 * before: the first ones.
 */
unsigned recovery_engage(struct timeline *timeline, unsigned engaged, uint64_t length);
/* After a failure: true if worker i had died and was replaced, so that trying again makes sense.
 * *deaths counts those that died in the same attempt; too many end it. */
bool recovery_replace(struct timeline *timeline, unsigned i, unsigned *deaths,
                      struct ebb_error *error);
/* The same with the timeline's own count, of deaths without progress. */
bool recovery_try_again(struct timeline *timeline, unsigned i, struct ebb_error *error);
void recovery_forget_deaths(struct timeline *timeline);
/* After a failure in a diversion: if its worker has died, the diversion is gone with it and the
 * history is as it was. Returns -1. */
int recovery_lose_diversion(struct timeline *timeline, struct ebb_error *error);

#endif
