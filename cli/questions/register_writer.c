/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "register_writer.h"

#include "cli/arm_state.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_FIRST 1024u /* instructions */
#define WINDOW_GROWTH 4u
#define AT_ONCE 64u /* sites whose code is read in one go */
#define NEVER UINT64_MAX
#define HYPERVISOR 0x1au
#define LINK 14u

/* Code that was executed in a window, by whom. */
struct site {
    uint64_t pc, table;
    uint32_t mode;
    bool used;
    uint64_t last, before_last; /* when it was to its end; NEVER */
};

struct window {
    struct register_writer *writer;
    bool wide;
    struct site *sites; /* a hash table of capacity, a power of two */
    size_t count, capacity;
    size_t current; /* of the row before */
    bool has_row, failed;
    uint64_t row;              /* the position of the row before */
    bool has_value, has_first; /* of the register, in the mode of some row: */
    uint64_t value, first;     /* in front of the last such row, and the first */
    uint64_t changed; /* the last instruction behind which the register is another; NEVER */
    uint64_t entered; /* when the last exception was taken that writes it; NEVER */
    uint64_t entry;   /* the position that it has written it behind */
};

static size_t slot_of(const struct window *window, uint64_t pc, uint64_t table, uint32_t mode)
{
    uint64_t hash = (pc ^ table << 7 ^ (uint64_t)mode << 58) * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(hash >> 20) & (window->capacity - 1);

    while (window->sites[i].used && (window->sites[i].pc != pc || window->sites[i].table != table ||
                                     window->sites[i].mode != mode)) {
        i = (i + 1) & (window->capacity - 1);
    }
    return i;
}

static int grow(struct window *window)
{
    struct window bigger = *window;

    bigger.capacity = window->capacity ? 2 * window->capacity : 1024;
    bigger.sites = calloc(bigger.capacity, sizeof(*bigger.sites));
    if (!bigger.sites) {
        return -1;
    }
    for (size_t i = 0; i < window->capacity; i++) {
        const struct site *site = &window->sites[i];

        if (site->used) {
            bigger.sites[slot_of(&bigger, site->pc, site->table, site->mode)] = *site;
        }
    }
    free(window->sites);
    window->sites = bigger.sites;
    window->capacity = bigger.capacity;
    return 0;
}

/* The bit by which rows are asked for a general register; 32-bit CPUs have that of the mode. */
static unsigned row_number(const struct window *window, uint32_t mode)
{
    unsigned place = (unsigned)(window->writer->place.address / 8), i = 0;

    if (window->wide) {
        return place;
    }
    while (i < 15 && arm_state_bank(mode, i) != place) {
        i++;
    }
    return i;
}

/* The register's value in a row. */
static bool row_value(const struct window *window, const struct timeline_row *row, uint64_t *value)
{
    unsigned number = row_number(window, row->mode);

    if (window->writer->place.space != MOVEMENT_GENERAL || number >= (window->wide ? 32u : 15u)) {
        return false;
    }
    if (window->wide) {
        *value = row->register_count == 1 ? row->registers[0] : 0;
        return row->register_count == 1;
    }
    *value = row->register_count == 15 ? row->registers[number] : 0;
    return row->register_count == 15;
}

static void compare(struct window *window, bool has_value, uint64_t value)
{
    if (!has_value) {
        return; /* it is another mode's */
    }
    if (window->has_value && value != window->value) {
        window->changed = window->row;
    }
    if (!window->has_row) {
        window->has_first = true;
        window->first = value;
    }
    window->has_value = true;
    window->value = value;
}

static int note_instruction(struct window *window, const struct timeline_row *row)
{
    uint64_t value = 0;
    bool has_value = row_value(window, row, &value);
    struct site *site;

    if (window->count * 2 >= window->capacity && grow(window) < 0) {
        window->failed = true;
        return -1;
    }
    compare(window, has_value, value);
    window->current = slot_of(window, row->pc, row->tables[0], row->mode);
    site = &window->sites[window->current];
    if (!site->used) {
        *site = (struct site){row->pc, row->tables[0], row->mode, true, NEVER, NEVER};
        window->count++;
    }
    site->before_last = site->last;
    site->last = row->position;
    window->has_row = true;
    window->row = row->position;
    return 0;
}

