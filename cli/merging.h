/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ebb merge gives the command whose parts it is to join. */
#ifndef EBB_CLI_MERGING_H
#define EBB_CLI_MERGING_H

#include "options.h"
#include "part_set.h"
#include "recording.h"

#include <stdio.h>

/*
 * The parts have been checked to be all shards of this recording. What is found in them may still
 * be anything; what does not make sense is EBB_ERROR_USAGE, before anything is written. Returns as
 * a command does (options.h), and prints to out what the command prints to standard output.
 */
struct merging {
    const struct command *command; /* whose parts these are */
    struct recording *recording;
    const struct part_set *parts;
    bool json;
    const char *output; /* the file that out becomes; NULL: none */
    FILE *out;
};

#endif
