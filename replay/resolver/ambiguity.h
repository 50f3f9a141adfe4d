/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ambiguity: an anchor matched at several places, and the likeliest one may not have been the
 * right one. */
#ifndef EBB_REPLAY_RESOLVER_AMBIGUITY_H
#define EBB_REPLAY_RESOLVER_AMBIGUITY_H

#include "trial.h"

/* Tries the other places of ambiguous anchors, from `back` anchors before the failure on; those of
 * the latest first. */
int ambiguity_try_places(struct trial *trial, size_t back, struct ebb_error *error);

#endif
