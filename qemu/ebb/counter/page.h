/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in the page of the guest's clock (ebb/devices/mmio_timer.h) for reads of the CPU's
 * counter that are open: they read CNTV_CVAL_EL0, which goes with the page. The recorder sets the
 * register, and a replay does where the log has the page's change. Nothing of QEMU is needed.
 */
#ifndef EBB_COUNTER_PAGE_H
#define EBB_COUNTER_PAGE_H

#include <stdint.h>

#define COUNTER_PAGE_SIZE 4096u

/* The count, of 8 bytes, little-endian as all there is, and its rate. */
#define COUNTER_PAGE_COUNT 0x0u
#define COUNTER_PAGE_HZ 62500000u

/* 4 bytes, no register of the timer: not 0 while CNTV_CVAL_EL0 goes with the count. */
#define COUNTER_PAGE_FOLLOWED 0xf00u

/* What a counter of that frequency, at most 2^32 - 1 Hz, has when the page has the count. */
static inline uint64_t counter_page_value(uint64_t count, uint64_t frequency)
{
    return count / COUNTER_PAGE_HZ * frequency +
           count % COUNTER_PAGE_HZ * frequency / COUNTER_PAGE_HZ;
}

#endif
