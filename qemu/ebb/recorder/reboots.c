/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "reboots.h"

#define QUICK_NS NANOSECONDS_PER_SECOND
#define TOO_MANY 3

void recorder_reboots_reset(struct recorder_session *session)
{
    struct recorder_reboots *reboots = &session->reboots;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bool is_quick = reboots->powered_on && now - reboots->started_ns < QUICK_NS;

    reboots->quick = is_quick ? reboots->quick + 1 : 0;
    reboots->powered_on = true;
    reboots->started_ns = now;
    if (reboots->quick == TOO_MANY) {
        warn_report("the guest has rebooted %d times, each time within a second of its start; if "
                    "that is not what it is to do, its console says why (Linux: with earlycon and "
                    "without panic=-1 on the kernel's command line)",
                    TOO_MANY);
    }
}
