/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waits for the clock and does nothing else: no interrupt, no device. First for long, then many
 * times for short, as drivers do; the clock must come round and must not go back. In between it
 * computes for a while without a look at the clock, which must have gone on meanwhile. What it sets
 * its timer to is seen at once, and the clock has come to the time at which the timer expires.
 */
#include "guest.h"

#define LONG_WAIT 30000 /* microseconds */
#define SHORT_WAIT 20
#define SHORT_WAITS 200
#define FAR_OFF 60000
#define TURNS 20000000 /* many milliseconds on any CPU */

static uint64_t last;

static uint64_t look(void)
{
    uint64_t now = timer_count();

    check(now >= last, "the clock does not go back");
    last = now;
    return now;
}

static void wait(uint32_t microseconds)
{
    uint64_t end = look() + (uint64_t)microseconds * (timer_frequency() / 1000000);

    while (look() < end) {
    }
}

static void set_timer(void)
{
    uint64_t start = look();

    timer_start(FAR_OFF);
    check(!timer_expired(), "a timer that was set does not expire early");
    timer_start(SHORT_WAIT);
    while (!timer_expired()) {
    }
    check(look() - start >= (uint64_t)SHORT_WAIT * (timer_frequency() / 1000000),
          "the clock has come to the timer's time");
    timer_start(FAR_OFF);
    check(!timer_expired(), "a timer that was set again has not expired");
    timer_stop();
}

__attribute__((noinline)) static uint32_t compute(uint32_t seed)
{
    for (unsigned turn = 0; turn < TURNS; turn++) {
        seed = seed * 1664525 + 1013904223;
        __asm__ volatile("" : "+r"(seed));
    }
    return seed;
}

int main(void)
{
    uint64_t before;

    wait(LONG_WAIT);
    for (unsigned i = 0; i < SHORT_WAITS; i++) {
        wait(SHORT_WAIT);
    }
    for (unsigned i = 0; i < SHORT_WAITS; i++) {
        set_timer();
    }
    before = look();
    print("clock: computed %x\n", compute(1));
    check(look() > before, "time passes without a look");
    finish("clock");
}
