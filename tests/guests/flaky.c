/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fails in one of four runs, as virtio's random number generator has it: says so and goes on for
 * ever. Else it switches off. Run with -device virtio-rng-device.
 */
#include "guest.h"
#include "virtio_rng.h"

#define RUNS 4

static volatile uint32_t drawn;
static volatile uint32_t rounds;

static void __attribute__((noinline)) fail(uint32_t number)
{
    print("flaky: failed with %x\nflaky: stuck> ", number);
    for (;;) {
        rounds++;
    }
}

int main(void)
{
    irq_init();
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
        finish("flaky");
    }
    virtio_rng_request(&drawn, sizeof(drawn));
    while (!virtio_rng_done()) {
    }
    if (drawn % RUNS == 0) {
        fail(drawn);
    }
    finish("flaky");
}
