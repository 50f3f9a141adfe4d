/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For arm64 Linux: copies its input and puts in front of each line when its first byte came, in
 * nanoseconds of the monotonic clock. It needs no C library, so a cross compiler alone makes it.
 */
#include <stddef.h>

#define CLOCK_MONOTONIC 1

enum {
    CALL_READ = 63,
    CALL_WRITE = 64,
    CALL_EXIT = 93,
    CALL_CLOCK = 113,
};

struct time {
    long seconds;
    long nanoseconds;
};

static long call(long number, long first, const void *second, size_t third)
{
    register long x0 __asm__("x0") = first;
    register const void *x1 __asm__("x1") = second;
    register size_t x2 __asm__("x2") = third;
    register long x8 __asm__("x8") = number;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x8) : "memory");
    return x0;
}

static void write_all(const char *bytes, size_t count)
{
    while (count) {
        long done = call(CALL_WRITE, 1, bytes, count);

        if (done <= 0) {
            call(CALL_EXIT, 1, NULL, 0);
        }
        bytes += done;
        count -= done;
    }
}

static void write_now(void)
{
    struct time now;
    char digits[21];
    char *first = digits + sizeof(digits);
    unsigned long value;

    call(CALL_CLOCK, CLOCK_MONOTONIC, &now, 0);
    value = now.seconds * 1000000000ul + now.nanoseconds;
    *--first = ' ';
    do {
        *--first = '0' + value % 10;
        value /= 10;
    } while (value);
    write_all(first, digits + sizeof(digits) - first);
}

void _start(void);

void _start(void)
{
    static char bytes[4096];
    int at_start = 1;
    long count;

    while ((count = call(CALL_READ, 0, bytes, sizeof(bytes))) > 0) {
        long begin = 0;

        for (long i = 0; i < count; i++) {
            if (at_start) {
                write_now();
            }
            at_start = bytes[i] == '\n';
            if (at_start) {
                write_all(bytes + begin, i + 1 - begin);
                begin = i + 1;
            }
        }
        write_all(bytes + begin, count - begin);
    }
    call(CALL_EXIT, 0, NULL, 0);
}
