/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scans: where a condition begins to hold for the first time, whatever it does later. Looks at each
 * candidate: of a condition on memory, behind each store to it; of others, at each instruction.
 */
#ifndef EBB_CLI_SCAN_H
#define EBB_CLI_SCAN_H

#include "probe.h"

struct scan_result {
    bool found;
    uint64_t position;
};

/* Looks from one position to another, both included. The lanes' plan is a struct probe_plan; show
 * is told how far it is. */
int scan_history(struct lanes *lanes, uint64_t from, uint64_t to,
                 void (*show)(void *opaque, uint64_t position), void *opaque,
                 struct scan_result *result, struct ebb_error *error);

#endif
