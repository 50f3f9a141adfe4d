/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The other end of question_shard.h: a command that ebb merge runs is told what the scans of all
 * shards have told, and what gdb has said there. So it counts, joins and prints as ever. It
 * evaluates nothing that stands in a part, and replays no more than up to a place that it has to
 * look at (question_seek()).
 */
#ifndef EBB_CLI_QUESTIONS_QUESTION_PARTS_H
#define EBB_CLI_QUESTIONS_QUESTION_PARTS_H

#include "replay/timeline/scan.h"

#include "log/error.h"

#include <jansson.h>

struct merging;
struct question_parts;
struct recording;

/* NULL and EBB_ERROR_USAGE if the parts make no sense. */
struct question_parts *question_parts_open(const struct merging *merging,
                                           const struct recording *recording,
                                           struct ebb_error *error);
void question_parts_close(struct question_parts *parts);

/* As timeline_scan(). */
int question_parts_scan(struct question_parts *parts, struct timeline *timeline,
                        const struct timeline_scan *wanted, struct timeline_scan_result *result,
                        struct ebb_error *error);
/* The same for the ends of calls that are known. */
int question_parts_follow(struct question_parts *parts, struct timeline *timeline,
                          const struct timeline_scan *wanted, struct timeline_scan_result *result,
                          struct ebb_error *error);

/* What gdb has said of the last position up to that one; NULL is an error. */
json_t *question_parts_answer(struct question_parts *parts, uint64_t position,
                              struct ebb_error *error);
/* What it has said in each of the shards that have intervals, in which it is the same. */
json_t *question_parts_fact(struct question_parts *parts, const char *name,
                            struct ebb_error *error);

#endif
