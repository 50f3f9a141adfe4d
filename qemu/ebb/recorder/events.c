/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "accel.h"
#include "events.h"
#include "ram_space.h"
#include "until.h"

#define MAX_DMA_EVENT (1u << 20) /* bytes; longer transfers become several events */

void recorder_events_append(struct recorder_session *session, const struct ebb_event *event)
{
    /* QEMU has compilers clear what is on the stack; this is a kilobyte, at each event. */
    struct ebb_error error __attribute__((uninitialized));

    if (ebb_log_writer_append(session->writer, event, &error)) {
        recorder_state_fail(session, "%s", error.message);
        return;
    }
    recorder_until_see(session, event);
}

void recorder_events_effect(struct recorder_session *session, struct ebb_event *event)
{
    if (!recorder_state_is_recording(session)) {
        return;
    }
    if (session->moment.phase == MOMENT_INSIDE) {
        event->position = session->moment.position;
        event->flags |= EBB_EVENT_NESTED;
    } else {
        event->position = session->accel->place(session);
        if (!moment_compare(session->moment, moment_settled(event->position))) {
            event->flags |= EBB_EVENT_AFTER_ENTRY;
            /* Once for each entry: another interrupt may be pending here, and not be entered yet.
             */
            session->moment = moment_arrived(event->position);
        }
    }
    recorder_events_append(session, event);
}

void recorder_events_dma(struct recorder_session *session, uint64_t ram_offset, uint64_t length)
{
    while (length) {
        struct ebb_event event = {.kind = EBB_EVENT_DMA, .address = ram_offset};
        uint64_t left;

        event.data = recorder_ram_space_pointer(session->space, ram_offset, &left);
        event.data_length = MIN(MIN(length, left), MAX_DMA_EVENT);
        recorder_events_effect(session, &event);
        ram_offset += event.data_length;
        length -= event.data_length;
    }
}
