/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System calls of arm64 Linux, for programs that a cross compiler makes without a C library. */
#ifndef EBB_BENCH_CALLS_H
#define EBB_BENCH_CALLS_H

enum {
    CALL_OPEN_AT = 56,
    CALL_CLOSE = 57,
    CALL_ENTRIES = 61,
    CALL_READ = 63,
    CALL_WRITE = 64,
    CALL_READ_AT = 67,
    CALL_EXIT = 93,
    CALL_CLOCK = 113,
};

static inline long call(long number, long first, const void *second, unsigned long third,
                        unsigned long fourth)
{
    register long x0 __asm__("x0") = first;
    register const void *x1 __asm__("x1") = second;
    register unsigned long x2 __asm__("x2") = third;
    register unsigned long x3 __asm__("x3") = fourth;
    register long x8 __asm__("x8") = number;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x8) : "memory");
    return x0;
}

static inline void leave(long status)
{
    call(CALL_EXIT, status, 0, 0, 0);
}

#endif
