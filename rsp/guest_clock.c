/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest_clock.h"

#include "clock_reading.h"
#include "words.h"

#include <inttypes.h>

static bool is_stopped(void *opaque)
{
    return rsp_session_interrupted(opaque);
}

int rsp_print_counter(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    const struct rsp_recording *recording = session->recording;
    struct rsp_clock_reading search = {.stopped = is_stopped, .opaque = session};
    const struct ebb_log *log = timeline_log(session->timeline);
    int status;
    uint64_t wanted = 0;

    if (count > 1 && rsp_parse_number(words[1], &wanted, error) < 0) {
        return -1;
    }
    if (recording) {
        search.clock = recording->clock;
        search.address = recording->clock_address;
    }
    if (search.clock == RSP_CLOCK_IN_MEMORY) {
        rsp_session_print(session, "no reading of the counter: the guest's clock is a page of "
                                   "memory, and reads of memory are no events\n");
        return 0;
    }
    status = count > 1 ? rsp_clock_first(&search, log, wanted, error)
                       : rsp_clock_last(&search, log, timeline_position(session->timeline), error);
    if (status < 0) {
        return -1;
    }
    if (search.found) {
        rsp_session_printf(session, "counter %" PRIu64 " at %" PRIu64 "\n", search.value,
                           search.position);
    } else {
        rsp_session_print(session, "no reading of the counter\n");
    }
    return 0;
}
