/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a timeline has to answer, by brute force: looks at every position of a toy history one by
 * one. The rules are those of replay/timeline/timeline.h and the head of
 * replay/timeline/backward.c.
 */
#ifndef EBB_TOY_MODEL_H
#define EBB_TOY_MODEL_H

#include "replay/timeline/timeline.h"
#include "toy_history.h"

#define MODEL_BREAKPOINTS 16u

struct model_breakpoint {
    enum timeline_breakpoint_kind kind;
    uint64_t address, length;
    /* With a mask, only executions count where the register's bits under it are these. */
    uint8_t reg, mask, bits;
};

struct model {
    const struct toy_history *history;
    uint64_t position;
    bool on_device_hit;
    struct model_breakpoint breakpoints[MODEL_BREAKPOINTS];
    size_t breakpoint_count;
};

struct model_stop {
    enum timeline_stop_reason reason;
    uint64_t position;
    bool by_device;
    uint64_t access_position; /* a watchpoint's: of one of the accesses it may be about */
};

void model_seek(struct model *model, uint64_t position, struct model_stop *stop);
void model_run_forward(struct model *model, uint64_t limit, struct model_stop *stop);
void model_run_backward(struct model *model, uint64_t limit, struct model_stop *stop);
void model_step(struct model *model, struct model_stop *stop);
/* Steps one by one: what timeline_step_range() has to be the same as. */
void model_step_range(struct model *model, const struct timeline_range *range,
                      struct model_stop *stop);
void model_reverse_step(struct model *model, struct model_stop *stop);

/* True if some access at position, of the given kind, touches this byte and is watched. */
bool model_watched(const struct model *model, uint64_t position, bool by_device, uint64_t address);

#endif
