/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyframe_reader.h"

#include "keyframe_tables.h"

#include <inttypes.h>
#include <stdlib.h>

static struct ebb_keyframe_place *place_of(const struct ebb_log *log, uint64_t number)
{
    return &log->places[number - log->start.first_keyframe];
}

static int check_number(const struct ebb_log *log, uint64_t number, struct ebb_error *error)
{
    if (number < log->start.first_keyframe || number >= log->keyframe_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no keyframe %" PRIu64 ": the recording has %" PRIu64
                        ", the first is number %" PRIu64,
                        number, (uint64_t)log->place_count, log->start.first_keyframe);
    }
    return 0;
}

int ebb_log_keyframe(const struct ebb_log *log, uint64_t number, struct ebb_keyframe *keyframe,
                     struct ebb_error *error)
{
    const struct ebb_keyframe_place *place;

    if (check_number(log, number, error)) {
        return -1;
    }
    place = place_of(log, number);
    keyframe->number = number;
    keyframe->position = place->position;
    keyframe->event_number = place->event_number;
    return 0;
}

uint64_t ebb_keyframe_contents_before(const struct ebb_log *log, uint64_t number)
{
    return place_of(log, number)->last_id + 1 - log->start.first_page;
}

/* --- Registers. --- */

/* Decodes a keyframe block's payload. Returns NULL, or what is wrong. */
static const char *decode_registers(const struct ebb_keyframe_place *place,
                                    const struct ebb_block *block, uint8_t *payload,
                                    struct ebb_keyframe_registers *registers)
{
    struct ebb_span span = {payload, block->stored_size, false};
    struct ebb_register *list;
    uint64_t id = 0;
    size_t i;

    if (ebb_span_varint(&span) != place->block - place->first_table) {
        return "its tables are not there";
    }
    /* Each takes three bytes at least, which bounds the memory. */
    if (block->count > span.left / 3) {
        return "its registers are cut short";
    }
    list = calloc(block->count + 1, sizeof(*list));
    if (!list) {
        return "there is no memory for its registers";
    }
    for (i = 0; i < block->count; i++) {
        uint64_t size;

        id += ebb_unzigzag(ebb_span_varint(&span));
        size = ebb_span_varint(&span);
        if (size < 1 || size > EBB_MAX_REGISTER_SIZE) {
            break;
        }
        list[i].id = id;
        list[i].size = size;
        list[i].value = ebb_span_take(&span, size);
    }
    if (i < block->count || span.failed || span.left > 0) {
        free(list);
        return "its registers make no sense";
    }
    registers->count = block->count;
    registers->list = list;
    registers->values = payload;
    return NULL;
}

int ebb_keyframe_registers_read(const struct ebb_log *log, uint64_t number,
                                struct ebb_keyframe_registers *registers, struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    const struct ebb_keyframe_place *place;
    const struct ebb_block *block;
    const char *problem;

    *registers = (struct ebb_keyframe_registers){.list = NULL};
    if (check_number(log, number, error)) {
        return -1;
    }
    place = place_of(log, number);
    block = &log->keyframes.blocks[place->block];
    if (ebb_input_read(&log->keyframes, block, &payload, error)) {
        ebb_buffer_free(&payload);
        return -1;
    }
    problem = decode_registers(place, block, payload.bytes, registers);
    if (problem) {
        ebb_buffer_free(&payload);
        return ebb_input_corrupt(&log->keyframes, block->offset, problem, error);
    }
    return 0; /* the payload stays: the registers' values are in it */
}

void ebb_keyframe_registers_free(struct ebb_keyframe_registers *registers)
{
    free(registers->list);
    free(registers->values);
    *registers = (struct ebb_keyframe_registers){.list = NULL};
}

/* --- Visiting pages. --- */

/*
 * Runs are taken in the order of their content's id, so that each group is decompressed once. They
 * form a heap with the lowest id on top; a run that reaches into the next group goes back into it.
 */
struct walk {
    const struct ebb_log *log;
    struct ebb_page_run *heap;
    size_t count;
    ZSTD_DCtx *zstd;
    struct ebb_buffer stored;
    struct ebb_buffer pages; /* the group's */
    const struct ebb_block *group;
    ebb_page_visitor visit;
    void *opaque;
    struct ebb_error *error;
};

static int compare_ids(const void *left, const void *right)
{
    const struct ebb_page_run *a = left, *b = right;

    return a->id < b->id ? -1 : a->id > b->id;
}

