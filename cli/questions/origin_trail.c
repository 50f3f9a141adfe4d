/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "origin_trail.h"

#include "memory_writer.h"
#include "register_writer.h"

#include <inttypes.h>
#include <string.h>

#define PAGE 4096u
#define PAGE_BITS 12u

/* The part of what an instruction writes that is looked for. */
struct part {
    const struct movement *movement;
    unsigned begin, end; /* bytes of trail->place */
    int64_t offset;      /* of the movement's first byte, from trail->place's */
};

static int tell(struct origin_trail *trail, const struct origin_step *step, struct ebb_error *error)
{
    struct origin_step told = *step;
    int status;

    told.what = trail->place;
    told.physical = trail->place.space == MOVEMENT_MEMORY && trail->physical;
    told.namer = step->cpu ? &step->cpu->cpu : &trail->cpu.cpu;
    memcpy(told.value, trail->value, sizeof(told.value));
    status = trail->tell(trail->opaque, &told, error);
    trail->ended = step->did == ORIGIN_STOPS || status > 0;
    return status < 0 ? -1 : 0;
}

/* cpu: NULL if no instruction has to do with it. */
static int stop(struct origin_trail *trail, enum origin_reason reason, uint64_t position,
                const struct origin_cpu *cpu, struct ebb_error *error)
{
    const struct origin_step step = {
        .did = ORIGIN_STOPS, .reason = reason, .position = position, .cpu = cpu};

    return tell(trail, &step, error);
}

/* Physical pages stay beside each other if virtual ones do, or the place is none. */
static int find_physical(struct origin_trail *trail, uint64_t *physical, struct ebb_error *error)
{
    uint64_t last = trail->place.address + trail->place.length - 1, end;
    int status;

    *physical = trail->place.address;
    if (trail->physical) {
        return 1;
    }
    status =
        timeline_physical_address(trail->guest->timeline, trail->place.address, physical, error);
    if (status <= 0 || last / PAGE == trail->place.address / PAGE) {
        return status;
    }
    status = timeline_physical_address(trail->guest->timeline, last, &end, error);
    return status <= 0 ? status : end - *physical == trail->place.length - 1 ? 1 : 0;
}

/* The bytes at trail->place where the timeline is. */
static int read_memory(struct origin_trail *trail, uint64_t physical, uint8_t *bytes,
                       struct ebb_error *error)
{
    long got =
        timeline_read_physical(trail->guest->timeline, physical, bytes, trail->place.length, error);

    return got < 0 ? -1 : got == (long)trail->place.length;
}

/* A register's number and byte, or how far in the page: by another virtual address it may be. */
static int64_t offset_of(const struct origin_trail *trail, uint64_t physical,
                         const struct movement *movement)
{
    return trail->place.space == MOVEMENT_MEMORY
               ? movements_signed(movement->to.address - physical, PAGE_BITS)
               : (int64_t)(movement->to.address - trail->place.address);
}

static bool find_overlap(const struct origin_trail *trail, uint64_t physical,
                         const struct movement *movement, struct part *part)
{
    int64_t offset = offset_of(trail, physical, movement), end = offset + movement->to.length;

    if (movement->to.space != trail->place.space || end <= 0 || offset >= trail->place.length) {
        return false;
    }
    *part = (struct part){
        .movement = movement,
        .begin = offset > 0 ? (unsigned)offset : 0,
        .end = end < trail->place.length ? (unsigned)end : trail->place.length,
        .offset = offset,
    };
    return true;
}

/* What is more than an extension goes before that. Returns how many there are of what is found. */
static unsigned find_part(const struct origin_trail *trail, uint64_t physical,
                          const struct movements *movements, struct part *found)
{
    unsigned count = 0;
    bool is_extension = true;

    for (unsigned i = 0; i < movements->count; i++) {
        bool extends = movements->list[i].kind == MOVEMENT_EXTENSION;
        struct part part;

        if (!find_overlap(trail, physical, &movements->list[i], &part) ||
            (extends && !is_extension)) {
            continue;
        }
        count = extends == is_extension && count ? count + 1 : 1;
        is_extension = extends;
        *found = part;
    }
    return count;
}

/* The trail's place becomes the part alone. */
static void narrow(struct origin_trail *trail, const struct part *part)
{
    unsigned length = part->end - part->begin;

    trail->place.address += part->begin;
    trail->place.length = length;
    memmove(trail->value, trail->value + part->begin, length);
}