/* An instruction that was not executed to its end has written nothing. */
static void note_exception(struct window *window, const struct timeline_row *row)
{
    const struct movement_place *place = &window->writer->place;

    if (row->inside && window->has_row && window->row == row->position) {
        struct site *site = &window->sites[window->current];

        site->last = site->before_last;
    }
    if (row->to_mode & ARM_STATE_AARCH32 && row->to_mode != HYPERVISOR &&
        place->space == MOVEMENT_GENERAL &&
        place->address / 8 == arm_state_bank(row->to_mode, LINK)) {
        window->entered = row->position;
        window->entry = row->inside ? row->position : row->position - 1;
    }
}

static int note(void *opaque, const struct timeline_row *row)
{
    struct window *window = opaque;

    if (row->kind == TIMELINE_ROW_EXCEPTION) {
        note_exception(window, row);
        return 0;
    }
    /* Where history ends, there is a row of what comes next as well. */
    return row->kind == TIMELINE_ROW_SAMPLE && row->position < window->writer->position
               ? note_instruction(window, row)
               : 0;
}

static uint32_t registers_wanted(const struct window *window)
{
    const struct movement_place *place = &window->writer->place;

    if (place->space != MOVEMENT_GENERAL) {
        return 0;
    }
    return !window->wide ? 0x7fff : place->address / 8 < 32 ? UINT32_C(1) << place->address / 8 : 0;
}

static int scan(struct window *window, struct question *question, uint64_t from, uint64_t to,
                struct ebb_error *error)
{
    struct timeline_scan_result result = {0};

    question->scan = (struct timeline_scan){
        .from = from,
        .to = to,
        .exceptions = true,
        .sample_every = 1,
        .registers = registers_wanted(window),
        .context = true,
        .row = note,
        .opaque = window,
    };
    timeline_clear_breakpoints(question->timeline);
    if (question_scan(question, &result, error) < 0) {
        return -1;
    }
    if (window->failed) {
        return ebb_fail_memory(error);
    }
    compare(window, window->writer->has_value, window->writer->value);
    return 0;
}

static bool overlaps(const struct movement_place *a, const struct movement_place *b)
{
    return a->space == b->space && a->address < b->address + b->length &&
           b->address < a->address + a->length;
}

static bool writes(const struct register_writer *writer, const struct movements *movements)
{
    for (unsigned i = 0; i < movements->count; i++) {
        if (overlaps(&movements->list[i].to, &writer->place)) {
            return true;
        }
    }
    /* Of vectors nothing tells that they have changed. */
    return movements->unknown && writer->place.space == MOVEMENT_VECTOR;
}

static int by_last(const void *a, const void *b)
{
    uint64_t first = ((const struct site *)a)->last, second = ((const struct site *)b)->last;

    return first < second ? -1 : first > second;
}

/* The sites that were executed to the end, in the order of that. */
static size_t sort_sites(struct window *window)
{
    size_t count = 0;

    for (size_t i = 0; i < window->capacity; i++) {
        if (window->sites[i].used && window->sites[i].last != NEVER) {
            window->sites[count++] = window->sites[i];
        }
    }
    qsort(window->sites, count, sizeof(*window->sites), by_last);
    return count;
}

static int look_at_code(const struct window *window, struct origin_guest *guest, size_t i,
                        uint64_t *candidate, struct ebb_error *error)
{
    struct movements movements;
    struct origin_cpu cpu;

    if (question_seek(guest->question, window->sites[i].last, NULL, error) < 0 ||
        origin_guest_code(guest, &cpu, error) < 0) {
        return -1;
    }
    cpu.cpu.unconditional = true;
    movements_decode(&movements, &cpu.cpu, cpu.word);
    if (writes(window->writer, &movements)) {
        *candidate = window->sites[i].last;
    }
    return 0;
}

/* The last position of code that may write the register, whatever its condition is; NEVER. Some
 * code at a time, from the last on, but that from its first to its last: so replays go. */
static int find_candidate(struct window *window, struct origin_guest *guest, uint64_t *candidate,
                          struct ebb_error *error)
{
    size_t end = sort_sites(window);

