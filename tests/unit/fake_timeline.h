/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A timeline over a toy history, for tests of what stands on replay/timeline/timeline.h. It is
 * linked in place of the real one, and of the log's reader.
 *
 * The program is a loop of FAKE_LOOP instructions at FAKE_CODE. At position P the PC is
 * FAKE_CODE + 4 * (P % FAKE_LOOP) and x0 is P / FAKE_LOOP. In each round, number FAKE_WRITER writes
 * x0 to FAKE_COUNTER (8 bytes), number FAKE_READER reads FAKE_INPUT, number FAKE_PAIR_WRITER writes
 * 0 and x0 to FAKE_PAIR (4 bytes each). On reaching position FAKE_DMA_POSITION a device writes
 * FAKE_DMA_VALUE to FAKE_DMA (8 bytes). Code and data are mapped, one page each, nothing else is.
 */
#ifndef EBB_TESTS_FAKE_TIMELINE_H
#define EBB_TESTS_FAKE_TIMELINE_H

#include "log/reader.h"
#include "replay/timeline/timeline.h"

#define FAKE_END 1000u
#define FAKE_LOOP 10u
#define FAKE_CODE UINT64_C(0x1000)
#define FAKE_DATA UINT64_C(0x2000)
#define FAKE_COUNTER (FAKE_DATA + 0x10)
#define FAKE_INPUT (FAKE_DATA + 0x20)
#define FAKE_DMA (FAKE_DATA + 0x30)
#define FAKE_PAIR (FAKE_DATA + 0x40)
#define FAKE_WRITER 4u
#define FAKE_READER 6u
#define FAKE_PAIR_WRITER 8u
#define FAKE_DMA_POSITION 555u
#define FAKE_DMA_VALUE UINT64_C(0x1122334455667788)
#define FAKE_PHYSICAL UINT64_C(0x40000000) /* the physical address of address 0 */
#define FAKE_HOST UINT64_C(0x7f0000000000) /* where physical address 0 would be in a process */
#define FAKE_HALT (FAKE_CODE + 0x800)      /* code that runs into this PC goes to sleep for good */

/* x0..x30, sp, pc: 8 bytes each; cpsr: 4 */
#define FAKE_REGISTERS 34u
#define FAKE_REGISTERS_SIZE (33u * 8 + 4)
#define FAKE_SP 31u
#define FAKE_PC 32u
#define FAKE_CPSR 33u

struct timeline *fake_timeline_new(void);
void fake_timeline_free(struct timeline *timeline);

/*
 * While set, a run goes on until it is interrupted. The function returns once the run that follows
 * has begun, when it is given a timeline on which fake_timeline_block() was called before.
 */
void fake_timeline_block(struct timeline *timeline, bool block);
void fake_timeline_wait_blocked(struct timeline *timeline);

/* The next move fails / the replay diverges on reaching this position. */
void fake_timeline_fail_next(struct timeline *timeline);
/* An interrupt is taken on reaching this position: the FAKE_LOOP instructions from there on are its
 * handler's, at FAKE_HANDLER. */
#define FAKE_HANDLER (FAKE_CODE + 0x400)
void fake_timeline_interrupt_at(struct timeline *timeline, uint64_t position);
/* An interrupt comes as the next move ends, too late for it. */
void fake_timeline_interrupt_late(struct timeline *timeline);
void fake_timeline_diverge_at(struct timeline *timeline, uint64_t position);

/* What the log says of itself from now on; problem (NULL: none) stays the caller's. */
void fake_timeline_describe_log(struct timeline *timeline, const struct ebb_log_summary *summary,
                                const char *problem);

/* The log's events from now on, which stay the caller's, going up; and how many were read. */
void fake_timeline_set_events(struct timeline *timeline, const struct ebb_event *events,
                              unsigned count);
unsigned fake_timeline_events_read(const struct timeline *timeline);

unsigned fake_timeline_breakpoints(const struct timeline *timeline);
unsigned fake_timeline_diversions(const struct timeline *timeline); /* begun so far */

#endif
