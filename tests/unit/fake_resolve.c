/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding positions with the toy CPU. Simple rather than fast: to look at all the places an anchor
 * may have, the worker runs ahead and comes back.
 */
#include "fake_resolve.h"

#include "log/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CANDIDATES 8u
#define NARROW 2u /* how far from its expected place an anchor is looked for narrowly */

struct resolving {
    struct fake_worker *worker;
    struct worker_resolve request;
    const struct worker_override *overrides;
    struct worker_resolved reply;
    uint64_t *positions;
    size_t position_room;
    struct worker_exclusive *exclusives;
    struct worker_exclusive *cleared; /* as many as positions at most */
    bool interrupted;
};

struct snapshot {
    struct toy_cpu cpu;
    uint64_t position;
    uint64_t exclusive_count;
    uint8_t ram[TOY_RAM_SIZE];
};

static void save(const struct resolving *resolving, struct snapshot *snapshot)
{
    snapshot->cpu = resolving->worker->cpu;
    snapshot->position = resolving->worker->position;
    snapshot->exclusive_count = resolving->reply.exclusive_count;
    memcpy(snapshot->ram, resolving->worker->ram, TOY_RAM_SIZE);
}

static void restore(struct resolving *resolving, const struct snapshot *snapshot)
{
    resolving->worker->cpu = snapshot->cpu;
    resolving->worker->position = snapshot->position;
    resolving->reply.exclusive_count = snapshot->exclusive_count;
    memcpy(resolving->worker->ram, snapshot->ram, TOY_RAM_SIZE);
}

/* Consumes the next event, whose position is known now. */
static void consume(struct resolving *resolving)
{
    uint64_t count = resolving->reply.event_count++;

    if (count >= resolving->position_room) {
        resolving->position_room = 2 * count + 1000;
        resolving->positions = realloc(resolving->positions, 8 * resolving->position_room);
        resolving->cleared =
            realloc(resolving->cleared, sizeof(*resolving->cleared) * resolving->position_room);
        if (!resolving->positions || !resolving->cleared) {
            fake_die("no memory");
        }
    }
    resolving->positions[count] = resolving->worker->position;
    fake_read_next(resolving->worker);
}

static void fail(struct resolving *resolving, uint32_t reason, const char *what)
{
    struct fake_worker *worker = resolving->worker;

    resolving->reply.reason = reason;
    snprintf(worker->report, sizeof(worker->report), "event %llu, at position %llu or before: %s",
             (unsigned long long)worker->next_number, (unsigned long long)worker->position, what);
}

static const struct worker_override *find_override(const struct resolving *resolving, uint32_t kind,
                                                   uint64_t event, uint64_t position)
{
    for (uint64_t i = 0; i < resolving->request.override_count; i++) {
        const struct worker_override *override = &resolving->overrides[i];

        if (override->kind == kind &&
            (kind == WORKER_PLACE_EVENT ? override->event == event
                                        : override->position == position)) {
            return override;
        }
    }
    return NULL;
}

static void note_exclusive(struct resolving *resolving)
{
    struct worker_exclusive exclusive = {.position = resolving->worker->position,
                                         .pc = resolving->worker->cpu.pc};

    if (!(resolving->request.flags & WORKER_RESOLVE_LIST_EXCLUSIVES)) {
        return;
    }
    if (resolving->reply.exclusive_count == WORKER_MAX_EXCLUSIVES) {
        fake_die("too many exclusives for a toy");
    }
    resolving->exclusives[resolving->reply.exclusive_count++] = exclusive;
}

static bool is_device(const struct toy_instruction *instruction)
{
    return instruction->kind == TOY_DEVICE_READ || instruction->kind == TOY_DEVICE_WRITE;
}

/* Gets ready to execute: *instruction is the one about to. */
static void prepare(struct resolving *resolving, struct toy_instruction *instruction)
{
    struct fake_worker *worker = resolving->worker;

    toy_take_interrupt(&worker->cpu);
    if (find_override(resolving, WORKER_CLEAR_EXCLUSIVE, 0, worker->position)) {
        worker->cpu.monitor = 0;
    }
    toy_decode(&worker->cpu, instruction);
}

static void execute(struct resolving *resolving, const struct toy_instruction *instruction,
                    uint64_t value)
{
    struct fake_worker *worker = resolving->worker;

    if (instruction->kind == TOY_STORE_EXCLUSIVE ||
        instruction->kind == TOY_STORE_EXCLUSIVE_SILENT) {
        note_exclusive(resolving);
    }
    toy_execute(&worker->cpu, worker->ram, instruction, value);
    if (instruction->kind == TOY_STORE || instruction->kind >= TOY_STORE_EXCLUSIVE) {
        fake_mark_written(worker, instruction->address, instruction->length);
    }
    worker->position++;
    fake_maybe_die(worker);
    resolving->interrupted |= fake_look_up(worker);
}

/* Executes one instruction, unless it is a device access; true if it did. */
static bool step(struct resolving *resolving)
{
    struct toy_instruction instruction;

    prepare(resolving, &instruction);
    if (is_device(&instruction)) {
        return false;
    }
    execute(resolving, &instruction, 0);
    return true;
}

