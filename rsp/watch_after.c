/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch_after.h"

#include "moves.h"

/* Where the access is over; forward, what a device wrote on reaching this position is. */
static uint64_t destination(const struct rsp_session *session, const struct timeline_stop *stop,
                            bool back)
{
    uint64_t here = timeline_position(session->timeline);

    if (!back && !stop->inside) {
        return here;
    }
    if (back) {
        return here > timeline_begin(session->timeline) ? here - 1 : here;
    }
    return here < timeline_end(session->timeline) ? here + 1 : here;
}

/* An interrupt that came too late for the move that stopped does not stop this one. */
static int go_over_in_diversion(struct rsp_session *session, struct timeline_stop *stop,
                                struct ebb_error *error)
{
    do {
        if (timeline_resume_diversion(session->timeline, true, stop, error) < 0) {
            return -1;
        }
    } while (stop->reason == TIMELINE_STOP_INTERRUPTED);
    rsp_moves_note_stop(session, stop);
    return 0;
}

int rsp_watch_go_over(struct rsp_session *session, bool back, struct timeline_stop *stop,
                      struct ebb_error *error)
{
    struct timeline_stop over;

    if (!session->client_lldb || stop->reason != TIMELINE_STOP_WATCHPOINT) {
        return 0;
    }
    if (timeline_in_diversion(session->timeline)) {
        return go_over_in_diversion(session, &over, error);
    }
    if (rsp_moves_go_to(session, destination(session, stop, back), &over, error) < 0) {
        return -1;
    }
    if (over.reason == TIMELINE_STOP_DIVERGED || over.reason == TIMELINE_STOP_DAMAGED) {
        *stop = over;
    }
    return 0;
}
