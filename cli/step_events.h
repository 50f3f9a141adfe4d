/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came from outside in the step from one position to the next, as JSON. */
#ifndef EBB_CLI_STEP_EVENTS_H
#define EBB_CLI_STEP_EVENTS_H

#include "log/reader.h"

#include <jansson.h>

#define STEP_EVENTS_MAX 64u

/*
 * Appends the events of the step that ends at position, which is not the first, to an array: the
 * first STEP_EVENTS_MAX of them. *left_out receives how many more there are. Returns 0; or -1, and
 * the array has what was read before.
 */
int step_events(const struct ebb_log *log, uint64_t position, json_t *array, uint64_t *left_out,
                struct ebb_error *error);

#endif
