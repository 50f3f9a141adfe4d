/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_history.h"

#include "log/digest.h"
#include "log/writer.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define UNCOUNTED 7u /* instructions in a row that the PMU forgets */

struct maker {
    const struct toy_history_options *options;
    struct toy_history *history;
    struct ebb_log_writer *writer;
    struct toy_cpu cpu;
    uint8_t *ram;
    uint64_t page_digests[TOY_PAGES];
    uint64_t ram_digest;
    uint64_t random;
    uint64_t position;
    size_t access_capacity;

    /* Under KVM. */
    uint64_t count;        /* of instructions that retired */
    uint64_t anchor_count; /* at the last anchor */
    bool anchored;         /* at this position */
    bool behind_access;    /* the instruction before was a device access */
    uint64_t lost;         /* exits since the last one in the log */
    uint64_t uncounted;    /* so many instructions will not be counted */
};

static uint64_t random_number(struct maker *maker)
{
    uint64_t x = maker->random += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static bool one_in(struct maker *maker, unsigned n)
{
    return !maker->options->quiet && random_number(maker) % n == 0;
}

/* One more number at the end of a list. */
static void note(uint64_t **list, size_t *count, uint64_t number)
{
    *list = realloc(*list, (*count + 1) * sizeof(**list));
    assert_non_null(*list);
    (*list)[(*count)++] = number;
}

static void append(struct maker *maker, struct ebb_event event)
{
    struct toy_history *history = maker->history;
    struct ebb_error error = {0};

    note(&history->event_positions, &history->event_count, maker->position);
    event.position = maker->options->kvm ? maker->anchor_count : maker->position;
    if (ebb_log_writer_append(maker->writer, &event, &error)) {
        fail_msg("%s", error.message);
    }
    if (maker->options->block_events && history->event_count % maker->options->block_events == 0 &&
        ebb_log_writer_flush(maker->writer, &error)) {
        fail_msg("%s", error.message);
    }
}

static void update_digest(struct maker *maker, uint64_t address, uint64_t length)
{
    for (uint64_t page = address / 4096; page <= (address + length - 1) / 4096; page++) {
        maker->ram_digest -= maker->page_digests[page];
        maker->page_digests[page] = ebb_digest_page(page, maker->ram + page * 4096);
        maker->ram_digest += maker->page_digests[page];
    }
}

static void note_access(struct maker *maker, struct toy_access access)
{
    struct toy_history *history = maker->history;

    if (history->access_count == maker->access_capacity) {
        maker->access_capacity = 2 * maker->access_capacity + 1000;
        history->accesses =
            realloc(history->accesses, maker->access_capacity * sizeof(*history->accesses));
        assert_non_null(history->accesses);
    }
    access.position = maker->position;
    history->accesses[history->access_count++] = access;
}

static void make_anchor(struct maker *maker)
{
    bool vague = maker->options->vague && one_in(maker, maker->options->vague);
    uint64_t digest = toy_digest_anchor(&maker->cpu, vague);

    if (maker->anchored) {
        return;
    }
    maker->anchored = true;
    maker->anchor_count = maker->count;
    maker->cpu.monitor = 0;
    if (maker->options->forgets && one_in(maker, maker->options->forgets)) {
        maker->uncounted = UNCOUNTED;
    }
    append(maker, (struct ebb_event){.kind = EBB_EVENT_ANCHOR,
                                     .address = maker->cpu.pc,
                                     .value = maker->cpu.in_handler | (vague ? TOY_VAGUE : 0),
                                     .data = (const uint8_t *)&digest,
                                     .data_length = sizeof(digest)});
}

/* An asynchronous event follows, or a keyframe: its place has to be known. */
static void place(struct maker *maker, bool keyframe)
{
    if (maker->options->kvm && (keyframe || !maker->behind_access || one_in(maker, 2))) {
        make_anchor(maker);
    }
}

static void make_dma(struct maker *maker, bool nested)
{
    uint8_t data[600];
    uint32_t length = 1 + (uint32_t)(random_number(maker) % sizeof(data));
    uint64_t span = random_number(maker) % 2 ? 8192 : TOY_RAM_SIZE - 600;
    uint64_t address = random_number(maker) % span;

    if (!nested) {
        place(maker, false);
    }
    for (uint32_t i = 0; i < length; i++) {
        data[i] = (uint8_t)random_number(maker);
    }
    memcpy(maker->ram + address, data, length);
    update_digest(maker, address, length);
    note_access(maker, (struct toy_access){.address = address,
                                           .length = length,
                                           .write = true,
                                           .by_device = true,
                                           .nested = nested});
    append(maker, (struct ebb_event){.kind = EBB_EVENT_DMA,
                                     .address = address,
                                     .flags = nested ? EBB_EVENT_NESTED : 0,
                                     .data = data,
                                     .data_length = length});
}

static void make_line(struct maker *maker, bool nested)
{
    if (!nested) {
        place(maker, false);
    }
    maker->cpu.line = !maker->cpu.line;
    append(maker, (struct ebb_event){.kind = EBB_EVENT_INTERRUPT_LINE,
                                     .value = maker->cpu.line,
                                     .flags = nested ? EBB_EVENT_NESTED : 0});
}

/* True if the recording is to begin with the next keyframe. */
static bool is_first(const struct maker *maker)
{
    return maker->options->first_keyframe &&
           maker->history->keyframes == maker->options->first_keyframe;
}

/* Changes a byte of RAM, and back at the second call, if keyframe number is to be wrong. */
static void corrupt(struct maker *maker, uint64_t number)
{
    if (maker->options->wrong_keyframe && number == maker->options->wrong_keyframe) {
        maker->ram[TOY_RAM_SIZE / 2] ^= 1;
    }
}

/* A keyframe of the state as it is; with reset, of the state the reset leads to. */
static void make_keyframe(struct maker *maker, bool reset)
{
    struct ebb_register registers[TOY_REGISTERS];
    struct ebb_error error = {0};
    uint64_t number = 0, position = maker->position;
    int result = 0;

    if (maker->options->kvm && !reset && maker->position) {
        place(maker, true);
    }
    if (maker->options->kvm) {
        /* Where there is no anchor, at a reset, the count is taken for the keyframe. */
        position = maker->anchor_count = maker->count;
    }
    if (is_first(maker)) {
        result = ebb_log_writer_base(maker->writer, &error);
    }
    note(&maker->history->keyframe_positions, &(size_t){maker->history->keyframes},
         maker->position);
    result |= ebb_keyframe_begin(maker->writer, position, &number, &error);
    corrupt(maker, number);
    for (uint64_t page = 0; page < TOY_PAGES; page++) {
        result |= ebb_keyframe_add_page(maker->writer, page, maker->ram + page * 4096, &error);
    }
    for (size_t i = 0; i < TOY_REGISTERS; i++) {
        registers[i] = (struct ebb_register){toy_register_id(maker->options->kvm, i), 8,
                                             (uint8_t *)&maker->cpu + 8 * i};
    }
    result |= ebb_keyframe_commit(maker->writer, registers, TOY_REGISTERS, &error);
    if (is_first(maker)) {
        result |= ebb_log_writer_drop_before(maker->writer, number, &number, &error);
    }
    corrupt(maker, number);
    if (result) {
        fail_msg("%s", error.message);
    }
    maker->history->keyframes++;
    if (reset) {
        append(maker, (struct ebb_event){.kind = EBB_EVENT_RESET, .value = number});
        maker->history->resets++;
    }
}

/* What a reset has changed is as if devices had written just that. */
static void note_changes(struct maker *maker, const uint8_t *before)
{
    uint64_t length;

    for (uint64_t address = 0; address < TOY_RAM_SIZE; address += length + 1) {
        for (length = 0; address + length < TOY_RAM_SIZE &&
                         before[address + length] != maker->ram[address + length];
             length++) {
        }
        if (length) {
            note_access(maker, (struct toy_access){.address = address,
                                                   .length = length,
                                                   .write = true,
                                                   .by_device = true,
                                                   .by_reset = true});
        }
    }
}

static void make_reset(struct maker *maker)
{
    uint64_t page = random_number(maker) % TOY_PAGES, other = random_number(maker) % TOY_PAGES;
    uint8_t *before = malloc(TOY_RAM_SIZE);

    assert_non_null(before);
    memcpy(before, maker->ram, TOY_RAM_SIZE);
    memset(maker->ram + page * 4096, 0, 4096);
    memset(maker->ram + other * 4096, (int)random_number(maker), 4096);
    note_changes(maker, before);
    free(before);
    update_digest(maker, page * 4096, 1);
    update_digest(maker, other * 4096, 1);
    maker->cpu = (struct toy_cpu){.seed = random_number(maker), .exclusives = maker->options->kvm};
    make_keyframe(maker, true);
    maker->anchored = true; /* the keyframe is as good as an anchor */
}

/* What happens on reaching a position. */
static void settle(struct maker *maker)
{
    bool first = maker->position == 0, reset = !first && one_in(maker, 6000);

    maker->anchored = false;
    if (first && maker->options->kvm) {
        make_keyframe(maker, false);
        first = false;
    }
    if (maker->options->kvm && one_in(maker, 400)) {
        make_anchor(maker);
    }
    if (one_in(maker, 200)) {
        make_line(maker, false);
    }
    if (reset || one_in(maker, 300)) {
        make_dma(maker, false);
    }
    if (first || one_in(maker, 4000)) {
        make_keyframe(maker, false);
    }
    while (one_in(maker, 3) && one_in(maker, 200)) {
        make_dma(maker, false);
    }
    if (reset) {
        maker->history->last_reset = maker->position;
        make_reset(maker);
        if (one_in(maker, 2)) {
            make_dma(maker, false);
        }
    }
    toy_take_interrupt(&maker->cpu);
}

static void note_state(struct maker *maker)
{
    struct toy_history *history = maker->history;

    history->states[maker->position] = maker->cpu;
    history->ram_digests[maker->position] = maker->ram_digest;
}

static void make_device_access(struct maker *maker, const struct toy_instruction *instruction,
                               uint64_t value)
{
    bool read = instruction->kind == TOY_DEVICE_READ;
    struct toy_history *history = maker->history;

    if (one_in(maker, 4)) {
        make_dma(maker, true);
    }
    if (one_in(maker, 8)) {
        make_line(maker, true);
    }
    if (!read && maker->options->wrong_at && maker->position >= maker->options->wrong_at &&
        history->wrong_position == UINT64_MAX) {
        history->wrong_position = maker->position;
        value++;
    }
    append(maker, (struct ebb_event){.kind = read ? EBB_EVENT_MMIO_READ : EBB_EVENT_MMIO_WRITE,
                                     .address = instruction->address,
                                     .size = 8,
                                     .value = value});
}

static bool stores_exclusively(const struct toy_instruction *instruction)
{
    return instruction->kind == TOY_STORE_EXCLUSIVE ||
           instruction->kind == TOY_STORE_EXCLUSIVE_SILENT;
}

/* The host leaves and enters the guest, or has not really. */
static void make_exit(struct maker *maker, uint64_t class, bool real)
{
    uint64_t lost = maker->lost;

    if (!maker->options->exits) {
        return;
    }
    if (real && maker->options->lost_exits && one_in(maker, maker->options->lost_exits)) {
        maker->lost++;
        return;
    }
    maker->lost = 0;
    maker->anchor_count = maker->count;
    append(maker, (struct ebb_event){.kind = EBB_EVENT_EXIT,
                                     .address = maker->cpu.pc,
                                     .value = class,
                                     .data = lost ? (const uint8_t *)&lost : NULL,
                                     .data_length = lost ? sizeof(lost) : 0});
}

static void clear_monitor(struct maker *maker)
{
    maker->cpu.monitor = 0;
    note(&maker->history->flips, &maker->history->flip_count, maker->position);
}

/* That happens between the load and the store. */
static void disturb(struct maker *maker, const struct toy_instruction *instruction)
{
    bool wanted = instruction->kind == TOY_STORE_EXCLUSIVE_SILENT || !maker->options->silent;

    if (!stores_exclusively(instruction) || !maker->cpu.monitor || !wanted) {
        return;
    }
    if (maker->options->wrong_exits && one_in(maker, maker->options->wrong_exits)) {
        make_exit(maker, 0, false);
    } else if (maker->options->spurious && one_in(maker, maker->options->spurious)) {
        make_exit(maker, 0, true);
        clear_monitor(maker);
    }
}

/* One that has to do with no exclusive access, or might have. */
static void exit_anywhere(struct maker *maker, const struct toy_instruction *instruction)
{
    const struct toy_history_options *options = maker->options;

    if (!options->exits ||
        !(instruction->emulated || (!options->wrong_exits && one_in(maker, 100)))) {
        return;
    }
    make_exit(maker, instruction->emulated ? TOY_EMULATED : 0, true);
    if (maker->cpu.monitor) {
        clear_monitor(maker);
    }
}

/* The one that has just executed, unless the hypervisor has emulated it. */
static void count_instruction(struct maker *maker, bool emulated)
{
    if (maker->options->stops_counting && maker->position == maker->options->stops_counting) {
        maker->uncounted = UNCOUNTED;
    }
    if (maker->behind_access || emulated) {
        return;
    }
    if (maker->uncounted) {
        maker->uncounted--;
    } else {
        maker->count++;
    }
}

static void make_instruction(struct maker *maker)
{
    struct toy_instruction instruction;
    uint64_t value = 0;

    toy_decode(&maker->cpu, &instruction);
    disturb(maker, &instruction);
    exit_anywhere(maker, &instruction);
    if (instruction.kind == TOY_LOAD || instruction.kind == TOY_STORE) {
        note_access(maker, (struct toy_access){.address = instruction.address,
                                               .length = instruction.length,
                                               .write = instruction.kind == TOY_STORE});
    } else if (instruction.kind == TOY_DEVICE_READ || instruction.kind == TOY_DEVICE_WRITE) {
        value = instruction.kind == TOY_DEVICE_READ ? random_number(maker) : instruction.value;
        make_device_access(maker, &instruction, value);
        maker->cpu.monitor = 0;
    }
    maker->behind_access =
        instruction.kind == TOY_DEVICE_READ || instruction.kind == TOY_DEVICE_WRITE;
    count_instruction(maker, instruction.emulated);
    toy_execute(&maker->cpu, maker->ram, &instruction, value);
    if (instruction.kind == TOY_STORE || stores_exclusively(&instruction)) {
        update_digest(maker, instruction.address, instruction.length);
    }
}

static void make_end(struct maker *maker)
{
    uint8_t digests[16];
    uint64_t registers = toy_digest_registers(&maker->cpu);

    memcpy(digests, &registers, 8);
    memcpy(digests + 8, &maker->ram_digest, 8);
    if (maker->options->end) {
        maker->position = maker->options->end;
    }
    append(maker, (struct ebb_event){.kind = EBB_EVENT_END,
                                     .value = EBB_END_POWER_OFF,
                                     .data = digests,
                                     .data_length = sizeof(digests)});
}

/* The end event of a recording under KVM is logged before a pending interrupt is entered, and what
 * is replayed stops behind that; so let there be none. */
static void end_quietly(struct maker *maker)
{
    maker->anchored = false;
    if (!maker->options->cut_off) {
        place(maker, true);
    }
    if (maker->cpu.line) {
        make_line(maker, false);
    }
}

static void make_all(struct maker *maker)
{
    struct toy_history *history = maker->history;

    for (maker->position = 0; maker->position < history->length; maker->position++) {
        history->first_access[maker->position] = history->access_count;
        settle(maker);
        note_state(maker);
        make_instruction(maker);
    }
    history->first_access[maker->position] = history->access_count;
    if (maker->options->kvm) {
        end_quietly(maker);
    } else {
        settle(maker);
    }
    note_state(maker);
    history->first_access[maker->position + 1] = history->access_count;
    if (!maker->options->cut_off) {
        make_end(maker);
    }
}

struct toy_history *toy_history_make(const char *directory,
                                     const struct toy_history_options *options)
{
    struct toy_history *history = calloc(1, sizeof(*history));
    struct maker maker = {.options = options, .history = history, .random = options->seed};
    struct ebb_error error = {0};

    assert_non_null(history);
    history->length = options->length;
    history->wrong_position = UINT64_MAX;
    history->states = calloc(options->length + 1, sizeof(*history->states));
    history->ram_digests = calloc(options->length + 1, sizeof(*history->ram_digests));
    history->first_access = calloc(options->length + 2, sizeof(*history->first_access));
    maker.ram = calloc(1, TOY_RAM_SIZE);
    maker.cpu = (struct toy_cpu){
        .seed = options->seed, .no_devices = options->quiet, .exclusives = options->kvm};
    maker.writer = ebb_log_writer_create(directory, options->kvm ? EBB_LOG_COUNTS : 0, &error);
    if (!maker.writer) {
        fail_msg("%s", error.message);
    }
    make_all(&maker);
    if (ebb_log_writer_close(maker.writer, &error)) {
        fail_msg("%s", error.message);
    }
    free(maker.ram);
    return history;
}

void toy_history_free(struct toy_history *history)
{
    free(history->states);
    free(history->ram_digests);
    free(history->accesses);
    free(history->first_access);
    free(history->event_positions);
    free(history->keyframe_positions);
    free(history->flips);
    free(history);
}
