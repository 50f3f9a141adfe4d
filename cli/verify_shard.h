/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying by shards. A shard replays its intervals one behind the other, and tells the states
 * that it began and ended with: where each begins as the one before has ended, they are one replay.
 */
#ifndef EBB_CLI_VERIFY_SHARD_H
#define EBB_CLI_VERIFY_SHARD_H

#include "recording.h"
#include "shard.h"

/* Verifies a shard and writes its part. That replay and log disagree, or that the recording is
 * damaged, is something that was found, and no error. */
int verify_shard(struct recording *recording, const struct shard_request *request,
                 struct ebb_error *error);

#endif
