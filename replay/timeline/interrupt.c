/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interrupt.h"

#include <errno.h>
#include <unistd.h>

void timeline_interrupt(struct timeline *timeline)
{
    uint64_t one = 1;
    int saved = errno;

    /* The descriptor wakes whoever waits in wait_for_stop(), and remembers it if nobody does. The
     * write fails only when the counter is full, which is as good. */
    if (write(timeline->wake, &one, sizeof(one)) < 0) {
        errno = saved;
    }
    errno = saved;
}

bool interrupt_take(struct timeline *timeline)
{
    uint64_t count;

    return read(timeline->wake, &count, sizeof(count)) == sizeof(count);
}
