/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "early_stop.h"

#include <inttypes.h>

int early_stop_fail(const struct timeline_stop *stop, const char *advice, FILE *out,
                    struct ebb_error *error)
{
    const char *separator = advice ? "; " : "";

    advice = advice ? advice : "";
    switch (stop->reason) {
    case TIMELINE_STOP_INTERRUPTED:
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    case TIMELINE_STOP_DAMAGED:
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s%s%s",
                        stop->report ? stop->report : "the recording is damaged", separator,
                        advice);
    case TIMELINE_STOP_DIVERGED:
        if (stop->report) {
            fprintf(out, "%s\n", stop->report);
        }
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "replay and log disagree after position %" PRIu64 "%s%s", stop->position,
                        separator, advice);
    default:
        return 0;
    }
}
