/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events repeat themselves: a guest reads the same few registers over and over. So a block has a
 * table of shapes (all that such repetitions have in common) and each event names its shape. The
 * rest stands in columns, the values sorted by shape, so that like stands beside like.
 */
#include "event_encoding.h"

#include "format.h"
#include "stored_frame.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define HASH_SLOTS (4 * EBB_MAX_BLOCK_EVENTS) /* a power of two */

/* Payloads with much data are compressed faster and less well: it is DMA, and there may be a lot.
 */
#define LEVEL_SMALL 9
#define LEVEL_LARGE 3
#define LEVEL_SMALL_LIGHT 1
#define LEVEL_LARGE_LIGHT (-16)
#define LARGE_DATA (64u << 10) /* bytes */

/* Where time matters more than size, large data of which more than three of four bytes are left is
 * not compressed, nor is that of so many payloads behind it. */
#define HARD(size) ((size) / 4 * 3)
#define HARD_IN_A_ROW 16u

enum shape_trait {
    SHAPE_MOVES = 1 << 0,    /* addresses stand in their column, not in the shape */
    SHAPE_HAS_DATA = 1 << 1, /* lengths and bytes stand in their columns */
    SHAPE_TRAITS = SHAPE_MOVES | SHAPE_HAS_DATA,
};

/* How the values of a shape's events are written. */
enum value_mode {
    VALUE_CONSTANT = 0, /* all the same: in the shape */
    VALUE_PLAIN = 1,
    VALUE_DELTA = 2, /* difference to the shape's previous value */
    VALUE_PACE = 3,  /* difference to what a clock would show that ticks with the position */
    VALUE_MODES = 4,
};

struct shape {
    uint64_t address;
    uint64_t value; /* the previous, or the only one */
    uint64_t pace;  /* with VALUE_PACE: ticks per 2^32 instructions */
    uint64_t position;
    uint32_t kind;
    uint32_t flags;
    uint32_t size;
    uint32_t traits;
    uint32_t mode;
    uint32_t count; /* events of this shape */
    uint32_t next;  /* place in the order by shape */
};

enum column {
    COLUMN_SHAPES,
    COLUMN_POSITIONS,
    COLUMN_ADDRESSES,
    COLUMN_VALUES,
    COLUMN_LENGTHS,
    COLUMNS,
};

struct ebb_event_encoder {
    ZSTD_CCtx *zstd;
    bool light;
    unsigned hard_left; /* payloads whose large data is taken for hard to compress */
    struct ebb_buffer head;
    struct ebb_buffer columns[COLUMNS];
    size_t shape_count;
    struct shape shapes[EBB_MAX_BLOCK_EVENTS];
    uint32_t shape_of[EBB_MAX_BLOCK_EVENTS]; /* event to shape */
    uint32_t order[EBB_MAX_BLOCK_EVENTS];    /* events sorted by shape */
    uint32_t slots[HASH_SLOTS];              /* shape number + 1; 0: free */
};

struct ebb_event_encoder *ebb_event_encoder_new(bool light)
{
    struct ebb_event_encoder *encoder = calloc(1, sizeof(*encoder));

    if (encoder) {
        encoder->light = light;
        encoder->zstd = ZSTD_createCCtx();
        if (!encoder->zstd) {
            free(encoder);
            encoder = NULL;
        }
    }
    return encoder;
}

void ebb_event_encoder_free(struct ebb_event_encoder *encoder)
{
    int i;

    if (!encoder) {
        return;
    }
    for (i = 0; i < COLUMNS; i++) {
        ebb_buffer_free(&encoder->columns[i]);
    }
    ebb_buffer_free(&encoder->head);
    ZSTD_freeCCtx(encoder->zstd);
    free(encoder);
}

static uint32_t event_traits(const struct ebb_event *event)
{
    bool moves = event->kind == EBB_EVENT_DMA || ebb_event_kind_has_place(event->kind);

    return (moves ? SHAPE_MOVES : 0) | (event->data_length > 0 ? SHAPE_HAS_DATA : 0);
}

