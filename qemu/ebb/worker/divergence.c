/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "divergence.h"

#define CONTEXT_EVENTS 8u

static void describe_event(GString *text, const struct ebb_event *event)
{
    const char *name = ebb_event_kind_name(event->kind);

    g_string_append_printf(text, "%s at position %" PRIu64, name ? name : "unknown event",
                           event->position);
    if (event->flags & EBB_EVENT_NESTED) {
        g_string_append(text, ", nested");
    }
    g_string_append_printf(text, ", address 0x%" PRIx64, event->address);
    if (event->size) {
        g_string_append_printf(text, ", %u bytes", event->size);
    }
    g_string_append_printf(text, ", value 0x%" PRIx64, event->value);
    if (event->data_length) {
        g_string_append_printf(text, ", %u bytes of data", event->data_length);
    }
}

/* Appends the events before the next one. */
static void describe_context(struct worker *worker, GString *text)
{
    uint64_t last = worker->events.next_number;
    uint64_t number = last > CONTEXT_EVENTS ? last - CONTEXT_EVENTS : 0;
    struct ebb_cursor *cursor = ebb_cursor_new(worker->events.log, NULL);
    struct ebb_event event;

    if (cursor && !ebb_cursor_seek_event(cursor, number, NULL)) {
        g_string_append(text, "  the events before it:\n");
        for (; number < last && ebb_cursor_next(cursor, &event, NULL) == 1; number++) {
            g_string_append_printf(text, "    event %" PRIu64 ": ", number);
            describe_event(text, &event);
            g_string_append_c(text, '\n');
        }
    }
    ebb_cursor_free(cursor);
}

void worker_meet_damage(struct worker *worker, uint64_t position, const char *message)
{
    if (worker->report->len) {
        return;
    }
    worker->damaged = true;
    worker->diverged_position = position;
    g_string_append_printf(worker->report,
                           "the recording is damaged behind position %" PRIu64 ", event %" PRIu64
                           " of %" PRIu64 ": %s",
                           position, worker->events.next_number, worker->events.event_count,
                           message);
    if (current_cpu) {
        cpu_exit(current_cpu);
    }
}

void worker_diverge(struct worker *worker, uint64_t position, const char *format, ...)
{
    GString *text = worker->report;
    va_list arguments;

    if (text->len) {
        return; /* the first mismatch is the one that counts */
    }
    worker->damaged = false;
    worker->diverged_position = position;
    g_string_append_printf(text,
                           "replay and log disagree at position %" PRIu64 ", event %" PRIu64
                           " of %" PRIu64 ", PC 0x%" PRIx64 "\n",
                           position, worker->events.next_number, worker->events.event_count,
                           worker_pc(worker));
    g_string_append(text, "  expected: ");
    if (worker->events.have_next) {
        describe_event(text, &worker->events.next);
    } else {
        g_string_append(text, "the end of the log");
    }
    g_string_append(text, "\n  got: ");
    va_start(arguments, format);
    g_string_append_vprintf(text, format, arguments);
    va_end(arguments);
    g_string_append_c(text, '\n');
    describe_context(worker, text);
    if (current_cpu) {
        cpu_exit(current_cpu);
    }
}
