/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distances between positions that follow one another, packed: an interval may have millions of
 * events, and most are few instructions behind the one before.
 */
#ifndef EBB_REPLAY_RESOLVER_DISTANCE_H
#define EBB_REPLAY_RESOLVER_DISTANCE_H

#include <stdint.h>

/* Bytes of one distance at most: each holds seven of its 64 bits. */
#define DISTANCE_MAX_BYTES 10u

/* Writes a distance; returns the place behind it. */
uint8_t *distance_pack(uint8_t *to, uint64_t distance);

/* Reads the next distance from a block, which must not be at its end; returns what follows. */
const uint8_t *distance_unpack(const uint8_t *packed, uint64_t *distance);

#endif
