/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Store-exclusives that failed on the host, because the host interrupted the guest between load and
 * store, and did not fail in the replay. In a loop that tries again this only adds instructions;
 * elsewhere the guest does something else from there on.
 */
#ifndef EBB_REPLAY_RESOLVER_EXCLUSIVES_H
#define EBB_REPLAY_RESOLVER_EXCLUSIVES_H

#include "trial.h"

/* Lets store-exclusives fail; quick: not all of those there are. */
int exclusives_fail(struct trial *trial, bool quick, struct ebb_error *error);

#endif
