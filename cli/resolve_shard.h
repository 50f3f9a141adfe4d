/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_CLI_RESOLVE_SHARD_H
#define EBB_CLI_RESOLVE_SHARD_H

#include "recording.h"
#include "shard.h"

/* Resolves a shard of a recording made under KVM, whether there is an index or not, with so many
 * workers (0: as many as usual), and writes its part. */
int resolve_shard(struct recording *recording, const struct shard_request *request,
                  unsigned workers, struct ebb_error *error);

#endif