/* The number of an event's shape, a new one if need be. */
static uint32_t find_shape(struct ebb_event_encoder *encoder, const struct ebb_event *event)
{
    uint32_t traits = event_traits(event);
    uint64_t address = traits & SHAPE_MOVES ? 0 : event->address;
    uint64_t hash = (address ^ (uint64_t)event->kind << 56 ^ (uint64_t)event->flags << 48 ^
                     (uint64_t)event->size << 40 ^ (uint64_t)traits << 32) *
                    0x9e3779b97f4a7c15ull;
    size_t slot = hash >> 32 & (HASH_SLOTS - 1);
    struct shape *shape;

    for (; encoder->slots[slot]; slot = (slot + 1) & (HASH_SLOTS - 1)) {
        shape = &encoder->shapes[encoder->slots[slot] - 1];
        if (shape->address == address && shape->kind == event->kind &&
            shape->flags == event->flags && shape->size == event->size && shape->traits == traits) {
            return encoder->slots[slot] - 1;
        }
    }
    shape = &encoder->shapes[encoder->shape_count++];
    memset(shape, 0, sizeof(*shape));
    shape->address = address;
    shape->kind = event->kind;
    shape->flags = event->flags;
    shape->size = event->size;
    shape->traits = traits;
    encoder->slots[slot] = encoder->shape_count;
    return encoder->shape_count - 1;
}

static void assign_shapes(struct ebb_event_encoder *encoder, const struct ebb_event *events,
                          size_t count)
{
    size_t i;

    encoder->shape_count = 0;
    memset(encoder->slots, 0, sizeof(encoder->slots));
    for (i = 0; i < count; i++) {
        encoder->shape_of[i] = find_shape(encoder, &events[i]);
        encoder->shapes[encoder->shape_of[i]].count++;
    }
}

/* Sorts the numbers of the events by shape (a counting sort, so that the order is kept within). */
static void order_by_shape(struct shape *shapes, size_t shape_count, const uint32_t *shape_of,
                           uint32_t *order, size_t count)
{
    uint32_t place = 0;
    size_t i;

    for (i = 0; i < shape_count; i++) {
        shapes[i].next = place;
        place += shapes[i].count;
    }
    for (i = 0; i < count; i++) {
        order[shapes[shape_of[i]].next++] = i;
    }
}

/* Ticks from one position to a later one at a pace; exact, since clocks count in whole ticks. */
static uint64_t ticks_between(uint64_t pace, uint64_t from, uint64_t to)
{
    unsigned __int128 first = (unsigned __int128)from * pace;
    unsigned __int128 last = (unsigned __int128)to * pace;

    return (uint64_t)(last >> 32) - (uint64_t)(first >> 32);
}

static uint64_t value_residual(uint32_t mode, uint64_t pace, const struct ebb_event *previous,
                               const struct ebb_event *event)
{
    if (mode == VALUE_PLAIN) {
        return event->value;
    }
    if (!previous) {
        return ebb_zigzag(event->value);
    }
    if (mode == VALUE_DELTA) {
        return ebb_zigzag(event->value - previous->value);
    }
    return ebb_zigzag(event->value - previous->value -
                      ticks_between(pace, previous->position, event->position));
}

static unsigned varint_length(uint64_t value)
{
    return value < 0x80 ? 1 : (unsigned)(63 - __builtin_clzll(value)) / 7 + 1;
}

/*
 * An estimate in bits of what the values cost: compression removes what repeats, so a residual that
 * equals the one before it counts little.
 */
static uint64_t mode_cost(const struct ebb_event *events, const uint32_t *order, size_t count,
                          uint32_t mode, uint64_t pace)
{
    const struct ebb_event *previous = NULL;
    uint64_t last = 0, cost = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        const struct ebb_event *event = &events[order[i]];
        uint64_t residual = value_residual(mode, pace, previous, event);

        cost += residual == last ? 1 : 8 * varint_length(residual);
        last = residual;
        previous = event;
    }
    return cost;
}

