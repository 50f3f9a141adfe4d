/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_CLI_QUESTION_MERGE_H
#define EBB_CLI_QUESTION_MERGE_H

#include "merging.h"

/* Runs the question again whose parts these are, with what its shards were told for answers. */
int question_merge(struct merging *merging, struct ebb_error *error);

#endif
