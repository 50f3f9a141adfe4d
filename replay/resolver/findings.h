/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings (resolve_findings.h), out of what an interval's way tells. */
#ifndef EBB_REPLAY_RESOLVER_FINDINGS_H
#define EBB_REPLAY_RESOLVER_FINDINGS_H

#include "failure.h"
#include "interval.h"
#include "resolve_findings.h"

/* Those of an interval up to tip; to be freed, also after an error. */
int findings_collect(struct resolve_findings *findings, const struct interval *interval,
                     const struct trail *tip, struct ebb_error *error);
/* Adds what the problem is: failure, the best way's; last is the one that they end with. */
int findings_explain(struct resolve_findings *findings, const struct interval *interval,
                     const struct failure *failure, const struct failure *last,
                     struct ebb_error *error);

#endif
