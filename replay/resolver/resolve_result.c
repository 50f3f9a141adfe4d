/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_result.h"

#include <stdlib.h>

void resolve_result_free(struct resolve_result *result)
{
    free(result->flips);
    free(result->problem);
    *result = (struct resolve_result){0};
}
