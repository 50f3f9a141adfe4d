/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace has without a replay: lines of the console, markers, bookmarks, keyframes, and the
 * guest's time. */
#ifndef EBB_CLI_EXPORTS_TRACE_NOTES_H
#define EBB_CLI_EXPORTS_TRACE_NOTES_H

#include "clock_follower.h"
#include "trace_file.h"

/* In which order tracks are shown. */
enum trace_order {
    TRACE_ORDER_CONSOLE,
    TRACE_ORDER_MARKERS,
    TRACE_ORDER_BOOKMARKS,
    TRACE_ORDER_KEYFRAMES,
    TRACE_ORDER_TASKS,
    TRACE_ORDER_EXCEPTIONS,
    TRACE_ORDER_INTERRUPTS, /* and from there on, by their numbers */
};

/* Those from a position to another, with that. */
int trace_notes_write(struct trace_file *trace, struct question *question,
                      struct clock_follower *clock, uint64_t from, uint64_t last,
                      struct ebb_error *error);

#endif
