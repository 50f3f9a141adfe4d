/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One device writes memory inside the store that asks for it, again and again, while another one
 * completes all the time: the first one also rings the other's bell, so that what the other does
 * mostly comes right behind such a store. Run with -device virtio-rng-device.
 */
#include "fw_cfg.h"
#include "guest.h"
#include "virtio_rng.h"

#define REQUESTS 64

volatile uint32_t signature;
volatile uint32_t random_words[16];

static void request(void)
{
    virtio_rng_offer(random_words, sizeof(random_words));
    fw_cfg_read(FW_CFG_NONE, virtio_rng_doorbell(), sizeof(uint32_t));
}

int main(void)
{
    unsigned requests = 0, rounds = 0;

    irq_init();
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
        finish("nested");
    }
    irq_unmask();
    while (requests < REQUESTS || !virtio_rng_done()) {
        if (virtio_rng_done()) {
            request();
            requests++;
        }
        fw_cfg_read(FW_CFG_SIGNATURE, (uintptr_t)&signature, sizeof(signature));
        rounds++;
    }
    irq_mask();
    check(signature == 0x554d4551, "signature is QEMU");
    check(virtio_rng_interrupts() > 0, "there were interrupts");
    print("nested: %u rounds, %u interrupts\n", rounds, virtio_rng_interrupts());
    finish("nested");
}
