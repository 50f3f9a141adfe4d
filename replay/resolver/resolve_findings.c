/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_findings.h"

#include <stdlib.h>

void resolve_findings_free(struct resolve_findings *findings)
{
    free(findings->packed);
    free(findings->flips);
    free(findings->problem);
    *findings = (struct resolve_findings){0};
}
