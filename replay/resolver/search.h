/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wider search: an anchor's place is farther from the expected one than was looked for. */
#ifndef EBB_REPLAY_RESOLVER_SEARCH_H
#define EBB_REPLAY_RESOLVER_SEARCH_H

#include "trial.h"

/*
 * Looks for the anchor that was not met from the event before on, until so far behind its expected
 * place. Where it is met is no guess: it is taken at once, and what comes then is another matter.
 * The interval's later anchors are looked for as widely.
 */
int search_wider(struct trial *trial, uint64_t give_up, struct ebb_error *error);

#endif
