/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instruction that accesses the generic timer, and the breakpoint that takes its place. */
#ifndef EBB_COUNTER_SITE_H
#define EBB_COUNTER_SITE_H

#include "access.h"

/* What is looked for besides reads of a counter: a sum of these. */
enum counter_wanted {
    COUNTER_WANTED_TIMERS = 1, /* accesses to the timers' registers and to CNTFRQ */
    COUNTER_WANTED_RANDOM = 2, /* reads of RNDR and RNDRRS */
    COUNTER_WANTED_KINDS = 4,
};

struct counter_site {
    uint64_t offset; /* bytes from the start of the image */
    enum counter_site_form form;
    struct counter_access access;
    uint8_t size;           /* bytes replaced, always 4 */
    uint8_t replacement[4]; /* as in memory, little-endian */
};

#endif