/* Where the part comes from. */
static struct movement_place source_of(const struct part *part)
{
    struct movement_place from = part->movement->from;
    unsigned skipped = (unsigned)((int64_t)part->begin - part->offset);
    unsigned length = part->end - part->begin;

    from.address += part->movement->reversed ? from.length - skipped - length : skipped;
    from.length = length;
    return from;
}

static void reverse(uint8_t *bytes, unsigned length)
{
    for (unsigned i = 0; i < length / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[length - 1 - i];
        bytes[length - 1 - i] = byte;
    }
}

/* The value of a part as it was in its source. */
static void source_value(const struct origin_trail *trail, const struct part *part, uint8_t *bytes)
{
    unsigned length = part->end - part->begin;

    memcpy(bytes, trail->value + part->begin, length);
    if (part->movement->reversed) {
        reverse(bytes, length);
    }
}

/* Whether the source has the value, where the timeline is; 1 as well if that cannot be told. */
static int is_same(struct origin_trail *trail, const struct part *part,
                   const struct origin_cpu *cpu, struct ebb_error *error)
{
    uint8_t wanted[ORIGIN_VALUE_MAX], bytes[ORIGIN_VALUE_MAX];
    int status = origin_guest_value(trail->guest, cpu, source_of(part), bytes, error);

    source_value(trail, part, wanted);
    return status <= 0 ? status < 0 ? -1 : 1 : memcmp(wanted, bytes, part->end - part->begin) == 0;
}

/* Goes on with where a part of what was written at a position comes from. */
static int follow(struct origin_trail *trail, const struct part *part, uint64_t position,
                  const struct origin_cpu *cpu, struct ebb_error *error)
{
    struct movement_place from = source_of(part);
    struct origin_step step = {
        .did = trail->place.space == MOVEMENT_MEMORY ? ORIGIN_STORED
               : from.space == MOVEMENT_MEMORY       ? ORIGIN_LOADED
                                                     : ORIGIN_COPIED,
        .position = position,
        .from = from,
        .cpu = cpu,
    };
    uint8_t value[ORIGIN_VALUE_MAX];

    source_value(trail, part, value);
    narrow(trail, part);
    if (tell(trail, &step, error) < 0) {
        return -1;
    }
    trail->place = from;
    trail->physical = false;
    trail->position = position;
    memcpy(trail->value, value, from.length);
    trail->cpu = *cpu;
    return 0;
}

static enum origin_reason reason_of(const struct movement *movement)
{
    switch (movement->kind) {
    case MOVEMENT_CONSTANT:
        return ORIGIN_CONSTANT;
    case MOVEMENT_EXTENSION:
        return ORIGIN_EXTENSION;
    case MOVEMENT_SYSTEM:
        return ORIGIN_SYSTEM;
    case MOVEMENT_LINK:
        return ORIGIN_LINK;
    case MOVEMENT_UNKNOWN:
        return ORIGIN_UNKNOWN;
    default:
        return ORIGIN_COMPUTED;
    }
}

/* The event that an instruction has caused, of one kind or another: 1, 0 if there is none, -1. */
static int find_event(struct origin_trail *trail, uint64_t position, uint32_t kind, uint32_t other,
                      struct ebb_event *found, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(timeline_log(trail->guest->timeline), error);
    int status = cursor ? ebb_cursor_seek_position(cursor, position, error) : -1;
    struct ebb_event event;

    while (status == 0 && (status = ebb_cursor_next(cursor, &event, error)) > 0 &&
           event.position == position) {
        if (event.kind == kind || event.kind == other) {
            *found = event;
            found->data = NULL;
            ebb_cursor_free(cursor);
            return 1;
        }
        status = 0;
    }
    ebb_cursor_free(cursor);
    return status < 0 ? -1 : 0;
}

/* What no place has had before: it was made, or came from outside, in the instruction. */
static int stop_at_made(struct origin_trail *trail, enum origin_reason reason, uint64_t position,
                        const struct origin_cpu *cpu, struct ebb_error *error)
{
    struct ebb_event event;
    int status = 0;

    if (reason == ORIGIN_UNKNOWN || reason == ORIGIN_CHANGED) {
        status =
            find_event(trail, position, EBB_EVENT_HYPERCALL, EBB_EVENT_SEMIHOSTING, &event, error);
    }
    return status < 0 ? -1 : stop(trail, status ? ORIGIN_CALL : reason, position, cpu, error);
}

