/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "distance.h"

uint8_t *distance_pack(uint8_t *to, uint64_t distance)
{
    while (distance >= 0x80) {
        *to++ = (uint8_t)(distance | 0x80);
        distance >>= 7;
    }
    *to++ = (uint8_t)distance;
    return to;
}

const uint8_t *distance_unpack(const uint8_t *packed, uint64_t *distance)
{
    unsigned shift = 0;

    *distance = 0;
    do {
        *distance |= (uint64_t)(*packed & 0x7f) << shift;
        shift += 7;
    } while (*packed++ & 0x80);
    return packed;
}
