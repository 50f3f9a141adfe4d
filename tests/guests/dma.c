/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory written by devices: the firmware configuration device does it inside the write that asks
 * for it, virtio's random number generator when it pleases. Run with -device virtio-rng-device.
 */
#include "fw_cfg.h"
#include "guest.h"
#include "virtio_rng.h"

#define REQUESTS 16

volatile uint32_t signature;
volatile uint32_t random_words[16];

static void read_signature(void)
{
    fw_cfg_read(FW_CFG_SIGNATURE, (uintptr_t)&signature, sizeof(signature));
    print("dma: signature %x\n", signature);
    check(signature == 0x554d4551, "signature is QEMU");
}

static unsigned request(void)
{
    unsigned spins = 0;

    virtio_rng_request(random_words, sizeof(random_words));
    while (!virtio_rng_done()) {
        spins++;
    }
    return spins;
}

int main(void)
{
    uint32_t checksum = 0;
    unsigned i, j, spins = 0;

    irq_init();
    read_signature();
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
        finish("dma");
    }
    irq_unmask();
    for (i = 0; i < REQUESTS; i++) {
        spins += request();
        for (j = 0; j < 16; j++) {
            checksum = (checksum << 3 | checksum >> 29) ^ random_words[j];
        }
    }
    irq_mask();
    check(checksum != 0, "there is randomness");
    check(virtio_rng_interrupts() > 0, "there were interrupts");
    print("dma: checksum %x, %u interrupts, waited %u rounds\n", checksum, virtio_rng_interrupts(),
          spins);
    finish("dma");
}
