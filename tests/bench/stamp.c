/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts in front of each line of its input when it came: nanoseconds of the monotonic clock. */
#include <stdio.h>
#include <time.h>

int main(void)
{
    char line[4096];
    struct timespec now;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        printf("%lld%09ld %s", (long long)now.tv_sec, now.tv_nsec, line);
    }
    return 0;
}
