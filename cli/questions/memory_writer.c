/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory_writer.h"

#include "cli/early_stop.h"

/* Bytes from `begin` to before `end`, counted from the address. */
static uint32_t mask(uint64_t begin, uint64_t end)
{
    return (uint32_t)((UINT64_C(1) << end) - (UINT64_C(1) << begin));
}

/* A worker has made the row: what it tells of beside the memory that is watched counts nothing. */
static int note(void *opaque, const struct timeline_row *row)
{
    struct memory_writer *writer = opaque;
    bool by_device = writer->kind != MEMORY_WRITER_CPU;
    uint64_t begin = row->data_address - writer->address, left = writer->length - begin;

    if (row->write && row->position == writer->where && row->by_device == by_device &&
        begin < writer->length) {
        writer->bytes |= mask(begin, begin + (row->data_length < left ? row->data_length : left));
    }
    return 0;
}

/* Which bytes were written there, in one access or several. */
static int find_bytes(struct memory_writer *writer, struct question *question,
                      struct ebb_error *error)
{
    uint64_t end = timeline_end(question->timeline);
    uint64_t from = writer->where < end ? writer->where : end - 1;
    struct timeline_scan_result result = {0};

    question->scan =
        (struct timeline_scan){.from = from, .to = from + 1, .row = note, .opaque = writer};
    writer->bytes = 0;
    return question_scan(question, &result, error);
}

static int search(struct memory_writer *writer, struct question *question,
                  struct timeline_stop *stop, struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;

    timeline_clear_breakpoints(timeline);
    if (timeline_add_breakpoint(timeline, TIMELINE_WATCH_PHYSICAL_WRITE, writer->address,
                                writer->length, error) < 0 ||
        timeline_run_backward(timeline, writer->begin, stop, error) < 0) {
        return -1;
    }
    progress_clear(&question->progress);
    return early_stop_fail(stop, "--from can leave that out", stderr, error);
}

int memory_writer_find(struct memory_writer *writer, struct question *question,
                       struct ebb_error *error)
{
    struct timeline_stop stop;
    int status = 0;

    writer->kind = MEMORY_WRITER_NONE;
    if (question_seek(question, writer->position, NULL, error) < 0 ||
        search(writer, question, &stop, error) < 0) {
        return -1;
    }
    if (stop.reason == TIMELINE_STOP_WATCHPOINT) {
        writer->kind = stop.by_reset    ? MEMORY_WRITER_RESET
                       : stop.by_device ? MEMORY_WRITER_DEVICE
                                        : MEMORY_WRITER_CPU;
        writer->where = stop.position - (stop.inside ? 1 : 0);
        writer->inside = stop.inside;
        /* All that is there behind a reset is its doing, and which bytes it is is not told. */
        writer->bytes = mask(0, writer->length);
        status = stop.by_reset ? 0 : find_bytes(writer, question, error);
    }
    timeline_clear_breakpoints(question->timeline);
    return status;
}
