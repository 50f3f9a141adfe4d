/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Offers virtio's random number generator the same large piece of memory many times over in one
 * request, and runs until it is stopped. Run with -device virtio-rng-device and 64 MiB of RAM.
 */
#include "guest.h"
#include "virtio_rng.h"

#define PIECE 0x41000000u
#define PIECE_SIZE (40u << 20)

int main(void)
{
    irq_init();
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
        finish("overlap");
    }
    virtio_rng_offer_often((void *)(uintptr_t)PIECE, PIECE_SIZE);
    write32(virtio_rng_doorbell(), 0);
    while (!virtio_rng_done()) {
    }
    check(read32(PIECE) != 0 || read32(PIECE + 4) != 0, "there is randomness");
    print("overlap: done\n");
    for (;;) {
    }
}
