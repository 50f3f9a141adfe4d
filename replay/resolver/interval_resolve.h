/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolving one interval: as it is, without its exits, repaired, or up to where it fails. */
#ifndef EBB_REPLAY_RESOLVER_INTERVAL_RESOLVE_H
#define EBB_REPLAY_RESOLVER_INTERVAL_RESOLVE_H

#include "findings.h"

/* *repairing is for other threads: something did not fit and is being searched for. */
int interval_resolve(struct runner *runner, uint64_t number, atomic_bool *repairing,
                     struct resolve_findings *findings, struct ebb_error *error);

#endif
