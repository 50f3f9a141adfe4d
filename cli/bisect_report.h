/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ebb bisect says of the position that it has found. */
#ifndef EBB_CLI_BISECT_REPORT_H
#define EBB_CLI_BISECT_REPORT_H

#include "finding.h"
#include "probe.h"

/* Looks at the states before and behind, and prints. The lanes' plan is a struct probe_plan. */
int bisect_report(struct lanes *lanes, const struct finding *finding, bool json,
                  struct ebb_error *error);

#endif
