/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The moment: one place in a recording's history, and the order of all of them.
 *
 * A position alone (instructions executed since the recording began) names several states: before
 * what comes from outside there, after each of these events, and with the instruction there begun.
 * A moment tells them apart. What happens in a history (an event is applied, a breakpoint is
 * reached, memory is accessed) has a moment, too; all that one instruction accesses shares one. So
 * "what happens after this", "the last before that" and "what has been reported" are all
 * comparisons of moments, as between the marks of rr's ReplayTimeline.
 *
 * Position P goes by like this; MOMENT_SETTLED is the one that users see as the state of P:
 *
 *     MOMENT_ARRIVED   the instruction before P is over; asynchronous events of P (log/event.h) are
 *                      applied one by one, `event` being the number of the next
 *     MOMENT_SETTLED   they are all applied and an interrupt that they caused was entered (but at
 *                      the end of a log of KVM, whose last interrupt stays pending); the
 *                      instruction at P is about to execute: breakpoints on it are reached
 *     MOMENT_INSIDE    it executes: its accesses, and the events nested in them
 *     MOMENT_ARRIVED   at P + 1
 *
 * Plain values: copy and compare them freely, on any thread.
 */
#ifndef EBB_PROTOCOL_MOMENT_H
#define EBB_PROTOCOL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum moment_phase {
    MOMENT_ARRIVED = 0,
    MOMENT_SETTLED,
    MOMENT_INSIDE,
    MOMENT_NOWHERE, /* of a state that is none of the history's: nothing is known of it */
};

struct moment {
    uint64_t position; /* instructions since the recording began */
    uint32_t phase;    /* enum moment_phase */
    uint32_t reserved; /* 0 */
    uint64_t event;    /* number of the log's next event; compared in MOMENT_ARRIVED only */
};

/* The first of a position's moments: none of its events is applied. */
static inline struct moment moment_arrived(uint64_t position)
{
    return (struct moment){.position = position, .phase = MOMENT_ARRIVED};
}

/* The last of a position's arrivals: all its events are applied, an interrupt is yet to be entered.
 */
static inline struct moment moment_applied(uint64_t position)
{
    return (struct moment){.position = position, .phase = MOMENT_ARRIVED, .event = UINT64_MAX};
}

/* At a position, with all done that comes from outside: what users see. */
static inline struct moment moment_settled(uint64_t position)
{
    return (struct moment){.position = position, .phase = MOMENT_SETTLED};
}

/* In the instruction at a position. */
static inline struct moment moment_inside(uint64_t position)
{
    return (struct moment){.position = position, .phase = MOMENT_INSIDE};
}

static inline bool moment_is_settled(struct moment moment)
{
    return moment.phase == MOMENT_SETTLED;
}

/*
 * Less than, equal to or greater than 0 as a comes before, with or after b. Events count only
 * between two arrivals at one position: elsewhere there is one moment of a phase.
 */
static inline int moment_compare(struct moment a, struct moment b)
{
    if (a.position != b.position) {
        return a.position < b.position ? -1 : 1;
    }
    if (a.phase != b.phase) {
        return a.phase < b.phase ? -1 : 1;
    }
    if (a.phase == MOMENT_ARRIVED && a.event != b.event) {
        return a.event < b.event ? -1 : 1;
    }
    return 0;
}

static inline bool moment_before(struct moment a, struct moment b)
{
    return moment_compare(a, b) < 0;
}

#endif
