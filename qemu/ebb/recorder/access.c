/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "access.h"
#include "events.h"

bool recorder_access_begin(struct recorder_session *session, uint64_t position)
{
    if (session->moment.phase == MOMENT_INSIDE || !recorder_state_is_recording(session)) {
        return false;
    }
    session->moment = moment_inside(position);
    return true;
}

void recorder_access_end(struct recorder_session *session)
{
    session->moment = moment_arrived(session->moment.position + 1);
}

void recorder_access_append(struct recorder_session *session, struct ebb_event *event)
{
    if (recorder_state_is_recording(session)) {
        event->position = session->moment.position;
        recorder_events_append(session, event);
    }
}

void recorder_access_append_mmio(struct recorder_session *session, uint32_t kind, uint64_t address,
                                 uint64_t value, unsigned size, uint32_t flags)
{
    struct ebb_event event = {
        .kind = kind,
        .address = address,
        .value = value,
        .size = size,
        .flags = flags,
    };

    recorder_access_append(session, &event);
}
