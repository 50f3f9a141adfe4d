/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What resolving has found out about intervals, as JSON. */
#ifndef EBB_CLI_FINDINGS_JSON_H
#define EBB_CLI_FINDINGS_JSON_H

#include "replay/resolver/resolve_findings.h"

#include <jansson.h>
#include <stdbool.h>

/* NULL without memory. */
json_t *findings_json_make(const struct resolve_findings *findings);

/* Reads what may be anything; directory and here as in part_text.h. False if it makes no sense, or
 * without memory. resolve_findings_free() in any case. */
bool findings_json_read(const json_t *value, const char *directory, const char *here,
                        struct resolve_findings *findings);

#endif
