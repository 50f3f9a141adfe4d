/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_CLI_VERIFY_MERGE_H
#define EBB_CLI_VERIFY_MERGE_H

#include "merging.h"

/* Joins all parts to what ebb verify says. Where the parts do not prove what a whole replay would
 * do, it is done: that is where the recording itself disagrees with a keyframe. */
int verify_merge(struct merging *merging, struct ebb_error *error);

#endif
