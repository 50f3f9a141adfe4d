/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyframe_reader.h"

#include "log_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* --- Registers. --- */

/* Decodes a keyframe block into its place. Returns NULL, or what is wrong. */
static const char *decode_registers(struct ebb_keyframe_place *place, const struct ebb_block *block,
                                    uint8_t *payload)
{
    struct ebb_span span = {payload, block->stored_size, false};
    struct ebb_register *registers;
    uint64_t id = 0;
    size_t i;

    if (ebb_span_varint(&span) != place->block - place->first_table) {
        return "its tables are not there";
    }
    /* Each takes three bytes at least, which bounds the memory. */
    if (block->count > span.left / 3) {
        return "its registers are cut short";
    }
    registers = calloc(block->count + 1, sizeof(*registers));
    if (!registers) {
        return "there is no memory for its registers";
    }
    for (i = 0; i < block->count; i++) {
        uint64_t size;

        id += ebb_unzigzag(ebb_span_varint(&span));
        size = ebb_span_varint(&span);
        if (size < 1 || size > EBB_MAX_REGISTER_SIZE) {
            break;
        }
        registers[i].id = id;
        registers[i].size = size;
        registers[i].value = ebb_span_take(&span, size);
    }
    if (i < block->count || span.failed || span.left > 0) {
        free(registers);
        return "its registers make no sense";
    }
    place->registers = registers;
    place->values = payload;
    return NULL;
}

static int load_registers(const struct ebb_log *log, struct ebb_keyframe_place *place,
                          struct ebb_error *error)
{
    const struct ebb_block *block = &log->keyframes.blocks[place->block];
    struct ebb_buffer payload = {NULL, 0, 0, false};
    const char *problem;

    if (place->registers) {
        return 0;
    }
    if (ebb_input_read(&log->keyframes, block, &payload, error)) {
        ebb_buffer_free(&payload);
        return -1;
    }
    problem = decode_registers(place, block, payload.bytes);
    if (problem) {
        ebb_buffer_free(&payload);
        return ebb_input_corrupt(&log->keyframes, block->offset, problem, error);
    }
    return 0; /* the payload stays: the registers' values are in it */
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

static struct ebb_keyframe_place *place_of(const struct ebb_log *log, uint64_t number)
{
    return &log->places[number - log->start.first_keyframe];
}

int ebb_log_keyframe(const struct ebb_log *log, uint64_t number, struct ebb_keyframe *keyframe,
                     struct ebb_error *error)
{
    struct ebb_keyframe_place *place;
    int status;

    if (check_number(log, number, error)) {
        return -1;
    }
    place = place_of(log, number);
    pthread_mutex_lock(&log->cache->mutex);
    status = load_registers(log, place, error);
    pthread_mutex_unlock(&log->cache->mutex);
    if (status) {
        return -1;
    }
    keyframe->number = number;
    keyframe->position = place->position;
    keyframe->event_number = place->event_number;
    keyframe->register_count = log->keyframes.blocks[place->block].count;
    keyframe->registers = place->registers;
    return 0;
}

/* --- Page tables. --- */

/* Reads what one keyframe changed. */
static int load_changes(const struct ebb_log *log, uint64_t number, struct ebb_page_table *table,
                        struct ebb_error *error)
{
    const struct ebb_keyframe_place *place = place_of(log, number);
    struct ebb_buffer payload = {NULL, 0, 0, false};
    int status = 0;
    size_t i;

