/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instruction that reads the generic timer's counter, and the breakpoint that takes its place.
 */
#ifndef EBB_COUNTER_SITE_H
#define EBB_COUNTER_SITE_H

#include <stdbool.h>
#include <stdint.h>

enum counter_site_form {
    COUNTER_SITE_A64, /* MRS Xt, CNTVCT_EL0 or CNTPCT_EL0 (and their self-synchronised forms) */
    COUNTER_SITE_A32, /* MRRC p15, 1 or 0, Rt, Rt2, c14, always executed */
    COUNTER_SITE_T32, /* the same in Thumb, outside of an IT block */
};

struct counter_site {
    uint64_t offset; /* bytes from the start of the image */
    enum counter_site_form form;
    bool physical; /* CNTPCT, not CNTVCT */
    uint8_t rt, rt2;
    uint8_t size;           /* bytes replaced, always 4 */
    uint8_t replacement[4]; /* as in memory, little-endian */
};

#endif
