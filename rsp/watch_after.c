/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch_after.h"

/*
 * Where the access is over. A device's write may be one that the instruction here causes, so that
 * is gone over in any case.
 */
static uint64_t destination(const struct rsp_session *session, bool back)
{
    uint64_t here = timeline_position(session->timeline);

    if (back) {
        return here > timeline_begin(session->timeline) ? here - 1 : here;
    }
    return here < timeline_end(session->timeline) ? here + 1 : here;
}

int rsp_watch_go_over(struct rsp_session *session, bool back, const struct timeline_stop *stop,
                      struct ebb_error *error)
{
    struct timeline_stop ignored;

    if (!session->watch_after || stop->reason != TIMELINE_STOP_WATCHPOINT) {
        return 0;
    }
    if (timeline_in_diversion(session->timeline)) {
        return timeline_resume_diversion(session->timeline, true, &ignored, error);
    }
    return timeline_seek(session->timeline, destination(session, back), &ignored, error);
}