/*
 * The pace of a shape's values, from two neighbours that are far enough apart; 0 if they do not
 * look like a clock. Clocks of emulated machines tick once in a whole number of instructions, or a
 * whole number of times in one, so the nearest such pace is taken.
 */
static uint64_t guess_pace(const struct ebb_event *events, const uint32_t *order, size_t count)
{
    uint64_t best_ticks = 0, best_distance = 0;
    size_t i;

    for (i = 1; i < count; i++) {
        uint64_t ticks = events[order[i]].value - events[order[i - 1]].value;
        uint64_t distance = events[order[i]].position - events[order[i - 1]].position;

        /* Sleeping moves a clock while the position stands still: trust the slowest. */
        if (ticks < 16 || ticks > UINT32_MAX || distance == 0 || distance > UINT32_MAX) {
            continue;
        }
        if (best_ticks == 0 || ticks * best_distance < best_ticks * distance) {
            best_ticks = ticks;
            best_distance = distance;
        }
    }
    if (best_ticks == 0) {
        return 0;
    }
    if (best_distance >= best_ticks) {
        return (1ull << 32) / ((best_distance + best_ticks / 2) / best_ticks);
    }
    return ((best_ticks + best_distance / 2) / best_distance) << 32;
}

static void choose_mode(struct shape *shape, const struct ebb_event *events, const uint32_t *order)
{
    uint64_t plain, delta, pace;
    size_t i;

    for (i = 1; i < shape->count && events[order[i]].value == events[order[0]].value; i++) {
    }
    if (i == shape->count) {
        shape->mode = VALUE_CONSTANT;
        shape->value = events[order[0]].value;
        return;
    }
    plain = mode_cost(events, order, shape->count, VALUE_PLAIN, 0);
    delta = mode_cost(events, order, shape->count, VALUE_DELTA, 0);
    shape->mode = plain <= delta ? VALUE_PLAIN : VALUE_DELTA;
    pace = guess_pace(events, order, shape->count);
    if (pace && mode_cost(events, order, shape->count, VALUE_PACE, pace) <
                    (plain < delta ? plain : delta)) {
        shape->mode = VALUE_PACE;
        shape->pace = pace;
    }
}

static void put_values(struct ebb_event_encoder *encoder, const struct ebb_event *events)
{
    const uint32_t *order = encoder->order;
    size_t s, i;

    for (s = 0; s < encoder->shape_count; s++) {
        struct shape *shape = &encoder->shapes[s];
        const struct ebb_event *previous = NULL;

        choose_mode(shape, events, order);
        for (i = 0; shape->mode != VALUE_CONSTANT && i < shape->count; i++) {
            const struct ebb_event *event = &events[order[i]];

            ebb_buffer_add_varint(&encoder->columns[COLUMN_VALUES],
                                  value_residual(shape->mode, shape->pace, previous, event));
            previous = event;
        }
        order += shape->count;
    }
}

static void put_columns(struct ebb_event_encoder *encoder, const struct ebb_event *events,
                        size_t count)
{
    uint64_t position = events[0].position, ends[2] = {0, 0};
    size_t i;

    for (i = 0; i < count; i++) {
        const struct ebb_event *event = &events[i];
        const struct shape *shape = &encoder->shapes[encoder->shape_of[i]];

        ebb_buffer_add_varint(&encoder->columns[COLUMN_SHAPES], encoder->shape_of[i]);
        ebb_buffer_add_varint(&encoder->columns[COLUMN_POSITIONS], event->position - position);
        position = event->position;
        if (shape->traits & SHAPE_MOVES) {
            uint64_t *end = &ends[ebb_event_kind_has_place(event->kind)];

            ebb_buffer_add_varint(&encoder->columns[COLUMN_ADDRESSES],
                                  ebb_zigzag(event->address - *end));
            *end = event->address + event->data_length;
        }
        if (shape->traits & SHAPE_HAS_DATA) {
            ebb_buffer_add_varint(&encoder->columns[COLUMN_LENGTHS], event->data_length);
        }
    }
}

