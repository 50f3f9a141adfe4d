/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of what executes: how far apart they are, and in which function one is. */
#ifndef EBB_CLI_QUESTIONS_SAMPLES_H
#define EBB_CLI_QUESTIONS_SAMPLES_H

#include "cli/symbols.h"

#include "replay/timeline/scan.h"

/* The distance at which a part of history has some 10 000 samples. */
uint64_t samples_distance(const struct timeline_scan *scan);

/* The name of the function at an address, "[unknown]" or "[user]" without one; printable, for
 * free(); NULL: out of memory. The symbols may be NULL: there are none. */
char *samples_function(struct symbols *symbols, uint64_t address, bool user);

#endif
