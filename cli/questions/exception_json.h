/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An exception as JSON. */
#ifndef EBB_CLI_QUESTIONS_EXCEPTION_JSON_H
#define EBB_CLI_QUESTIONS_EXCEPTION_JSON_H

#include "locations.h"

#include "replay/timeline/scan.h"

#include <jansson.h>

/* All that a row says of the exception that it is; NULL: out of memory. */
json_t *exception_describe(const struct timeline_row *row, struct locations *locations);

#endif
