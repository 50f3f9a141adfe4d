/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_part.h"

#include <stdlib.h>

void resolve_part_free(struct resolve_part *part)
{
    for (size_t i = 0; i < part->finding_count; i++) {
        resolve_findings_free(&part->findings[i]);
    }
    free(part->findings);
    *part = (struct resolve_part){0};
}
