/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The physical timer of the first frame of a memory-mapped generic timer. */
#include "board.h"
#include "guest.h"

#define ACCESS_0 (TIMER_CONTROL_BASE + 0x40)
#define ACCESS_ALL 0x3f
#define COUNT_LOW (TIMER_FRAME_BASE + 0x00)
#define COUNT_HIGH (TIMER_FRAME_BASE + 0x04)
#define FREQUENCY (TIMER_FRAME_BASE + 0x10)
#define VALUE (TIMER_FRAME_BASE + 0x28)
#define CONTROL (TIMER_FRAME_BASE + 0x2c)

#define CONTROL_ENABLE 1
#define CONTROL_MASKED 2
#define CONTROL_EXPIRED 4

/* What a reset leaves of the frame's access rights is up to the implementation. */
static void allow_access(void)
{
    static bool done;

    if (!done) {
        write32(ACCESS_0, ACCESS_ALL);
        done = true;
    }
}

uint64_t timer_count(void)
{
    uint32_t low, high;

    allow_access();
    do {
        high = read32(COUNT_HIGH);
        low = read32(COUNT_LOW);
    } while (read32(COUNT_HIGH) != high);
    return (uint64_t)high << 32 | low;
}

uint32_t timer_frequency(void)
{
    allow_access();
    return read32(FREQUENCY);
}

void timer_start(uint32_t microseconds)
{
    static uint32_t per_millisecond;

    if (!per_millisecond) {
        per_millisecond = timer_frequency() / 1000;
    }
    write32(VALUE, per_millisecond * microseconds / 1000);
    write32(CONTROL, CONTROL_ENABLE);
}

void timer_stop(void)
{
    write32(CONTROL, CONTROL_MASKED);
}

bool timer_expired(void)
{
    return read32(CONTROL) & CONTROL_EXPIRED;
}
