/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The toy CPU as a machine for the clockwork (protocol/clockwork.h). */
#include "fake_run.h"

#include "protocol/conditions.h"

#include <stdio.h>
#include <string.h>

/* Breakpoints. */

static uint64_t data_length(const struct worker_breakpoint *watch, uint64_t address,
                            uint64_t length)
{
    uint64_t first = address > watch->address ? address : watch->address;
    uint64_t end = address + length, watched = watch->address + watch->length;

    return (end < watched ? end : watched) - first;
}

static bool check_access(struct fake_worker *worker, struct moment moment, uint64_t address,
                         uint64_t length, bool write, bool by_device)
{
    bool leave = false;

    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        const struct worker_breakpoint *watch = &worker->breakpoints[i];
        bool kind = watch->kind == WORKER_WATCH_ACCESS ||
                    watch->kind == (write ? WORKER_WATCH_WRITE : WORKER_WATCH_READ);

        if (kind && address < watch->address + watch->length && watch->address < address + length) {
            struct worker_hit hit = {
                .moment = moment,
                .kind = watch->kind,
                .access = write ? WORKER_WATCH_WRITE : WORKER_WATCH_READ,
                .address = watch->address,
                .data_address = address > watch->address ? address : watch->address,
                .data_length = data_length(watch, address, length),
                .pc = worker->cpu.pc,
                .by_device = by_device,
            };

            leave |= clockwork_hit(&worker->clockwork, &hit);
        }
    }
    return leave;
}

void fake_context(const struct fake_worker *worker, struct worker_context *context)
{
    struct toy_instruction instruction;

    toy_decode(&worker->cpu, &instruction);
    *context = (struct worker_context){.pc = worker->cpu.pc,
                                       .mode = (uint32_t)worker->cpu.in_handler,
                                       .returns = instruction.kind == TOY_RETURN};
}

static bool fits_context(const struct fake_worker *worker,
                         const struct worker_breakpoint *breakpoint)
{
    struct worker_context now;

    fake_context(worker, &now);
    return !(breakpoint->flags & WORKER_BREAK_IN_CONTEXT) ||
           worker_context_same(&now, &breakpoint->context);
}

static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    struct fake_worker *worker = opaque;

    if (number < TOY_REGISTERS) {
        memcpy(value, (const char *)&worker->cpu + 8 * number, 8);
    }
    return number < TOY_REGISTERS;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    struct fake_worker *worker = opaque;

    if (address > TOY_RAM_SIZE - length) {
        return false;
    }
    memcpy(bytes, worker->ram + address, length);
    return true;
}

bool fake_conditions_hold(struct fake_worker *worker, const uint8_t *bytes, size_t size)
{
    const struct conditions_guest guest = {
        .opaque = worker, .read_register = read_register, .read_memory = read_memory};

    return conditions_hold(bytes, size, &guest);
}

static bool check_execute(struct fake_worker *worker)
{
    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        const struct worker_breakpoint *breakpoint = &worker->breakpoints[i];

        if (breakpoint->kind == WORKER_BREAK_EXECUTE && breakpoint->address == worker->cpu.pc &&
            fits_context(worker, breakpoint) &&
            fake_conditions_hold(worker, worker->conditions + breakpoint->conditions_at,
                                 breakpoint->conditions_size)) {
            struct worker_hit hit = {.moment = moment_settled(worker->position),
                                     .kind = WORKER_BREAK_EXECUTE,
                                     .address = worker->cpu.pc,
                                     .pc = worker->cpu.pc};

            return clockwork_hit(&worker->clockwork, &hit);
        }
    }
    return false;
}

/* The kind of breakpoint that wants to know of an interrupt; 0: none. */
static uint32_t find_wanted(const struct fake_worker *worker)
{
    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        uint32_t kind = worker->breakpoints[i].kind;

        if (kind == WORKER_BREAK_EXCEPTION ||
            (kind == WORKER_BREAK_INTERRUPT && fits_context(worker, &worker->breakpoints[i]))) {
            return kind;
        }
    }
    return 0;
}

