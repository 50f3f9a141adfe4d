/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs on an ARM host, without a C library: wakes up every some microseconds, so that a guest
 * beside it is interrupted as often. Ends when it is killed.
 */
#define NANOSLEEP 101
#define NANOSECONDS 20000

void _start(void);

void _start(void)
{
    long time[2] = {0, NANOSECONDS};

    for (;;) {
        register long request __asm__("x0") = (long)time;
        register long remaining __asm__("x1") = 0;
        register long number __asm__("x8") = NANOSLEEP;

        __asm__ volatile("svc #0" : "+r"(request) : "r"(remaining), "r"(number) : "memory");
    }
}
