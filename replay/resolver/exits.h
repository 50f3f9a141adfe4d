/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exits of the guest that the host's kernel handled: whether they have led the replay astray. */
#ifndef EBB_REPLAY_RESOLVER_EXITS_H
#define EBB_REPLAY_RESOLVER_EXITS_H

#include "trial.h"

/* Leaves out the last exits before the failure, then all since the last anchor: they may have been
 * looked for in wrong places, or behind the anchor that was not met then. */
int exits_leave_out(struct trial *trial, struct ebb_error *error);
/* The same one by one, with those that cleared the exclusive monitor, the latest first. */
int exits_leave_out_singly(struct trial *trial, struct ebb_error *error);

#endif
