/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves that end before where they were to go. */
#ifndef EBB_CLI_EARLY_STOP_H
#define EBB_CLI_EARLY_STOP_H

#include "replay/timeline/timeline.h"

#include <stdio.h>

/*
 * Makes an error of a stop by Ctrl-C, at damage, and where replay and log disagree, whose report
 * goes to out; any other stop is none. advice (NULL: none) comes behind a semicolon and says what
 * there is all the same, "rows end there".
 */
int early_stop_fail(const struct timeline_stop *stop, const char *advice, FILE *out,
                    struct ebb_error *error);

#endif
