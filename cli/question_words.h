/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a question asks, as a part has it: the operands behind the recording, and the options, but
 * for those that say how it is answered and where the answer goes.
 *
 *   {"operands": ["jiffies"], "options": {"write": "", "from": "1000"}}
 */
#ifndef EBB_CLI_QUESTION_WORDS_H
#define EBB_CLI_QUESTION_WORDS_H

#include "options.h"

#include <jansson.h>

/* Of a command line; named: its first operand is the recording. NULL: no memory, or a word is no
 * UTF-8. */
json_t *question_words_json(const struct arguments *arguments, bool named, int operand_count);

/* A command line about the recording in a directory, which is the caller's, as the JSON is. False
 * if it is none of that command, or no memory. question_words_free() also then. */
bool question_words_read(const json_t *question, const struct command *command,
                         const char *directory, struct arguments *arguments);
void question_words_free(struct arguments *arguments);

#endif