static void apply(struct resolving *resolving)
{
    struct fake_worker *worker = resolving->worker;
    const struct ebb_event *event = &worker->next;

    if (event->kind == EBB_EVENT_INTERRUPT_LINE) {
        worker->cpu.line = event->value;
    } else if (event->kind == EBB_EVENT_DMA) {
        memcpy(worker->ram + event->address, event->data, event->data_length);
        fake_mark_written(worker, event->address, event->data_length);
    } else if (event->kind == EBB_EVENT_RESET) {
        fake_die("a reset was to be replayed");
    }
    consume(resolving);
}

/* Runs to the next device access, which has to be the next synchronous event. */
static void run_to_access(struct resolving *resolving)
{
    struct fake_worker *worker = resolving->worker;
    struct toy_instruction instruction;
    uint32_t kind;
    uint64_t value;

    while (step(resolving)) {
        if (resolving->interrupted) {
            return;
        }
    }
    prepare(resolving, &instruction);
    kind = instruction.kind == TOY_DEVICE_READ ? EBB_EVENT_MMIO_READ : EBB_EVENT_MMIO_WRITE;
    while (worker->have_next && (worker->next.flags & EBB_EVENT_NESTED)) {
        apply(resolving);
    }
    if (!worker->have_next || worker->next.kind != kind ||
        worker->next.address != instruction.address ||
        (kind == EBB_EVENT_MMIO_WRITE && worker->next.value != instruction.value)) {
        fail(resolving, WORKER_RESOLVE_DIVERGED, "another access was expected");
        return;
    }
    value = worker->next.value;
    worker->cpu.monitor = 0;
    worker->drift++;
    consume(resolving);
    execute(resolving, &instruction, value);
}

static bool anchor_matches(const struct fake_worker *worker)
{
    const struct ebb_event *event = &worker->next;
    uint64_t digest;

    memcpy(&digest, event->data, sizeof(digest));
    return event->address == worker->cpu.pc && (event->value & 1) == worker->cpu.in_handler &&
           digest == toy_digest_anchor(&worker->cpu, event->value & TOY_VAGUE);
}

struct search {
    uint64_t expected;
    uint64_t from, near_end, end;
    uint64_t found[1000];
    size_t count;
};

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Runs ahead and lists where the anchor matches: everywhere near, else the first place after. */
static void look_ahead(struct resolving *resolving, struct search *search)
{
    struct fake_worker *worker = resolving->worker;

    while (!resolving->interrupted) {
        if (worker->position >= search->from) {
            resolving->reply.steps++;
            if (anchor_matches(worker) && search->count < 1000) {
                search->found[search->count++] = worker->position;
            }
        }
        if (worker->position >= (search->count ? search->near_end : search->end) ||
            !step(resolving)) {
            return;
        }
    }
}

static void sort_by_distance(struct search *search)
{
    for (size_t i = 1; i < search->count; i++) {
        for (size_t j = i; j && distance(search->found[j], search->expected) <
                                    distance(search->found[j - 1], search->expected);
             j--) {
            uint64_t other = search->found[j];

            search->found[j] = search->found[j - 1];
            search->found[j - 1] = other;
        }
    }
}

static void note_ambiguous(struct resolving *resolving, const struct search *search)
{
    if (search->count < 2) {
        return;
    }
    if (resolving->reply.ambiguous++ == 0) {
        resolving->reply.first_ambiguous = resolving->worker->next_number;
        for (size_t i = 0; i < MAX_CANDIDATES && i < search->count; i++) {
            resolving->reply.candidates[i] = search->found[i];
        }
    }
}

/* Goes to a position before which there is no device access. */
static void go_to(struct resolving *resolving, uint64_t position)
{
    while (!resolving->interrupted && resolving->worker->position < position && step(resolving)) {
    }
}

/* Where to look for an anchor with this count. */
static struct search plan(const struct resolving *resolving, uint64_t count)
{
    const struct fake_worker *worker = resolving->worker;
    const struct worker_resolve *request = &resolving->request;
    bool narrow = request->flags & WORKER_RESOLVE_NARROW;
    uint64_t slack = narrow ? NARROW : request->slack;
    struct search search = {.expected = count + (uint64_t)worker->drift};

    search.expected = search.expected < worker->position ? worker->position : search.expected;
    search.from =
        search.expected - worker->position > slack ? search.expected - slack : worker->position;
    search.near_end = search.expected + slack;
    search.end = search.expected + (narrow ? NARROW : request->give_up);
    return search;
}

