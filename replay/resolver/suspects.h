/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suspects: where the counts say that something went another way. */
#ifndef EBB_REPLAY_RESOLVER_SUSPECTS_H
#define EBB_REPLAY_RESOLVER_SUSPECTS_H

#include "trial.h"

/*
 * A stretch between two anchors in which the host counted other instructions than the replay
 * executed, though everything that is not counted is known: store-exclusives that failed there make
 * such a difference.
 */
struct suspect {
    uint64_t from_event, until_event; /* behind the one anchor, behind the other */
    uint64_t until_position;
};
/* Lists the last of them before the failure, the latest first; at most *count. */
int suspects_list(struct trial *trial, struct suspect *list, size_t *count,
                  struct ebb_error *error);

#endif
