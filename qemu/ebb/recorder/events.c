/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting events into the log: their positions, and whether they are nested. */
#include "qemu/osdep.h"
#include "state.h"

#define MAX_DMA_EVENT (1u << 20) /* bytes; longer transfers become several events */

static void append(struct recorder *recorder, const struct ebb_event *event)
{
    struct ebb_error error;

    if (ebb_log_writer_append(recorder->writer, event, &error)) {
        recorder_fail(recorder, "%s", error.message);
    }
}

void recorder_append_effect(struct recorder *recorder, struct ebb_event *event)
{
    if (!recorder_is_recording(recorder)) {
        return;
    }
    if (recorder->access.active) {
        event->position = recorder->access.position;
        event->flags |= EBB_EVENT_NESTED;
    } else {
        event->position = recorder->accel->place(recorder);
        if (event->position == recorder->entry_position) {
            event->flags |= EBB_EVENT_AFTER_ENTRY;
        }
    }
    append(recorder, event);
}

void recorder_append_dma(struct recorder *recorder, uint64_t ram_offset, uint64_t length)
{
    while (length) {
        struct ebb_event event = {.kind = EBB_EVENT_DMA, .address = ram_offset};
        uint64_t left;

        event.data = ebb_ram_space_pointer(recorder->space, ram_offset, &left);
        event.data_length = MIN(MIN(length, left), MAX_DMA_EVENT);
        recorder_append_effect(recorder, &event);
        ram_offset += event.data_length;
        length -= event.data_length;
    }
}

void recorder_append_access(struct recorder *recorder, struct ebb_event *event)
{
    if (recorder_is_recording(recorder)) {
        event->position = recorder->access.position;
        append(recorder, event);
    }
}

bool recorder_access_begin(struct recorder *recorder, uint64_t position)
{
    if (recorder->access.active || !recorder_is_recording(recorder)) {
        return false;
    }
    recorder->access.active = true;
    recorder->access.position = position;
    return true;
}

void recorder_access_end(struct recorder *recorder)
{
    recorder->access.active = false;
}
