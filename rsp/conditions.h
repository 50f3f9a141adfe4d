/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions of a breakpoint as a packet has them, and as the timeline wants them. */
#ifndef EBB_RSP_CONDITIONS_H
#define EBB_RSP_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is more than that gdb has to look at itself, at each hit, as at those that it cannot make
 * expressions of: so the breakpoint works, if slower. An error would leave the user without it.
 */
enum {
    RSP_CONDITION_LENGTH_MAX = 4096, /* bytes of one */
    RSP_CONDITIONS_MAX = 64,         /* of one breakpoint */
};

struct rsp_conditions {
    size_t size;
    uint8_t bytes[]; /* as in struct timeline_conditions */
};

/*
 * Reads the conditions of a Z packet, "X LENGTH,EXPRESSION" one after the other (gdb manual,
 * "Packets"). False: malformed. *conditions is for free(); NULL: there are none, or more than there
 * may be, or no memory.
 */
bool rsp_conditions_parse(const uint8_t *text, size_t length, struct rsp_conditions **conditions);

#endif
