/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest_time.h"

#include "place.h"

#include "cli/guest_clock.h"
#include "rsp/clock_reading.h"

#include <stdlib.h>
#include <string.h>

bool guest_time_read(const char *text, double *nanoseconds)
{
    static const struct {
        const char *name;
        double nanoseconds;
    } units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
    size_t length = strspn(text, "0123456789.");
    const char *unit = text + length + strspn(text + length, " ");
    char *end;

    if (length == 0 || text[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].name) == 0) {
            *nanoseconds = strtod(text, &end) * units[i].nanoseconds;
            return end == text + length;
        }
    }
    return false;
}

/* Ticks of the guest's clock in a second: a recording made under KVM has one that is none of the
 * CPU's, and says so. */
static int find_frequency(struct shell *shell, uint64_t *frequency, struct ebb_error *error)
{
    static const char fact[] = "\nclock-frequency ";
    const char *known = strstr(shell->served.facts, fact);

    *frequency = known ? strtoull(known + sizeof(fact) - 1, NULL, 10) : 0;
    if (!known &&
        guest_clock_cpu_frequency(shell->timeline, &shell->registers, frequency, error) < 0) {
        return -1;
    }
    return *frequency
               ? 0
               : ebb_fail(error, EBB_ERROR_FAILED,
                          "the guest's clock has no frequency here: it cannot tell the time");
}

/* A time is told in ticks of a number that ends. */
static uint64_t ticks_of(double nanoseconds, uint64_t frequency)
{
    double ticks = nanoseconds * (double)frequency / 1e9;

    return ticks < 0x1p64 ? (uint64_t)ticks : UINT64_MAX;
}

static int fail_to_find(struct shell *shell, struct ebb_error *error)
{
    return place_is_stopped(shell)
               ? ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped")
               : ebb_fail(error, EBB_ERROR_FAILED,
                          "the guest has not read its clock at that time or later");
}

int guest_time_find(struct shell *shell, double nanoseconds, uint64_t *position,
                    struct ebb_error *error)
{
    struct rsp_clock_reading reading = {
        .clock = shell->served.clock,
        .address = shell->served.clock_address,
        .stopped = place_is_stopped,
        .opaque = shell,
    };
    uint64_t frequency;

    if (shell->served.clock == RSP_CLOCK_IN_MEMORY) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the guest's clock is a page of memory, and reads of memory are no events: "
                        "nothing tells when it had which time");
    }
    if (find_frequency(shell, &frequency, error) < 0 ||
        rsp_clock_first(&reading, timeline_log(shell->timeline), ticks_of(nanoseconds, frequency),
                        error) < 0) {
        return -1;
    }
    *position = reading.position;
    return reading.found ? 0 : fail_to_find(shell, error);
}
