/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which function executes at each sample of a report. */
#ifndef EBB_CLI_REPORT_REPORT_PROFILE_H
#define EBB_CLI_REPORT_REPORT_PROFILE_H

#include "cli/name_table.h"
#include "cli/symbols.h"

#include "replay/timeline/scan.h"

#include <jansson.h>

struct report_profile {
    struct symbols *symbols; /* NULL: there are none */
    struct name_table functions;
    struct report_sample {
        uint64_t position;
        uint32_t function;
    } * samples;
    size_t count, capacity;
};

int report_profile_take(struct report_profile *profile, const struct timeline_row *row,
                        struct ebb_error *error);
void report_profile_free(struct report_profile *profile);

/* An object: the functions' names, and of each sample its position and its function's place. NULL:
 * out of memory. */
json_t *report_profile_describe(const struct report_profile *profile, uint64_t every);

#endif