/* Enters the handler of a pending interrupt; true if execution has to be left. */
static bool enter_interrupt(struct fake_worker *worker)
{
    struct worker_hit hit = {.moment = moment_settled(worker->position)};

    if (!worker->cpu.line || worker->cpu.in_handler) {
        return false;
    }
    hit.kind = find_wanted(worker);
    fake_context(worker, &hit.context);
    toy_take_interrupt(&worker->cpu);
    hit.pc = worker->cpu.pc;
    return hit.kind && clockwork_hit(&worker->clockwork, &hit);
}

/* Rows. */

static bool note(void *opaque, const struct worker_hit *hit)
{
    struct fake_worker *worker = opaque;
    struct worker_row row = {.size = sizeof(row) + 8, .register_count = 1, .hit = *hit};

    if (worker->rows_size + row.size > sizeof(worker->rows)) {
        fake_die("too many rows");
    }
    memcpy(worker->rows + worker->rows_size, &row, sizeof(row));
    memcpy(worker->rows + worker->rows_size + sizeof(row), &worker->cpu.general[0], 8);
    worker->rows_size += row.size;
    if (worker->rows_size < FAKE_ROWS_FULL) {
        return false;
    }
    worker->leaving = true;
    return true;
}

static uint64_t sample_distance(const struct fake_worker *worker)
{
    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        if (worker->breakpoints[i].kind == WORKER_BREAK_SAMPLE) {
            return worker->breakpoints[i].length;
        }
    }
    return 0;
}

/* The machine that the clockwork runs. */

static void diverge(void *opaque, uint64_t position, const char *what)
{
    struct fake_worker *worker = opaque;

    snprintf(worker->report, sizeof(worker->report), "event %llu at position %llu: %s",
             (unsigned long long)worker->next_number, (unsigned long long)position, what);
}

static bool diverged(void *opaque)
{
    return ((struct fake_worker *)opaque)->report[0];
}

/* Applies the next event. */
static void apply(void *opaque)
{
    struct fake_worker *worker = opaque;
    const struct ebb_event *event = &worker->next;
    struct moment moment = event->flags & EBB_EVENT_NESTED ? moment_inside(worker->position)
                                                           : moment_arrived(worker->position);

    if (event->kind == EBB_EVENT_INTERRUPT_LINE) {
        worker->cpu.line = event->value;
    } else if (event->kind == EBB_EVENT_ANCHOR) {
        worker->cpu.monitor = 0;
    } else if (event->kind == EBB_EVENT_DMA) {
        memcpy(worker->ram + event->address, event->data, event->data_length);
        fake_mark_written(worker, event->address, event->data_length);
        moment.event = worker->next_number + 1;
        worker->leaving |=
            check_access(worker, moment, event->address, event->data_length, true, true);
    }
    fake_read_next(worker);
}

static void take_interrupt(void *opaque)
{
    enter_interrupt(opaque);
}

static uint64_t position(void *opaque)
{
    return ((struct fake_worker *)opaque)->position;
}

static uint64_t pc(void *opaque)
{
    return ((struct fake_worker *)opaque)->cpu.pc;
}

static const struct ebb_event *next_event(void *opaque)
{
    struct fake_worker *worker = opaque;

    return worker->have_next ? &worker->next : NULL;
}

static uint64_t next_number(void *opaque)
{
    return ((struct fake_worker *)opaque)->next_number;
}

/* Looks no farther than the next event, whatever it is. */
static uint64_t quiet_until(void *opaque, uint64_t from, uint64_t limit)
{
    struct fake_worker *worker = opaque;
    uint64_t next = worker->have_next ? worker->next.position : UINT64_MAX;
    uint64_t distance = sample_distance(worker);

    if (distance && from - from % distance + distance < limit) {
        limit = from - from % distance + distance;
    }
    return next > from && next < limit ? next : next <= from && from < limit ? from + 1 : limit;
}

static void settled(void *opaque)
{
    struct fake_worker *worker = opaque;
    uint64_t distance = sample_distance(worker);
    const struct worker_hit hit = {.moment = moment_settled(worker->position),
                                   .kind = WORKER_BREAK_SAMPLE,
                                   .pc = worker->cpu.pc};

    fake_maybe_die(worker);
    if (distance && worker->position % distance == 0) {
        clockwork_hit(&worker->clockwork, &hit);
    }
}

/* In a diversion a CPU whose first register is 0 does. */
static bool asleep(void *opaque)
{
    struct fake_worker *worker = opaque;

    return worker->diversion && worker->cpu.general[0] == 0;
}