    for (i = place->first_table; i < place->block && !status; i++) {
        const struct ebb_block *block = &log->keyframes.blocks[i];
        const char *problem;

        status = ebb_input_read(&log->keyframes, block, &payload, error);
        if (status) {
            break;
        }
        problem = ebb_page_table_decode(table, payload.bytes, payload.size, block->count,
                                        log->start.first_page, place->last_id);
        if (problem) {
            status = ebb_input_corrupt(&log->keyframes, block->offset, problem, error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

/*
 * What keyframes first to last changed taken together. Halving the range instead of adding one
 * after the other bounds the work by the size of all changes times the logarithm of their number.
 */
static int combine_changes(const struct ebb_log *log, uint64_t first, uint64_t last,
                           struct ebb_page_table *table, struct ebb_error *error)
{
    struct ebb_page_table lower = {NULL, 0, 0, false}, upper = {NULL, 0, 0, false};
    uint64_t middle = first + (last - first) / 2;
    int status;

    if (first == last) {
        return load_changes(log, first, table, error);
    }
    status = combine_changes(log, first, middle, &lower, error);
    if (!status) {
        status = combine_changes(log, middle + 1, last, &upper, error);
    }
    if (!status) {
        ebb_page_table_overlay(table, &lower, &upper);
        if (table->failed) {
            status = ebb_input_no_memory(&log->keyframes, error);
        }
    }
    ebb_page_table_free(&lower);
    ebb_page_table_free(&upper);
    return status;
}

/* With the mutex held: makes the cached table that of a keyframe. */
static int resolve_table(const struct ebb_log *log, uint64_t number, struct ebb_error *error)
{
    struct ebb_log_cache *cache = log->cache;
    struct ebb_page_table changes = {NULL, 0, 0, false}, table = {NULL, 0, 0, false};
    bool forward = cache->has_table && cache->table_number < number;
    int status;

    if (cache->has_table && cache->table_number == number) {
        return 0;
    }
    status = combine_changes(log, forward ? cache->table_number + 1 : log->start.first_keyframe,
                             number, &changes, error);
    if (!status && forward) {
        ebb_page_table_overlay(&table, &cache->table, &changes);
        ebb_page_table_free(&changes);
        changes = table;
        if (changes.failed) {
            status = ebb_input_no_memory(&log->keyframes, error);
        }
    }
    if (status) {
        ebb_page_table_free(&changes);
        return -1;
    }
    ebb_page_table_free(&cache->table);
    cache->table = changes;
    cache->table_number = number;
    cache->has_table = true;
    return 0;
}

/* A copy of a keyframe's page table; its failed member says that there was an error. */
static struct ebb_page_table copy_table(const struct ebb_log *log, uint64_t number,
                                        struct ebb_error *error)
{
    const struct ebb_page_table *table = &log->cache->table;
    struct ebb_page_table copy = {NULL, 0, 0, false};
    size_t i;

    pthread_mutex_lock(&log->cache->mutex);
    copy.failed = resolve_table(log, number, error) != 0;
    if (!copy.failed) {
        for (i = 0; i < table->count; i++) {
            ebb_page_table_append(&copy, table->runs[i].page, table->runs[i].count,
                                  table->runs[i].id);
        }
        if (copy.failed) {
            ebb_input_no_memory(&log->keyframes, error);
        }
    }
    pthread_mutex_unlock(&log->cache->mutex);
    return copy;
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
    struct ebb_page_table table;
    int status = -1;

    if (check_number(log, number, error)) {
        return -1;
    }
    table = copy_table(log, number, error);
    if (!table.failed) {
        status =
            visit_runs(log, table.runs, part_zeroes(table.runs, table.count), visit, opaque, error);
    }
    ebb_page_table_free(&table);
    return status;
}

/* The part of *run that lies in the same run of a table, whose content's id is *id; *next is where
 * to look for it first, since runs are asked for in order. */
static uint64_t same_run(const struct ebb_page_table *table, const struct ebb_page_run *run,
                         size_t *next, uint64_t *id)
{
    const struct ebb_page_run *found;

    while (*next < table->count &&
           table->runs[*next].page + table->runs[*next].count <= run->page) {
        ++*next;
    }
    found = &table->runs[*next];
    *id = 0;
    if (*next == table->count || found->page >= run->page + run->count) {
        return run->count;
    }
    if (found->page > run->page) {
        return found->page - run->page;
    }
    *id = found->id ? found->id + (run->page - found->page) : 0;
    if (found->page + found->count - run->page < run->count) {
        return found->page + found->count - run->page;
    }
    return run->count;
}

/* Appends what of the runs of to has other contents in from. */
static void append_differences(struct ebb_page_table *changes, const struct ebb_page_table *from,
                               const struct ebb_page_table *to)
{
    size_t next = 0, i;

    for (i = 0; i < to->count; i++) {
        struct ebb_page_run rest = to->runs[i];

        while (rest.count > 0) {
            uint64_t id, count = same_run(from, &rest, &next, &id);

            if (id != rest.id) {
                ebb_page_table_append(changes, rest.page, count, rest.id);
            }
            rest.page += count;
            rest.count -= count;
            rest.id += rest.id ? count : 0;
        }
    }
}

/* Visits, as pages of zeroes, the pages of from that have contents, and none in to. */
static int visit_vanished(const struct ebb_page_table *from, const struct ebb_page_table *to,
                          ebb_page_visitor visit, void *opaque)
{
    size_t next = 0, i;

    for (i = 0; i < from->count; i++) {
        struct ebb_page_run rest = from->runs[i];

        while (rest.count > 0) {
            uint64_t id, count = same_run(to, &rest, &next, &id), page;

            for (page = rest.page; rest.id && !id && page < rest.page + count; page++) {
                int status = visit(opaque, page, NULL);

                if (status) {
                    return status;
                }
            }
            rest.page += count;
            rest.count -= count;
        }
    }
    return 0;
}

static int visit_differences(const struct ebb_log *log, const struct ebb_page_table *from,
                             const struct ebb_page_table *to, ebb_page_visitor visit, void *opaque,
                             struct ebb_error *error)
{
    struct ebb_page_table changes = {NULL, 0, 0, false};
    int status;

    append_differences(&changes, from, to);
    status = changes.failed ? ebb_input_no_memory(&log->keyframes, error)
                            : visit_vanished(from, to, visit, opaque);
    if (!status) {
        status = visit_runs(log, changes.runs, part_zeroes(changes.runs, changes.count), visit,
                            opaque, error);
    }
    ebb_page_table_free(&changes);
    return status;
}

int ebb_keyframe_visit_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                               ebb_page_visitor visit, void *opaque, struct ebb_error *error)
{
    struct ebb_page_table from, to;
    int status = -1;

    if (check_number(log, base, error) || check_number(log, number, error)) {
        return -1;
    }
    from = copy_table(log, base, error);
    to = copy_table(log, number, error);
    if (!from.failed && !to.failed) {
        status = visit_differences(log, &from, &to, visit, opaque, error);
    }
    ebb_page_table_free(&from);
    ebb_page_table_free(&to);
    return status;
}
