/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtio's random number generator (-device virtio-rng-device), which fills memory when it pleases
 * and then interrupts. Linked with the guests that use it (build.sh).
 */
#ifndef VIRTIO_RNG_H
#define VIRTIO_RNG_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the device and makes it ready; interrupts stay masked. False: there is none. */
bool virtio_rng_start(void);
/*
 * One request at a time: the next one when the last one is done. It is an offer of memory to fill,
 * and a zero written to the doorbell, a register, by whoever.
 */
void virtio_rng_request(volatile void *to, uint32_t length);
void virtio_rng_offer(volatile void *to, uint32_t length);
/* The same memory as many times over as there is room for in one request. */
void virtio_rng_offer_often(volatile void *to, uint32_t length);
uintptr_t virtio_rng_doorbell(void);
bool virtio_rng_done(void);
unsigned virtio_rng_interrupts(void);

#endif