    *candidate = NEVER;
    while (end > 0 && *candidate == NEVER &&
           (window->changed == NEVER || window->sites[end - 1].last >= window->changed)) {
        size_t begin = end > AT_ONCE ? end - AT_ONCE : 0;

        if (progress_is_interrupted()) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        for (size_t i = begin; i < end; i++) {
            if (look_at_code(window, guest, i, candidate, error) < 0) {
                return -1;
            }
        }
        end = begin;
    }
    return 0;
}

/* Goes there, and sees what the instruction does. */
static int look(struct register_writer *writer, struct origin_guest *guest, uint64_t position,
                struct ebb_error *error)
{
    writer->where = position;
    if (question_seek(guest->question, position, NULL, error) < 0 ||
        origin_guest_read(guest, &writer->cpu, error) < 0) {
        return -1;
    }
    movements_decode(&writer->movements, &writer->cpu.cpu, writer->cpu.word);
    return 0;
}

/* What may have been written, as by whoever answers a call, has been if it is another behind it. */
static bool only_maybe(const struct register_writer *writer)
{
    bool maybe = false;

    for (unsigned i = 0; i < writer->movements.count; i++) {
        if (overlaps(&writer->movements.list[i].to, &writer->place)) {
            maybe = writer->movements.list[i].kind == MOVEMENT_UNKNOWN;
        }
    }
    return maybe && writer->place.space == MOVEMENT_GENERAL;
}

static bool is_later(uint64_t a, uint64_t b)
{
    return a != NEVER && (b == NEVER || a > b);
}

/* The search goes on before a position, at which the register has the value. */
static int go_on(struct register_writer *writer, uint64_t position, bool has_value, uint64_t value)
{
    writer->position = position;
    writer->has_value = has_value;
    writer->value = value;
    return 0;
}

/* Code that may write the register: has it? Returns as judge(). */
static int judge_candidate(struct window *window, struct origin_guest *guest, uint64_t candidate,
                           struct ebb_error *error)
{
    struct register_writer *writer = window->writer;

    if (look(writer, guest, candidate, error) < 0) {
        return -1;
    }
    writer->kind = REGISTER_WRITER_FOUND;
    if (writes(writer, &writer->movements) &&
        (!only_maybe(writer) || window->changed == candidate)) {
        return 1;
    }
    return go_on(writer, candidate, false, 0);
}

/* Judges what a window has. Returns 1 if that is the answer, 0 if it is to be looked for before
 * writer->position, which may be another, or -1. */
static int judge(struct window *window, struct origin_guest *guest, uint64_t from,
                 struct ebb_error *error)
{
    struct register_writer *writer = window->writer;
    uint64_t candidate;

    if (find_candidate(window, guest, &candidate, error) < 0) {
        return -1;
    }
    if (window->entered != NEVER && (candidate == NEVER || window->entry >= candidate) &&
        !is_later(window->changed, window->entry)) {
        writer->kind = REGISTER_WRITER_ENTRY;
        writer->where = window->entered;
        return 1;
    }
    if (is_later(window->changed, candidate)) {
        writer->kind = REGISTER_WRITER_CHANGE;
        return look(writer, guest, window->changed, error) < 0 ? -1 : 1;
    }
    return candidate == NEVER ? go_on(writer, from, window->has_first, window->first)
                              : judge_candidate(window, guest, candidate, error);
}

static int search(struct register_writer *writer, struct question *question,
                  struct origin_guest *guest, uint64_t length, struct ebb_error *error)
{
    uint64_t available = writer->position - writer->begin;
    uint64_t from = writer->position - (length < available ? length : available);
    struct window window = {
        .writer = writer, .wide = guest->wide, .changed = NEVER, .entered = NEVER};
    int status = grow(&window) < 0 ? ebb_fail_memory(error) : 0;

    if (status == 0) {
        status = scan(&window, question, from, writer->position, error);
    }
    if (status == 0) {
        status = judge(&window, guest, from, error);
    }
    free(window.sites);
    return status;
}

int register_writer_find(struct register_writer *writer, struct question *question,
                         struct origin_guest *guest, struct ebb_error *error)
{
    uint64_t length = WINDOW_FIRST;

    writer->kind = REGISTER_WRITER_NONE;
    while (writer->position > writer->begin) {
        int status = search(writer, question, guest, length, error);

        if (status != 0) {
            return status < 0 ? -1 : 0;
        }
        length *= WINDOW_GROWTH;
    }
    writer->kind = REGISTER_WRITER_NONE;
    return 0;
}