/* A device access: the next event has to be of its kind; nested ones come first. */
static uint64_t device_access(struct fake_worker *worker, const struct toy_instruction *instruction)
{
    bool read = instruction->kind == TOY_DEVICE_READ;
    uint64_t value;

    while (worker->have_next && worker->next.position == worker->position &&
           (worker->next.flags & EBB_EVENT_NESTED)) {
        apply(worker);
    }
    if (!worker->have_next || worker->next.position != worker->position ||
        worker->next.kind != (uint32_t)(read ? EBB_EVENT_MMIO_READ : EBB_EVENT_MMIO_WRITE) ||
        worker->next.address != instruction->address) {
        diverge(worker, worker->position, "another access was expected");
        return 0;
    }
    if (!read && worker->next.value != instruction->value) {
        diverge(worker, worker->position, "another value was expected");
        return 0;
    }
    value = worker->next.value;
    worker->cpu.monitor = 0;
    fake_read_next(worker);
    return value;
}

/* True if the monitor was cleared on the host for reasons of its own before this instruction. */
static bool clears_here(const struct fake_worker *worker)
{
    for (size_t i = 0; i < worker->clear_count; i++) {
        if (worker->clears[i] == worker->position) {
            return true;
        }
    }
    return false;
}

static bool accesses_ram(const struct toy_instruction *instruction)
{
    return instruction->kind == TOY_LOAD || instruction->kind == TOY_STORE;
}

/* Executes one instruction; false if it was left in front of it, or does not fit the log. */
static bool execute_one(struct fake_worker *worker)
{
    struct toy_instruction instruction;
    uint64_t value = 0;

    if (check_execute(worker)) {
        return false;
    }
    if (!worker->diversion && clears_here(worker)) {
        worker->cpu.monitor = 0;
    }
    toy_decode(&worker->cpu, &instruction);
    if (accesses_ram(&instruction)) {
        if (check_access(worker, moment_inside(worker->position), instruction.address,
                         instruction.length, instruction.kind == TOY_STORE, false)) {
            return false;
        }
    } else if (instruction.kind >= TOY_DEVICE_READ && instruction.kind <= TOY_DEVICE_WRITE &&
               !worker->diversion) {
        value = device_access(worker, &instruction);
        if (diverged(worker)) {
            return false;
        }
    }
    toy_execute(&worker->cpu, worker->ram, &instruction, value);
    if (instruction.kind == TOY_STORE || instruction.kind >= TOY_STORE_EXCLUSIVE) {
        fake_mark_written(worker, instruction.address, instruction.length);
    }
    worker->position++;
    return true;
}

static void execute(void *opaque, uint64_t instructions)
{
    struct fake_worker *worker = opaque;

    worker->leaving = false;
    for (uint64_t i = 0; i < instructions && !worker->leaving && !asleep(worker); i++) {
        if (i > 0 && !worker->diversion && enter_interrupt(worker)) {
            break; /* by itself, as a CPU does where nobody looks */
        }
        if (!execute_one(worker)) {
            break;
        }
        fake_maybe_die(worker);
    }
    __atomic_store_n(&worker->control->position, worker->position, __ATOMIC_RELAXED);
}

static bool stop_requested(void *opaque)
{
    return fake_stop_requested(opaque);
}

static const struct clockwork_machine machine = {
    .position = position,
    .pc = pc,
    .execute = execute,
    .take_interrupt = take_interrupt,
    .next_event = next_event,
    .next_number = next_number,
    .apply = apply,
    .quiet_until = quiet_until,
    .settled = settled,
    .note = note,
    .asleep = asleep,
    .stop_requested = stop_requested,
    .diverged = diverged,
    .diverge = diverge,
};

void fake_run_init(struct fake_worker *worker, uint64_t end_position)
{
    worker->clockwork = (struct clockwork){.machine = &machine,
                                           .opaque = worker,
                                           .end_position = end_position,
                                           .slice = LOOK_UP_EVERY};
}

bool fake_run(struct fake_worker *worker, const struct worker_run *run, struct worker_stop *stop)
{
    if (run->flags & WORKER_RUN_DIVERSION) {
        worker->diversion = true;
        clockwork_divert(&worker->clockwork, run, stop);
        return true;
    }
    return !worker->diversion && clockwork_run(&worker->clockwork, run, stop);
}
