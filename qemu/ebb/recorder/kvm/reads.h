/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads of the CPU's counter without exits, for guests whose clock is a page (clock.h). Nobody uses
 * the CPU's own virtual timer then: while it is off, its CNTV_CVAL_EL0 is a register of 64 bits
 * that the guest reads at full speed. A read that was replaced by a breakpoint is *closed*; once it
 * was met it is *opened*, that is, becomes a read of that register, which the recorder sets to the
 * time of the page whenever it brings that up to date. Both are changes of code, in the log as DMA;
 * a replay sets the register where the page's change is in the log (ebb/counter/page.h).
 *
 * A guest may wait for the counter and do nothing else, and nothing can be taken away from it as
 * the page is. So when the page is too old the vCPU is brought out, and all open reads are closed:
 * the next one is a breakpoint, which moves the clock on. If it comes at once, the guest was
 * waiting.
 *
 * A read at EL0 stays closed, and so does one that EL0 might execute as well: the guest may allow
 * it there to read the counter, but not the timer.
 */
#ifndef EBB_RECORDER_KVM_READS_H
#define EBB_RECORDER_KVM_READS_H

#include "ebb/counter/access.h"
#include "ebb/recorder/state.h"

/* Before the guest runs, once there is a clock. */
void recorder_kvm_reads_prepare(struct recorder_session *session);

/* The machine's loader has put the images into memory again, where all reads are closed. */
void recorder_kvm_reads_forget(struct recorder_session *session);

/*
 * The value for a read of a counter that the guest has met closed, which is opened if it may be.
 * False if there is no page. With the BQL, inside of the access.
 */
bool recorder_kvm_reads_answer(struct recorder_session *session,
                               const struct counter_access *access, uint64_t *value);

/* Between two runs, with the BQL: closes what is open, if the vCPU was brought out for that. */
void recorder_kvm_reads_settle(struct recorder_session *session);

#endif