/* What was loaded came from a device, if the log has it. */
static int stop_at_device(struct origin_trail *trail, const struct part *part, uint64_t position,
                          const struct origin_cpu *cpu, bool *stopped, struct ebb_error *error)
{
    struct ebb_event event;
    int status =
        find_event(trail, position, EBB_EVENT_MMIO_READ, EBB_EVENT_MMIO_READ, &event, error);

    *stopped = status > 0;
    if (status > 0) {
        const struct origin_step step = {.did = ORIGIN_STOPS,
                                         .reason = ORIGIN_DEVICE,
                                         .position = position,
                                         .from = source_of(part),
                                         .cpu = cpu,
                                         .device = event.address};

        narrow(trail, part);
        status = tell(trail, &step, error);
    }
    return status < 0 ? -1 : 0;
}

/* A copy that is none of a device's register. */
static int go_along(struct origin_trail *trail, const struct part *part, uint64_t position,
                    const struct origin_cpu *cpu, struct ebb_error *error)
{
    bool stopped = false;
    int same;

    if (part->movement->from.space == MOVEMENT_MEMORY &&
        (stop_at_device(trail, part, position, cpu, &stopped, error) < 0 || stopped)) {
        return stopped ? 0 : -1;
    }
    same = is_same(trail, part, cpu, error);
    if (same <= 0) {
        return same < 0 ? -1 : stop(trail, ORIGIN_MISMATCH, position, cpu, error);
    }
    return follow(trail, part, position, cpu, error);
}

/* Judges what an instruction has written of the place. */
static int take(struct origin_trail *trail, uint64_t physical, const struct movements *movements,
                uint64_t position, const struct origin_cpu *cpu, struct ebb_error *error)
{
    struct part part;
    unsigned count = find_part(trail, physical, movements, &part);

    if (count == 0) {
        return stop_at_made(trail, ORIGIN_UNKNOWN, position, cpu, error);
    }
    if (count > 1 && part.movement->kind != MOVEMENT_UNKNOWN) {
        return stop(trail, ORIGIN_PARTS, position, cpu, error);
    }
    if (part.movement->kind == MOVEMENT_COPY) {
        return go_along(trail, &part, position, cpu, error);
    }
    narrow(trail, &part);
    return stop_at_made(trail, reason_of(part.movement), position, cpu, error);
}

/* A register that only a part of is written by the last writer of any of it. */
static bool covers(const struct origin_trail *trail, const struct movements *movements)
{
    uint32_t written = 0;
    struct part part;

    for (unsigned i = 0; i < movements->count; i++) {
        if (find_overlap(trail, 0, &movements->list[i], &part)) {
            written |= (UINT32_C(1) << part.end) - (UINT32_C(1) << part.begin);
        }
    }
    return written == (UINT32_C(1) << trail->place.length) - 1 || movements->unknown;
}

static uint64_t register_value(const struct origin_trail *trail)
{
    return trail->place.space == MOVEMENT_GENERAL ? trail->cpu.cpu.general[trail->place.address / 8]
                                                  : 0;
}

static bool register_is_known(const struct origin_trail *trail)
{
    uint8_t bytes[ORIGIN_VALUE_MAX];

    return trail->place.space == MOVEMENT_GENERAL &&
           origin_guest_value(trail->guest, &trail->cpu, trail->place, bytes, NULL) == 1;
}

static int step_register(struct origin_trail *trail, struct ebb_error *error)
{
    struct register_writer writer = {
        .place = trail->place,
        .position = trail->position,
        .begin = trail->begin,
        .value = register_value(trail),
        .has_value = register_is_known(trail),
    };

    if (register_writer_find(&writer, trail->question, trail->guest, error) < 0) {
        return -1;
    }
    switch (writer.kind) {
    case REGISTER_WRITER_NONE:
        return stop(trail, ORIGIN_INITIAL, trail->begin, NULL, error);
    case REGISTER_WRITER_ENTRY:
        return stop(trail, ORIGIN_LINK, writer.where, NULL, error);
    case REGISTER_WRITER_CHANGE:
        return stop_at_made(trail, writer.movements.unknown ? ORIGIN_UNKNOWN : ORIGIN_CHANGED,
                            writer.where, &writer.cpu, error);
    default:
        break;
    }
    if (!covers(trail, &writer.movements)) {
        return stop(trail, ORIGIN_PARTS, writer.where, &writer.cpu, error);
    }
    return take(trail, 0, &writer.movements, writer.where, &writer.cpu, error);
}