static void put_head(struct ebb_event_encoder *encoder)
{
    struct ebb_buffer *head = &encoder->head;
    uint64_t address = 0;
    size_t i;

    ebb_buffer_add_varint(head, encoder->shape_count);
    for (i = 0; i < encoder->shape_count; i++) {
        const struct shape *shape = &encoder->shapes[i];

        ebb_buffer_add_varint(head, shape->kind);
        ebb_buffer_add_varint(head, shape->flags);
        ebb_buffer_add_varint(head, shape->size);
        ebb_buffer_add_byte(head, shape->traits | shape->mode << 4);
        if (!(shape->traits & SHAPE_MOVES)) {
            ebb_buffer_add_varint(head, ebb_zigzag(shape->address - address));
            address = shape->address;
        }
        if (shape->mode == VALUE_CONSTANT) {
            ebb_buffer_add_varint(head, shape->value);
        } else if (shape->mode == VALUE_PACE) {
            ebb_buffer_add_varint(head, shape->pace);
        }
    }
    for (i = 0; i < COLUMNS; i++) {
        ebb_buffer_add_varint(head, encoder->columns[i].size);
    }
}

/* Compresses one part; parts get zstd blocks of their own, since their statistics differ. */
static int compress_part(ZSTD_CCtx *zstd, const void *bytes, size_t size, bool last,
                         struct ebb_buffer *payload, struct ebb_error *error)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left;

    do {
        ZSTD_outBuffer out;

        if (!ebb_buffer_reserve(payload, ZSTD_compressBound(size - in.pos) + 64)) {
            return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while compressing events");
        }
        out.dst = payload->bytes;
        out.size = payload->capacity;
        out.pos = payload->size;
        left = ZSTD_compressStream2(zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
        if (ZSTD_isError(left)) {
            return ebb_fail(error, EBB_ERROR_FAILED, "cannot compress events: %s",
                            ZSTD_getErrorName(left));
        }
        payload->size = out.pos;
    } while (left > 0);
    return 0;
}

static int level(const struct ebb_event_encoder *encoder, size_t data_size)
{
    if (data_size > LARGE_DATA) {
        return encoder->light ? LEVEL_LARGE_LIGHT : LEVEL_LARGE;
    }
    return encoder->light ? LEVEL_SMALL_LIGHT : LEVEL_SMALL;
}

static int compress_columns(struct ebb_event_encoder *encoder, bool last,
                            struct ebb_buffer *payload, struct ebb_error *error)
{
    const struct ebb_buffer *parts[1 + COLUMNS] = {&encoder->head};
    int count = 1, i;

    for (i = 0; i < COLUMNS; i++) {
        if (encoder->columns[i].size > 0) {
            parts[count++] = &encoder->columns[i];
        }
    }
    for (i = 0; i < count; i++) {
        if (compress_part(encoder->zstd, parts[i]->bytes, parts[i]->size, last && i + 1 == count,
                          payload, error)) {
            return -1;
        }
    }
    return 0;
}

static int compress_parts(struct ebb_event_encoder *encoder, const uint8_t *data, size_t data_size,
                          size_t raw_size, struct ebb_buffer *payload, struct ebb_error *error)
{
    bool large = encoder->light && data_size > LARGE_DATA;
    bool stored = large && encoder->hard_left > 0;
    size_t columns_size;

    ZSTD_CCtx_reset(encoder->zstd, ZSTD_reset_session_only);
    ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, level(encoder, data_size));
    ZSTD_CCtx_setPledgedSrcSize(encoder->zstd, stored ? raw_size - data_size : raw_size);
    if (compress_columns(encoder, stored, payload, error)) {
        return -1;
    }
    columns_size = payload->size;
    if (stored) {
        encoder->hard_left--;
        ebb_stored_frame_add(payload, data, data_size);
        return payload->failed
                   ? ebb_fail(error, EBB_ERROR_FAILED, "out of memory while storing events")
                   : 0;
    }
    if (compress_part(encoder->zstd, data, data_size, true, payload, error)) {
        return -1;
    }
    if (large && payload->size - columns_size > HARD(data_size)) {
        encoder->hard_left = HARD_IN_A_ROW;
    }
    return 0;
}