/* Restores the order of the heap after its top has changed. */
static void sift_down(struct walk *walk)
{
    size_t place = 0, child;

    while ((child = 2 * place + 1) < walk->count) {
        struct ebb_page_run swap = walk->heap[place];

        if (child + 1 < walk->count && walk->heap[child + 1].id < walk->heap[child].id) {
            child++;
        }
        if (swap.id <= walk->heap[child].id) {
            return;
        }
        walk->heap[place] = walk->heap[child];
        walk->heap[child] = swap;
        place = child;
    }
}

/* Makes the group with a page content the current one. The id is known to exist. */
static int load_group(struct walk *walk, uint64_t id)
{
    const struct ebb_input *input = &walk->log->keyframes;
    size_t low = 0, high = walk->log->group_count - 1;

    if (walk->group && id < walk->group->first + walk->group->count) {
        return 0;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ebb_block *block = &input->blocks[walk->log->groups[middle]];

        if (block->first + block->count <= id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    walk->group = &input->blocks[walk->log->groups[low]];
    return ebb_input_decompress(input, walk->group, walk->zstd, &walk->stored, &walk->pages,
                                walk->error);
}

static int walk_runs(struct walk *walk)
{
    while (walk->count > 0) {
        struct ebb_page_run *run = walk->heap;

        if (load_group(walk, run->id)) {
            return -1;
        }
        while (run->count > 0 && run->id < walk->group->first + walk->group->count) {
            size_t index = run->id - walk->group->first;
            int status =
                walk->visit(walk->opaque, run->page, walk->pages.bytes + index * EBB_PAGE_SIZE);

            if (status) {
                return status;
            }
            run->page++;
            run->id++;
            run->count--;
        }
        if (run->count == 0) {
            *run = walk->heap[--walk->count];
        }
        sift_down(walk);
    }
    return 0;
}

/* Visits the pages of runs without zeroes among them; puts the runs in another order. */
static int visit_runs(const struct ebb_log *log, struct ebb_page_run *runs, size_t count,
                      ebb_page_visitor visit, void *opaque, struct ebb_error *error)
{
    struct walk walk = {
        .log = log, .heap = runs, .count = count, .visit = visit, .opaque = opaque, .error = error};
    int status;

    if (count == 0) {
        return 0;
    }
    walk.zstd = ZSTD_createDCtx();
    if (!walk.zstd) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while reading pages");
    }
    qsort(walk.heap, walk.count, sizeof(*walk.heap), compare_ids);
    status = walk_runs(&walk);
    ZSTD_freeDCtx(walk.zstd);
    ebb_buffer_free(&walk.stored);
    ebb_buffer_free(&walk.pages);
    return status;
}

/* Moves the runs of zeroes to the end; returns the number of the others. */
static size_t part_zeroes(struct ebb_page_run *runs, size_t count)
{
    size_t others = 0, i;

    for (i = 0; i < count; i++) {
        if (runs[i].id) {
            struct ebb_page_run swap = runs[others];

            runs[others++] = runs[i];
            runs[i] = swap;
        }
    }
    return others;
}

int ebb_keyframe_visit_pages(const struct ebb_log *log, uint64_t number, ebb_page_visitor visit,
                             void *opaque, struct ebb_error *error)
{
    struct ebb_page_table table = {NULL, 0, 0, false};
    int status;

    if (check_number(log, number, error)) {
        return -1;
    }
    status = ebb_keyframe_tables_whole(log, number, &table, error);
    if (!status) {
        status =
            visit_runs(log, table.runs, part_zeroes(table.runs, table.count), visit, opaque, error);
    }
    ebb_page_table_free(&table);
    return status;
}

/* The pages of the runs of a table, those that are all zeroes first, as NULL. */
static int visit_table(const struct ebb_log *log, const struct ebb_page_table *table,
                       ebb_page_visitor visit, void *opaque, struct ebb_error *error)
{
    size_t others = part_zeroes(table->runs, table->count), i;
    uint64_t page;

    for (i = others; i < table->count; i++) {
        for (page = 0; page < table->runs[i].count; page++) {
            int status = visit(opaque, table->runs[i].page + page, NULL);

            if (status) {
                return status;
            }
        }
    }
    return visit_runs(log, table->runs, others, visit, opaque, error);
}

int ebb_keyframe_visit_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                               ebb_page_visitor visit, void *opaque, struct ebb_error *error)
{
    struct ebb_page_table changes = {NULL, 0, 0, false};
    int status;

    if (check_number(log, base, error) || check_number(log, number, error)) {
        return -1;
    }
    if (base == number) {
        return 0;
    }
    status = base < number ? ebb_keyframe_tables_changes(log, base + 1, number, &changes, error)
                           : ebb_keyframe_tables_undone(log, number, base, &changes, error);
    if (!status) {
        status = visit_table(log, &changes, visit, opaque, error);
    }
    ebb_page_table_free(&changes);
    return status;
}