/* A store that depends on a condition may have written nothing, though it looks like a write. */
static bool has_failed(struct origin_trail *trail, uint64_t physical,
                       const struct movements *movements, const struct origin_cpu *cpu)
{
    struct part part;

    return find_part(trail, physical, movements, &part) == 1 && part.movement->may_fail &&
           part.movement->kind == MOVEMENT_COPY && is_same(trail, &part, cpu, NULL) == 0;
}

static int take_store(struct origin_trail *trail, const struct memory_writer *writer,
                      struct ebb_error *error)
{
    struct origin_cpu cpu;
    struct movements movements;

    if (question_seek(trail->question, writer->where, NULL, error) < 0 ||
        origin_guest_read(trail->guest, &cpu, error) < 0) {
        return -1;
    }
    movements_decode(&movements, &cpu.cpu, cpu.word);
    if (has_failed(trail, writer->address, &movements, &cpu)) {
        trail->place.address = writer->address;
        trail->physical = true;
        trail->position = writer->where;
        return 0;
    }
    return take(trail, writer->address, &movements, writer->where, &cpu, error);
}

static int stop_at_device_write(struct origin_trail *trail, const struct memory_writer *writer,
                                struct ebb_error *error)
{
    const struct origin_step step = {
        .did = ORIGIN_STOPS,
        .reason = writer->kind == MEMORY_WRITER_RESET ? ORIGIN_RESET : ORIGIN_DMA,
        .position = writer->where,
        .inside = writer->inside,
    };

    return tell(trail, &step, error);
}

static int find_writer(struct origin_trail *trail, uint64_t physical, struct ebb_error *error)
{
    struct memory_writer writer = {
        .address = physical,
        .length = trail->place.length,
        .position = trail->position,
        .begin = trail->begin,
    };

    if (memory_writer_find(&writer, trail->question, error) < 0) {
        return -1;
    }
    if (writer.kind == MEMORY_WRITER_NONE) {
        return stop(trail, ORIGIN_INITIAL, trail->begin, NULL, error);
    }
    if (writer.bytes != (UINT32_C(1) << writer.length) - 1) {
        return stop(trail, ORIGIN_PARTS, writer.where, NULL, error);
    }
    return writer.kind == MEMORY_WRITER_CPU ? take_store(trail, &writer, error)
                                            : stop_at_device_write(trail, &writer, error);
}

static int step_memory(struct origin_trail *trail, struct ebb_error *error)
{
    uint8_t bytes[ORIGIN_VALUE_MAX];
    uint64_t physical;
    int status;

    if (question_seek(trail->question, trail->position, NULL, error) < 0) {
        return -1;
    }
    status = find_physical(trail, &physical, error);
    if (status > 0) {
        status = read_memory(trail, physical, bytes, error);
    }
    if (status <= 0) {
        return status < 0 ? -1 : stop(trail, ORIGIN_UNMAPPED, trail->position, &trail->cpu, error);
    }
    if (memcmp(bytes, trail->value, trail->place.length) != 0) {
        return stop(trail, ORIGIN_MISMATCH, trail->position, &trail->cpu, error);
    }
    return find_writer(trail, physical, error);
}

/* The value asked for. */
static int begin(struct origin_trail *trail, struct ebb_error *error)
{
    const struct origin_step step = {.did = ORIGIN_IS, .position = trail->position};
    int status = 1;

    if (question_seek(trail->question, trail->position, NULL, error) < 0 ||
        origin_guest_read(trail->guest, &trail->cpu, error) < 0) {
        return -1;
    }
    if (trail->place.space == MOVEMENT_MEMORY) {
        uint64_t physical;

        status = find_physical(trail, &physical, error);
        status = status > 0 ? read_memory(trail, physical, trail->value, error) : status;
    } else {
        status = origin_guest_value(trail->guest, &trail->cpu, trail->place, trail->value, error);
    }
    if (status == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no memory at 0x%" PRIx64 " at position %" PRIu64
                        " that a value could be read from, or not in one piece",
                        trail->place.address, trail->position);
    }
    return status < 0 ? -1 : tell(trail, &step, error);
}

int origin_trail_walk(struct origin_trail *trail, struct ebb_error *error)
{
    int status = begin(trail, error);

    for (uint64_t steps = 0; status == 0 && !trail->ended; steps++) {
        if (progress_is_interrupted()) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        status = steps == trail->most ? stop(trail, ORIGIN_STEPS, trail->position, NULL, error)
                 : trail->place.space == MOVEMENT_MEMORY ? step_memory(trail, error)
                                                         : step_register(trail, error);
    }
    return status;
}
