/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A share of a question: the command does what it always does, but scans only the intervals of its
 * shard, and prints nothing. What the scans have told, and what gdb has, goes into a part; of that
 * ebb merge makes the answer (question_parts.h).
 *
 * What is found (cli/part_file.h):
 *
 *   {"directory": "boot",
 *    "question": {"operands": ["jiffies"], "options": {"write": ""}},
 *    "rows": "00a3...",                        row_bytes.h
 *    "count": 0,                               of scans without rows
 *    "coverage": [{"begin": "0x40100000", "marks": "00ff..."}],
 *    "ended": true,                            the command wanted no more
 *    "problem": {"reason": 3, "position": 77, "report": "..."},
 *    "answers": [[2166, "up to 6"]],           of gdb, by position
 *    "facts": {"memory": {...}}}               other ones of gdb
 */
#ifndef EBB_CLI_QUESTIONS_QUESTION_SHARD_H
#define EBB_CLI_QUESTIONS_QUESTION_SHARD_H

#include "row_bytes.h"

#include "cli/options.h"
#include "cli/part_file.h"
#include "cli/recording.h"

#include <stdio.h>

/* Who asks for a shard. */
struct question_asked {
    const struct arguments *arguments;
    bool named;          /* the first operand is the recording */
    int operand_count;   /* all of the command line */
    bool has_own_output; /* --output is the command's, as long as there is no --shard */
};

struct question_shard {
    const struct recording *recording;
    struct shard_request request;
    struct part part;
    uint64_t begin, end; /* positions that are its own; end UINT64_MAX: to the end of history */
    struct ebb_buffer rows;
    uint64_t count;
    bool ended;
    FILE *out; /* standard output, which nobody hears of meanwhile */
    /* The scan that goes on: */
    const struct timeline_scan *scan;
    struct ebb_error *error;
    bool failed;
};

/* What --shard asks for of a recording; *shard stays NULL if that is nothing. It is for
 * question_shard_close() also after an error. */
int question_shard_open(struct question_shard **shard, const struct question_asked *asked,
                        const struct recording *recording, struct ebb_error *error);
/* Writes the part, unless the status says that the command has failed, and returns a status. */
int question_shard_close(struct question_shard *shard, int status, struct ebb_error *error);

/* The share of a scan that is the shard's. That history ends early is no error of it. */
int question_shard_scan(struct question_shard *shard, struct timeline *timeline,
                        const struct timeline_scan *wanted, struct timeline_scan_result *result,
                        struct ebb_error *error);
/* A scan for the ends of calls that are known, wherever that is. */
int question_shard_follow(struct question_shard *shard, struct timeline *timeline,
                          const struct timeline_scan *wanted, struct timeline_scan_result *result,
                          struct ebb_error *error);

/* Keep what gdb has said, of a position or in general. Positions go up. */
int question_shard_answer(struct question_shard *shard, uint64_t position, json_t *answer,
                          struct ebb_error *error);
int question_shard_fact(struct question_shard *shard, const char *name, json_t *fact,
                        struct ebb_error *error);

#endif
