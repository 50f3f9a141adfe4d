/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_CLI_RESOLVE_MERGE_H
#define EBB_CLI_RESOLVE_MERGE_H

#include "merging.h"

/* Joins all parts to what ebb resolve says, and writes the positions into the recording. */
int resolve_merge(struct merging *merging, struct ebb_error *error);

#endif