int ebb_event_encode(struct ebb_event_encoder *encoder, const struct ebb_event *events,
                     size_t count, const uint8_t *data, size_t data_size,
                     struct ebb_buffer *payload, uint32_t *raw_size, struct ebb_error *error)
{
    size_t size;
    bool failed;
    int i;

    ebb_buffer_clear(payload);
    ebb_buffer_clear(&encoder->head);
    for (i = 0; i < COLUMNS; i++) {
        ebb_buffer_clear(&encoder->columns[i]);
    }
    assign_shapes(encoder, events, count);
    order_by_shape(encoder->shapes, encoder->shape_count, encoder->shape_of, encoder->order, count);
    put_columns(encoder, events, count);
    put_values(encoder, events);
    put_head(encoder);
    size = encoder->head.size + data_size;
    failed = encoder->head.failed;
    for (i = 0; i < COLUMNS; i++) {
        size += encoder->columns[i].size;
        failed |= encoder->columns[i].failed;
    }
    if (failed || size > EBB_MAX_BLOCK_SIZE) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while encoding events");
    }
    *raw_size = size;
    return compress_parts(encoder, data, data_size, size, payload, error);
}

/* --- Decoding. Nothing that is read can be trusted. --- */

struct decoder {
    struct shape *shapes;
    uint32_t *shape_of;
    uint32_t *order;
    size_t shape_count;
    struct ebb_span columns[COLUMNS];
    struct ebb_span data;
};

static const char *get_shapes(struct decoder *decoder, struct ebb_span *raw)
{
    uint64_t address = 0;
    size_t i;

    for (i = 0; i < decoder->shape_count && !raw->failed; i++) {
        struct shape *shape = &decoder->shapes[i];
        uint64_t kind = ebb_span_varint(raw), flags = ebb_span_varint(raw);
        uint64_t size = ebb_span_varint(raw);
        uint8_t traits = ebb_span_byte(raw);

        if (kind > UINT32_MAX || flags > UINT32_MAX || size > 8 || traits >> 4 >= VALUE_MODES ||
            (traits & 0xf & ~SHAPE_TRAITS)) {
            return "a shape makes no sense";
        }
        shape->kind = kind;
        shape->flags = flags;
        shape->size = size;
        shape->traits = traits & SHAPE_TRAITS;
        shape->mode = traits >> 4;
        if (!(traits & SHAPE_MOVES)) {
            address += ebb_unzigzag(ebb_span_varint(raw));
            shape->address = address;
        }
        if (shape->mode == VALUE_CONSTANT) {
            shape->value = ebb_span_varint(raw);
        } else if (shape->mode == VALUE_PACE) {
            shape->pace = ebb_span_varint(raw);
        }
    }
    return raw->failed ? "the shapes are cut short" : NULL;
}

/* All of an event but its value. Of anchors, addresses continue those of other anchors. */
static const char *get_columns(struct decoder *decoder, struct ebb_event *events, size_t count,
                               uint64_t position)
{
    struct ebb_span *columns = decoder->columns;
    uint64_t ends[2] = {0, 0};
    size_t i;

    for (i = 0; i < count; i++) {
        struct ebb_event *event = &events[i];
        uint64_t number = ebb_span_varint(&columns[COLUMN_SHAPES]);
        uint64_t step = ebb_span_varint(&columns[COLUMN_POSITIONS]);
        uint64_t length = 0;
        struct shape *shape;

        if (number >= decoder->shape_count || step > UINT64_MAX - position) {
            return "an event makes no sense";
        }
        shape = &decoder->shapes[number];
        shape->count++;
        decoder->shape_of[i] = number;
        position += step;
        if (shape->traits & SHAPE_HAS_DATA) {
            length = ebb_span_varint(&columns[COLUMN_LENGTHS]);
            if (length == 0 || length > decoder->data.left) {
                return "an event has more data than there is";
            }
        }
        event->position = position;
        event->address = shape->address;
        if (shape->traits & SHAPE_MOVES) {
            uint64_t *end = &ends[ebb_event_kind_has_place(shape->kind)];

            event->address = *end + ebb_unzigzag(ebb_span_varint(&columns[COLUMN_ADDRESSES]));
            *end = event->address + length;
        }
        event->kind = shape->kind;
        event->flags = shape->flags;
        event->size = shape->size;
        event->data_length = length;
        event->data = length ? ebb_span_take(&decoder->data, length) : NULL;
    }
    return NULL;
}

