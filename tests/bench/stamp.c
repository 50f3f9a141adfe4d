/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For arm64 Linux: copies its input and puts in front of each line when its first byte came, in
 * nanoseconds of the monotonic clock, and how long the thread of the vCPU has run by then, in
 * nanoseconds as well, or - while there is none. It needs no C library, so a cross compiler alone
 * makes it.
 */
#include "calls.h"
#include "vcpu.h"

#define CLOCK_MONOTONIC 1

struct time {
    long seconds;
    long nanoseconds;
};

static void write_all(const char *bytes, long count)
{
    while (count) {
        long done = call(CALL_WRITE, 1, bytes, count, 0);

        if (done <= 0) {
            leave(1);
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

    call(CALL_CLOCK, CLOCK_MONOTONIC, &now, 0, 0);
    value = now.seconds * 1000000000ul + now.nanoseconds;
    *--first = ' ';
    do {
        *--first = '0' + value % 10;
        value /= 10;
    } while (value);
    write_all(first, digits + sizeof(digits) - first);
}

static void write_vcpu(void)
{
    char line[VCPU_TIME];
    long count = vcpu_time(line);

    line[count++] = ' ';
    write_all(line, count);
}

void _start(void);

void _start(void)
{
    static char bytes[4096];
    int at_start = 1;
    long count;

    while ((count = call(CALL_READ, 0, bytes, sizeof(bytes), 0)) > 0) {
        long begin = 0;

        for (long i = 0; i < count; i++) {
            if (at_start) {
                write_now();
                write_vcpu();
            }
            at_start = bytes[i] == '\n';
            if (at_start) {
                write_all(bytes + begin, i + 1 - begin);
                begin = i + 1;
            }
        }
        write_all(bytes + begin, count - begin);
    }
    leave(0);
}
