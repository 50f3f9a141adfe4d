/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For LD_PRELOAD: the time of day is found a day ahead of what the kernel goes by, as if the clock
 * was set back by a day right after each look at it. Whoever waits by it waits a day.
 */
#include <dlfcn.h>
#include <time.h>

enum { DAY = 24 * 60 * 60 };

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, time);

    if (status == 0 && clock == CLOCK_REALTIME) {
        time->tv_sec += DAY;
    }
    return status;
}
