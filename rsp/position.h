/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POSITION as users write it: a number, "begin", "end", or "+N" and "-N", counted from where the
 * timeline is. What is beyond the ends is an error for a number, and the end itself for an offset.
 * Which digits make a number is the caller's to say.
 */
#ifndef EBB_RSP_POSITION_H
#define EBB_RSP_POSITION_H

#include "replay/timeline/timeline.h"

/* Where the digits begin; NULL: there are none in "begin" and "end". */
const char *rsp_position_digits(const char *text);

/* What the text stands for; number is that of its digits. */
int rsp_position_resolve(const struct timeline *timeline, const char *text, uint64_t number,
                         uint64_t *position, struct ebb_error *error);

#endif
