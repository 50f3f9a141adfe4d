/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An instruction that accesses the generic timer or reads a random number, and the breakpoint that
 * takes its place.
 */
#ifndef EBB_COUNTER_SITE_H
#define EBB_COUNTER_SITE_H

#include "access.h"

struct counter_site {
    uint64_t offset; /* bytes from the start of the image */
    enum counter_site_form form;
    struct counter_access access;
    uint8_t size;           /* bytes replaced, always 4 */
    uint8_t replacement[4]; /* as in memory, little-endian */
};

#endif