static void get_shape_values(struct ebb_span *values, const struct shape *shape,
                             struct ebb_event *events, const uint32_t *order)
{
    const struct ebb_event *previous = NULL;
    size_t i;

    for (i = 0; i < shape->count; i++) {
        struct ebb_event *event = &events[order[i]];

        switch (shape->mode) {
        case VALUE_CONSTANT:
            event->value = shape->value;
            break;
        case VALUE_PLAIN:
            event->value = ebb_span_varint(values);
            break;
        default:
            event->value = ebb_unzigzag(ebb_span_varint(values));
            if (previous) {
                event->value += previous->value;
                if (shape->mode == VALUE_PACE) {
                    event->value += ticks_between(shape->pace, previous->position, event->position);
                }
            }
            break;
        }
        previous = event;
    }
}

static const char *decode_parts(struct decoder *decoder, struct ebb_span *raw,
                                struct ebb_event *events, size_t count, uint64_t first_position)
{
    const char *problem = get_shapes(decoder, raw);
    uint64_t sizes[COLUMNS];
    const uint32_t *order = decoder->order;
    size_t i;

    if (problem) {
        return problem;
    }
    for (i = 0; i < COLUMNS; i++) {
        sizes[i] = ebb_span_varint(raw);
    }
    for (i = 0; i < COLUMNS; i++) {
        decoder->columns[i] = ebb_span_split(raw, sizes[i]);
    }
    decoder->data = *raw;
    if (raw->failed) {
        return "its columns are cut short";
    }
    problem = get_columns(decoder, events, count, first_position);
    if (problem) {
        return problem;
    }
    order_by_shape(decoder->shapes, decoder->shape_count, decoder->shape_of, decoder->order, count);
    for (i = 0; i < decoder->shape_count; i++) {
        get_shape_values(&decoder->columns[COLUMN_VALUES], &decoder->shapes[i], events, order);
        order += decoder->shapes[i].count;
    }
    for (i = 0; i < COLUMNS; i++) {
        if (decoder->columns[i].failed || decoder->columns[i].left > 0) {
            return "its columns do not fit its events";
        }
    }
    return decoder->data.left > 0 ? "it has data that belongs to no event" : NULL;
}

const char *ebb_event_decode(const uint8_t *raw, size_t raw_size, struct ebb_event *events,
                             size_t count, uint64_t first_position)
{
    struct ebb_span span = {raw, raw_size, false};
    struct decoder decoder = {.shape_count = 0};
    uint64_t shape_count = ebb_span_varint(&span);
    const char *problem = "there is no memory to decode it";
    size_t i;

    if (shape_count == 0 || shape_count > count) {
        return "its number of shapes makes no sense";
    }
    decoder.shape_count = shape_count;
    decoder.shapes = calloc(shape_count, sizeof(*decoder.shapes));
    decoder.shape_of = malloc(count * sizeof(*decoder.shape_of));
    decoder.order = malloc(count * sizeof(*decoder.order));
    if (decoder.shapes && decoder.shape_of && decoder.order) {
        problem = decode_parts(&decoder, &span, events, count, first_position);
    }
    free(decoder.shapes);
    free(decoder.shape_of);
    free(decoder.order);
    for (i = 0; !problem && i < count; i++) {
        problem = ebb_event_problem(&events[i]);
    }
    return problem;
}
