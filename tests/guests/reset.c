/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resets the machine three times, then powers off. It remembers in RAM which boot it is in: a reset
 * loads the image anew (so an initialized variable has its first value again) but leaves the rest
 * of RAM alone.
 */
#include "guest.h"

#define MAGIC 0x7e5e7000u
#define BOOTS 4

static struct {
    uint32_t magic;
    uint32_t boots;
    uint64_t counts[BOOTS];
} memory __attribute__((section(".noinit")));

static volatile uint32_t initialized = 0x1234;

int main(void)
{
    if (memory.magic != MAGIC) {
        memory.magic = MAGIC;
        memory.boots = 0;
    }
    memory.counts[memory.boots] = timer_count();
    memory.boots++;
    print("reset: boot %u\n", memory.boots);
    check(initialized == 0x1234, "the image is as loaded");
    initialized = 0x4321;
    if (memory.boots < BOOTS) {
        power_reset();
    }
    check(memory.boots == BOOTS, "count of boots");
    finish("reset");
}
