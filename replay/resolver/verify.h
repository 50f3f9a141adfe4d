/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof that an interval was replayed as it happened: registers and RAM at its end are those
 * of the next keyframe, or have the digests that the recording ends with.
 */
#ifndef EBB_REPLAY_RESOLVER_VERIFY_H
#define EBB_REPLAY_RESOLVER_VERIFY_H

#include "failure.h"
#include "interval.h"

/* 1: the state at tip, where the worker is, is what the recording says; 0: it is not, see
 * failure->report and differences; -1: error. */
int verify_interval(struct interval *interval, const struct trail *tip, struct failure *failure,
                    struct ebb_error *error);

#endif
