/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages in parts. Many name files of the recording, by the name that its directory had for the
 * command with --shard; whoever joins the parts may know it by another.
 */
#ifndef EBB_CLI_PART_TEXT_H
#define EBB_CLI_PART_TEXT_H

#include <jansson.h>

/* A message for a part; NULL without memory. */
json_t *part_text(const char *message);

/* The message, whose control characters are written as text.h has it, with files in the directory
 * `here` instead of `there`; caller frees, NULL without memory. */
char *part_text_here(const char *message, const char *there, const char *here);

#endif