static void run_to_anchor(struct resolving *resolving)
{
    static struct snapshot before;
    struct fake_worker *worker = resolving->worker;
    const struct worker_override *placed =
        find_override(resolving, WORKER_PLACE_EVENT, worker->next_number, 0);
    uint64_t count = worker->next.position;
    struct search search = plan(resolving, count);

    save(resolving, &before);
    if (placed) {
        search = (struct search){.found = {placed->position}, .count = 1};
    } else {
        look_ahead(resolving, &search);
        sort_by_distance(&search);
    }
    if (!search.count) {
        fail(resolving, WORKER_RESOLVE_NO_MATCH, "the anchor was not met");
        return;
    }
    note_ambiguous(resolving, &search);
    restore(resolving, &before);
    go_to(resolving, search.found[0]);
    if (!resolving->interrupted &&
        (worker->position != search.found[0] || !anchor_matches(worker))) {
        fail(resolving, WORKER_RESOLVE_NO_MATCH, "the anchor is not there");
        return;
    }
    worker->drift = (int64_t)(worker->position - count);
    worker->cpu.monitor = 0;
    resolving->reply.anchors++;
    consume(resolving);
}

static bool is_skipped(const struct resolving *resolving, uint64_t event)
{
    for (uint64_t i = 0; i < resolving->request.override_count; i++) {
        const struct worker_override *override = &resolving->overrides[i];

        if (override->kind == WORKER_SKIP_EXITS && event >= override->event &&
            event < override->position) {
            return true;
        }
    }
    return false;
}

/* Clears the monitor where the next event, an exit, is; it is consumed behind that. */
static void pass_exit(struct resolving *resolving)
{
    struct fake_worker *worker = resolving->worker;
    uint64_t expected = worker->next.position + (uint64_t)worker->drift;
    bool emulated = worker->next.value == TOY_EMULATED, here = false;

    if (!is_skipped(resolving, worker->next_number)) {
        go_to(resolving, expected);
        toy_take_interrupt(&worker->cpu);
        here = worker->position == expected && worker->cpu.pc == worker->next.address;
        resolving->reply.astray += !here;
    }
    worker->drift += emulated;
    consume(resolving);
    if (here && worker->cpu.monitor) {
        worker->cpu.monitor = 0;
        resolving->cleared[resolving->reply.clear_count++] =
            (struct worker_exclusive){.position = worker->position, .pc = worker->cpu.pc};
    }
}

static void resolve(struct resolving *resolving)
{
    struct fake_worker *worker = resolving->worker;

    while (!resolving->reply.reason) {
        if (resolving->interrupted) {
            resolving->reply.reason = WORKER_RESOLVE_INTERRUPTED;
        } else if (!worker->have_next || worker->next_number == resolving->request.until_event) {
            resolving->reply.reason = WORKER_RESOLVE_DONE;
        } else if (worker->position > resolving->request.limit) {
            resolving->reply.reason = WORKER_RESOLVE_LIMIT;
        } else if (worker->next.kind == EBB_EVENT_ANCHOR) {
            run_to_anchor(resolving);
        } else if (worker->next.kind == EBB_EVENT_EXIT) {
            pass_exit(resolving);
        } else if (ebb_event_is_asynchronous(&worker->next)) {
            apply(resolving);
        } else {
            run_to_access(resolving);
        }
    }
}

static void send_reply(struct resolving *resolving)
{
    struct fake_worker *worker = resolving->worker;
    struct worker_resolved *head = &resolving->reply;
    size_t positions = 8 * head->event_count;
    size_t exclusives = head->exclusive_count * sizeof(*resolving->exclusives);
    size_t cleared = head->clear_count * sizeof(*resolving->cleared);
    uint8_t *message, *to;

    head->position = worker->position;
    head->pc = worker->cpu.pc;
    head->event_number = worker->next_number;
    head->report_length = (uint32_t)strlen(worker->report);
    message = to = malloc(sizeof(*head) + positions + exclusives + cleared + head->report_length);
    if (!message) {
        fake_die("no memory");
    }
    memcpy(to, head, sizeof(*head));
    to += sizeof(*head);
    if (positions) {
        memcpy(to, resolving->positions, positions);
    }
    to += positions;
    if (exclusives) {
        memcpy(to, resolving->exclusives, exclusives);
    }
    to += exclusives;
    if (cleared) {
        memcpy(to, resolving->cleared, cleared);
    }
    to += cleared;
    memcpy(to, worker->report, head->report_length);
    to += head->report_length;
    fake_reply(WORKER_RESOLVE, message, (size_t)(to - message));
    free(message);
}

void fake_resolve(struct fake_worker *worker, const uint8_t *payload)
{
    struct resolving resolving = {.worker = worker};

    if (!worker->resolves) {
        fake_die("not started to resolve");
    }
    memcpy(&resolving.request, payload, sizeof(resolving.request));
    if (worker->requests >= 0 && write(worker->requests, payload, sizeof(resolving.request)) < 0) {
        fake_die("a request cannot be noted");
    }
    resolving.overrides = (const struct worker_override *)(payload + sizeof(resolving.request));
    resolving.exclusives = malloc(WORKER_MAX_EXCLUSIVES * sizeof(*resolving.exclusives));
    if (!resolving.exclusives) {
        fake_die("no memory");
    }
    worker->report[0] = '\0';
    resolve(&resolving);
    fake_remember_ram(worker);
    send_reply(&resolving);
    free(resolving.positions);
    free(resolving.exclusives);
    free(resolving.cleared);
}
