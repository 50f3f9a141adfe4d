/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_timeline.h"

#include "protocol/conditions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BREAKPOINTS_MAX = 64, PAGE = 4096, EVENTS = 30 };

struct breakpoint {
    enum timeline_breakpoint_kind kind;
    uint64_t address, length;
    struct timeline_conditions conditions; /* bytes for free() */
};

struct state {
    uint64_t registers[33];
    uint32_t cpsr;
    uint8_t data[PAGE];
    uint8_t code[PAGE];
};

struct ebb_log {
    struct ebb_log_summary summary;
    const char *problem;
    const struct ebb_event *events; /* NULL: see below */
    atomic_uint *events_read;
};

struct timeline {
    struct ebb_log log;
    uint64_t position;
    bool in_diversion;
    struct state diversion;
    atomic_uint diversions;
    struct breakpoint breakpoints[BREAKPOINTS_MAX];
    atomic_uint events_read;
    atomic_uint breakpoint_count; /* tests read both from their own thread */
    bool fail_next, interrupt_late;
    uint64_t diverge_at;
    uint64_t handler_at; /* 0: no interrupt */
    char report[64];

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool block, blocked, interrupted; /* guarded by lock */
};

struct timeline *fake_timeline_new(void)
{
    struct timeline *timeline = calloc(1, sizeof(*timeline));

    timeline->diverge_at = UINT64_MAX;
    timeline->log.events_read = &timeline->events_read;
    timeline->log.summary = (struct ebb_log_summary){
        .event_count = EVENTS, .end_position = FAKE_END, .keyframe_count = 1, .complete = true};
    pthread_mutex_init(&timeline->lock, NULL);
    pthread_cond_init(&timeline->changed, NULL);
    return timeline;
}

void fake_timeline_free(struct timeline *timeline)
{
    timeline_clear_breakpoints(timeline);
    pthread_cond_destroy(&timeline->changed);
    pthread_mutex_destroy(&timeline->lock);
    free(timeline);
}

void fake_timeline_block(struct timeline *timeline, bool block)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->block = block;
    timeline->blocked = false;
    pthread_cond_broadcast(&timeline->changed);
    pthread_mutex_unlock(&timeline->lock);
}

void fake_timeline_wait_blocked(struct timeline *timeline)
{
    pthread_mutex_lock(&timeline->lock);
    while (!timeline->blocked) {
        pthread_cond_wait(&timeline->changed, &timeline->lock);
    }
    pthread_mutex_unlock(&timeline->lock);
}

void fake_timeline_fail_next(struct timeline *timeline)
{
    timeline->fail_next = true;
}

void fake_timeline_diverge_at(struct timeline *timeline, uint64_t position)
{
    timeline->diverge_at = position;
}

void fake_timeline_interrupt_at(struct timeline *timeline, uint64_t position)
{
    timeline->handler_at = position;
}

void fake_timeline_interrupt_late(struct timeline *timeline)
{
    timeline->interrupt_late = true;
}

void fake_timeline_describe_log(struct timeline *timeline, const struct ebb_log_summary *summary,
                                const char *problem)
{
    timeline->log.summary = *summary;
    timeline->log.problem = problem;
}

void fake_timeline_set_events(struct timeline *timeline, const struct ebb_event *events,
                              unsigned count)
{
    timeline->log.events = events;
    timeline->log.summary.event_count = count;
}

unsigned fake_timeline_events_read(const struct timeline *timeline)
{
    return timeline->events_read;
}

unsigned fake_timeline_breakpoints(const struct timeline *timeline)
{
    return timeline->breakpoint_count;
}

unsigned fake_timeline_diversions(const struct timeline *timeline)
{
    return timeline->diversions;
}

/* The history, computed. */
static uint64_t pc_at(const struct timeline *timeline, uint64_t position)
{
    if (timeline->handler_at && position - timeline->handler_at < FAKE_LOOP) {
        return FAKE_HANDLER + 4 * (position - timeline->handler_at);
    }
    return FAKE_CODE + 4 * (position % FAKE_LOOP);
}

static void put64(uint8_t *bytes, uint64_t value)
{
    memcpy(bytes, &value, sizeof(value));
}

/* What was written last by the instruction of that number, which writes the round it is in. */
static uint64_t last_round(uint64_t position, uint64_t writer)
{
    uint64_t round = position / FAKE_LOOP;

    return position % FAKE_LOOP <= writer && round ? round - 1 : round;
}

static void state_at(const struct timeline *timeline, uint64_t position, struct state *state)
{
    const uint32_t nop = 0xd503201f;
    uint64_t round = position / FAKE_LOOP;

    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < PAGE; i += 4) {
        memcpy(state->code + i, &nop, 4);
    }
    state->registers[0] = round;
    state->registers[FAKE_SP] = FAKE_DATA + PAGE;
    state->registers[FAKE_PC] = pc_at(timeline, position);
    put64(state->data + (FAKE_COUNTER - FAKE_DATA), last_round(position, FAKE_WRITER));
    put64(state->data + (FAKE_PAIR - FAKE_DATA), last_round(position, FAKE_PAIR_WRITER) << 32);
    if (position >= FAKE_DMA_POSITION) {
        put64(state->data + (FAKE_DMA - FAKE_DATA), FAKE_DMA_VALUE);
    }
}

static void now(const struct timeline *timeline, struct state *state)
{
    if (timeline->in_diversion) {
        *state = timeline->diversion;
    } else {
        state_at(timeline, timeline->position, state);
    }
}

static bool is_physical(enum timeline_breakpoint_kind kind)
{
    return kind >= TIMELINE_WATCH_PHYSICAL_WRITE && kind <= TIMELINE_WATCH_PHYSICAL_ACCESS;
}

static unsigned virtual_kind(enum timeline_breakpoint_kind kind)
{
    return is_physical(kind) ? kind - TIMELINE_WATCH_PHYSICAL_WRITE + TIMELINE_WATCH_WRITE : kind;
}

/* The instruction at a position changes what the watchpoint watches. */
static bool is_changed(const struct timeline *timeline, const struct breakpoint *watch,
                       uint64_t position)
{
    struct state before, behind;

    state_at(timeline, position, &before);
    state_at(timeline, position + 1, &behind);
    return memcmp(before.data + (watch->address - FAKE_DATA),
                  behind.data + (watch->address - FAKE_DATA), watch->length) != 0;
}

/* Looks for a breakpoint hit: an access of 8 bytes, or an execution. */
static bool hits(const struct timeline *timeline, unsigned kinds, uint64_t address,
                 uint64_t position, struct timeline_stop *stop)
{
    for (unsigned i = 0; i < timeline->breakpoint_count; i++) {
        const struct breakpoint *breakpoint = &timeline->breakpoints[i];
        bool execute = breakpoint->kind == TIMELINE_BREAK_EXECUTE;

        bool physical = is_physical(breakpoint->kind);
        bool change = breakpoint->kind == TIMELINE_WATCH_CHANGE;
        uint64_t at = physical ? address + FAKE_PHYSICAL : address;

        if (!(kinds & 1u << virtual_kind(breakpoint->kind)) ||
            (change && !is_changed(timeline, breakpoint, position))) {
            continue;
        }
        if (execute
                ? breakpoint->address == at
                : breakpoint->address < at + 8 && at < breakpoint->address + breakpoint->length) {
            stop->reason = execute ? TIMELINE_STOP_BREAKPOINT : TIMELINE_STOP_WATCHPOINT;
            stop->kind = change ? TIMELINE_WATCH_WRITE : breakpoint->kind;
            stop->address = at;
            return true;
        }
    }
    return false;
}

static struct breakpoint *find(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                               uint64_t address, uint64_t length)
{
    for (unsigned i = 0; i < timeline->breakpoint_count; i++) {
        struct breakpoint *breakpoint = &timeline->breakpoints[i];

        if (breakpoint->kind == kind && breakpoint->address == address &&
            breakpoint->length == length) {
            return breakpoint;
        }
    }
    return NULL;
}

struct place {
    const struct timeline *timeline;
    uint64_t position;
};

static bool read_register_there(void *opaque, unsigned number, uint64_t *value)
{
    const struct place *place = opaque;
    struct state state;

    if (number > FAKE_PC) {
        return false;
    }
    state_at(place->timeline, place->position, &state);
    *value = state.registers[number];
    return true;
}

static bool read_memory_there(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    const struct place *place = opaque;
    struct state state;

    if (address < FAKE_DATA || address - FAKE_DATA + length > PAGE) {
        return false;
    }
    state_at(place->timeline, place->position, &state);
    memcpy(bytes, state.data + (address - FAKE_DATA), length);
    return true;
}

/* Whether the breakpoint at the PC there, if there is one, has no condition that is false. */
static bool counts_at(struct timeline *timeline, uint64_t position)
{
    const struct breakpoint *breakpoint =
        find(timeline, TIMELINE_BREAK_EXECUTE, pc_at(timeline, position), 0);
    struct place place = {.timeline = timeline, .position = position};
    const struct conditions_guest guest = {
        .opaque = &place,
        .big_endian = breakpoint && breakpoint->conditions.big_endian,
        .read_register = read_register_there,
        .read_memory = read_memory_there,
    };

    return breakpoint &&
           conditions_hold(breakpoint->conditions.bytes, breakpoint->conditions.size, &guest);
}

static bool executes_hit(struct timeline *timeline, uint64_t position, struct timeline_stop *stop)
{
    return counts_at(timeline, position) &&
           hits(timeline, 1u << TIMELINE_BREAK_EXECUTE, pc_at(timeline, position), position, stop);
}

/* The instruction at that position accesses watched memory. */
static bool accesses_hit(const struct timeline *timeline, uint64_t position,
                         struct timeline_stop *stop)
{
    const unsigned any = 1u << TIMELINE_WATCH_ACCESS;
    const unsigned writes = 1u << TIMELINE_WATCH_WRITE | 1u << TIMELINE_WATCH_CHANGE;

    switch (position % FAKE_LOOP) {
    case FAKE_WRITER:
        stop->inside = hits(timeline, any | writes, FAKE_COUNTER, position, stop);
        break;
    case FAKE_READER:
        stop->inside = hits(timeline, any | 1u << TIMELINE_WATCH_READ, FAKE_INPUT, position, stop);
        break;
    case FAKE_PAIR_WRITER:
        stop->inside = hits(timeline, any | writes, FAKE_PAIR, position, stop);
        break;
    default:
        stop->inside = false;
    }
    return stop->inside;
}

static bool device_hit(const struct timeline *timeline, uint64_t position,
                       struct timeline_stop *stop)
{
    stop->by_device =
        position == FAKE_DMA_POSITION &&
        hits(timeline,
             1u << TIMELINE_WATCH_ACCESS | 1u << TIMELINE_WATCH_WRITE | 1u << TIMELINE_WATCH_CHANGE,
             FAKE_DMA, position - 1, stop);
    return stop->by_device;
}

static int begin_move(struct timeline *timeline, struct timeline_stop *stop,
                      struct ebb_error *error)
{
    memset(stop, 0, sizeof(*stop));
    stop->reason = TIMELINE_STOP_STEP;
    timeline->in_diversion = false;
    if (timeline->fail_next) {
        timeline->fail_next = false;
        return ebb_fail(error, EBB_ERROR_FAILED, "the worker died");
    }
    return 0;
}

static int end_move(struct timeline *timeline, struct timeline_stop *stop)
{
    stop->position = timeline->position;
    if (timeline->interrupt_late) {
        timeline->interrupt_late = false;
        timeline_interrupt(timeline);
    }
    return 0;
}

static bool interrupted(struct timeline *timeline)
{
    bool result;

    pthread_mutex_lock(&timeline->lock);
    if (timeline->block) {
        timeline->blocked = true;
        pthread_cond_broadcast(&timeline->changed);
        while (!timeline->interrupted && timeline->block) {
            pthread_cond_wait(&timeline->changed, &timeline->lock);
        }
    }
    result = timeline->interrupted;
    timeline->interrupted = false;
    pthread_mutex_unlock(&timeline->lock);
    return result;
}

static bool diverges(struct timeline *timeline, struct timeline_stop *stop)
{
    if (timeline->position < timeline->diverge_at) {
        return false;
    }
    stop->reason = TIMELINE_STOP_DIVERGED;
    strcpy(timeline->report, "expected a write, got a read");
    stop->report = timeline->report;
    return true;
}

int timeline_seek(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                  struct ebb_error *error)
{
    if (position > FAKE_END) {
        return ebb_fail(error, EBB_ERROR_USAGE, "position out of range");
    }
    if (begin_move(timeline, stop, error) < 0) {
        return -1;
    }
    if (interrupted(timeline)) {
        stop->reason = TIMELINE_STOP_INTERRUPTED;
    } else {
        timeline->position = position < timeline->diverge_at ? position : timeline->diverge_at;
        if (position > timeline->position) {
            diverges(timeline, stop);
        }
    }
    return end_move(timeline, stop);
}

static void run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop)
{
    while (timeline->position < limit) {
        if (accesses_hit(timeline, timeline->position, stop) || diverges(timeline, stop)) {
            return;
        }
        timeline->position++;
        if (device_hit(timeline, timeline->position, stop) ||
            executes_hit(timeline, timeline->position, stop)) {
            return;
        }
    }
    if (timeline->position == FAKE_END) {
        stop->reason = TIMELINE_STOP_END;
    }
}

int timeline_run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                         struct ebb_error *error)
{
    if (begin_move(timeline, stop, error) < 0) {
        return -1;
    }
    if (interrupted(timeline)) {
        stop->reason = TIMELINE_STOP_INTERRUPTED;
    } else {
        run_forward(timeline, limit, stop);
    }
    return end_move(timeline, stop);
}

static void run_backward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop)
{
    while (timeline->position > limit) {
        /* A watch stop is reported behind the access, so the one just behind is over when the
         * next instruction is undone. */
        if (accesses_hit(timeline, timeline->position - 1, stop)) {
            return;
        }
        timeline->position--;
        if (executes_hit(timeline, timeline->position, stop)) {
            return;
        }
    }
    if (timeline->position == 0) {
        stop->reason = TIMELINE_STOP_BEGIN;
    }
}

int timeline_run_backward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    if (begin_move(timeline, stop, error) < 0) {
        return -1;
    }
    if (interrupted(timeline)) {
        stop->reason = TIMELINE_STOP_INTERRUPTED;
    } else {
        run_backward(timeline, limit, stop);
    }
    return end_move(timeline, stop);
}

int timeline_step(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error)
{
    if (begin_move(timeline, stop, error) < 0) {
        return -1;
    }
    if (interrupted(timeline)) {
        stop->reason = TIMELINE_STOP_INTERRUPTED;
    } else if (timeline->position == FAKE_END) {
        stop->reason = TIMELINE_STOP_END;
    } else if (!diverges(timeline, stop) && !accesses_hit(timeline, timeline->position, stop)) {
        timeline->position++;
        device_hit(timeline, timeline->position, stop);
        stop->handler = timeline->handler_at && timeline->position == timeline->handler_at;
    }
    return end_move(timeline, stop);
}

int timeline_step_over(struct timeline *timeline, struct timeline_stop *stop,
                       struct ebb_error *error)
{
    if (timeline_step(timeline, stop, error) < 0) {
        return -1;
    }
    if (stop->handler && !executes_hit(timeline, timeline->position, stop)) {
        stop->handler = false;
        run_forward(timeline, timeline->handler_at + FAKE_LOOP, stop);
    }
    return end_move(timeline, stop);
}

int timeline_reverse_step(struct timeline *timeline, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    if (begin_move(timeline, stop, error) < 0) {
        return -1;
    }
    if (interrupted(timeline)) {
        stop->reason = TIMELINE_STOP_INTERRUPTED;
    } else if (timeline->position == 0) {
        stop->reason = TIMELINE_STOP_BEGIN;
    } else if (!accesses_hit(timeline, timeline->position - 1, stop)) {
        timeline->position--;
        stop->handler =
            timeline->handler_at && timeline->position == timeline->handler_at + FAKE_LOOP - 1;
    }
    return end_move(timeline, stop);
}

int timeline_reverse_step_over(struct timeline *timeline, struct timeline_stop *stop,
                               struct ebb_error *error)
{
    if (timeline_reverse_step(timeline, stop, error) < 0) {
        return -1;
    }
    if (stop->handler && !executes_hit(timeline, timeline->position, stop)) {
        stop->handler = false;
        run_backward(timeline, timeline->handler_at, stop);
        if (stop->reason == TIMELINE_STOP_STEP) {
            timeline->position--;
        }
    }
    return end_move(timeline, stop);
}

void timeline_interrupt(struct timeline *timeline)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->interrupted = true;
    pthread_cond_broadcast(&timeline->changed);
    pthread_mutex_unlock(&timeline->lock);
}

uint64_t timeline_begin(const struct timeline *timeline)
{
    (void)timeline;
    return 0;
}

uint64_t timeline_end(const struct timeline *timeline)
{
    (void)timeline;
    return FAKE_END;
}

uint64_t timeline_position(const struct timeline *timeline)
{
    return timeline->position;
}

int timeline_add_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                            uint64_t address, uint64_t length, struct ebb_error *error)
{
    if (find(timeline, kind, address, length)) {
        return 0;
    }
    if (timeline->breakpoint_count == BREAKPOINTS_MAX) {
        return ebb_fail(error, EBB_ERROR_FAILED, "too many breakpoints");
    }
    timeline->breakpoints[timeline->breakpoint_count++] =
        (struct breakpoint){.kind = kind, .address = address, .length = length};
    return 0;
}

int timeline_remove_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                               uint64_t address, uint64_t length, struct ebb_error *error)
{
    struct breakpoint *breakpoint = find(timeline, kind, address, length);

    if (!breakpoint) {
        return ebb_fail(error, EBB_ERROR_USAGE, "no such breakpoint");
    }
    free((void *)breakpoint->conditions.bytes);
    *breakpoint = timeline->breakpoints[--timeline->breakpoint_count];
    return 0;
}

void timeline_clear_breakpoints(struct timeline *timeline)
{
    while (timeline->breakpoint_count) {
        free((void *)timeline->breakpoints[--timeline->breakpoint_count].conditions.bytes);
    }
}

int timeline_set_conditions(struct timeline *timeline, uint64_t address,
                            const struct timeline_conditions *conditions, struct ebb_error *error)
{
    struct breakpoint *breakpoint = find(timeline, TIMELINE_BREAK_EXECUTE, address, 0);
    uint8_t *bytes = malloc(conditions->size + 1);

    if (!breakpoint || !conditions_are_whole(conditions->bytes, conditions->size)) {
        free(bytes);
        return ebb_fail(error, EBB_ERROR_USAGE, "no such breakpoint, or no such conditions");
    }
    if (conditions->size) {
        memcpy(bytes, conditions->bytes, conditions->size);
    }
    free((void *)breakpoint->conditions.bytes);
    breakpoint->conditions = *conditions;
    breakpoint->conditions.bytes = bytes;
    return 0;
}

int timeline_breakpoint_counts(struct timeline *timeline, uint64_t address, struct ebb_error *error)
{
    (void)error;
    return pc_at(timeline, timeline->position) == address &&
           counts_at(timeline, timeline->position);
}

size_t timeline_registers_size(const struct timeline *timeline)
{
    (void)timeline;
    return FAKE_REGISTERS_SIZE;
}

unsigned timeline_register_count(const struct timeline *timeline)
{
    (void)timeline;
    return FAKE_REGISTERS;
}

unsigned timeline_pc_register(const struct timeline *timeline)
{
    (void)timeline;
    return FAKE_PC;
}

int timeline_read_registers(struct timeline *timeline, uint8_t *buffer, struct ebb_error *error)
{
    struct state state;

    (void)error;
    now(timeline, &state);
    memcpy(buffer, state.registers, sizeof(state.registers));
    memcpy(buffer + sizeof(state.registers), &state.cpsr, sizeof(state.cpsr));
    return 0;
}

int timeline_read_register(struct timeline *timeline, unsigned number, uint8_t *buffer,
                           size_t buffer_size, struct ebb_error *error)
{
    uint8_t all[FAKE_REGISTERS_SIZE];
    size_t size = number < FAKE_CPSR ? 8 : 4;

    if (number >= FAKE_REGISTERS) {
        return 0;
    }
    if (size > buffer_size) {
        return ebb_fail(error, EBB_ERROR_USAGE, "buffer too small");
    }
    timeline_read_registers(timeline, all, error);
    memcpy(buffer, all + (size_t)number * 8, size);
    return (int)size;
}

int timeline_read_pc(struct timeline *timeline, uint64_t *pc, struct ebb_error *error)
{
    return timeline_read_register(timeline, FAKE_PC, (uint8_t *)pc, sizeof(*pc), error) < 0 ? -1
                                                                                            : 0;
}

static uint8_t *byte_at(struct state *state, uint64_t address)
{
    if (address - FAKE_CODE < PAGE) {
        return &state->code[address - FAKE_CODE];
    }
    return address - FAKE_DATA < PAGE ? &state->data[address - FAKE_DATA] : NULL;
}

long timeline_read_memory(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                          size_t length, struct ebb_error *error)
{
    struct state state;
    size_t count = 0;

    (void)error;
    now(timeline, &state);
    while (count < length && byte_at(&state, address + count)) {
        buffer[count] = *byte_at(&state, address + count);
        count++;
    }
    return (long)count;
}

long timeline_read_physical(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                            size_t length, struct ebb_error *error)
{
    return timeline_read_memory(timeline, address - FAKE_PHYSICAL, buffer, length, error);
}

int timeline_host_address(struct timeline *timeline, uint64_t address, uint64_t *host,
                          struct ebb_error *error)
{
    struct state state;

    (void)error;
    now(timeline, &state);
    *host = byte_at(&state, address - FAKE_PHYSICAL) ? FAKE_HOST + address : 0;
    return 0;
}

static void divert(struct timeline *timeline)
{
    if (!timeline->in_diversion) {
        state_at(timeline, timeline->position, &timeline->diversion);
        timeline->in_diversion = true;
        timeline->diversions++;
    }
}

int timeline_write_register(struct timeline *timeline, unsigned number, const uint8_t *value,
                            size_t size, struct ebb_error *error)
{
    if (number >= FAKE_REGISTERS || size != (number == FAKE_CPSR ? 4 : 8)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "no such register");
    }
    divert(timeline);
    if (number == FAKE_CPSR) {
        memcpy(&timeline->diversion.cpsr, value, 4);
    } else {
        memcpy(&timeline->diversion.registers[number], value, 8);
    }
    return 0;
}

int timeline_write_memory(struct timeline *timeline, uint64_t address, const uint8_t *data,
                          size_t length, struct ebb_error *error)
{
    struct state state;

    now(timeline, &state);
    for (size_t i = 0; i < length; i++) {
        uint8_t *byte = byte_at(&state, address + i);

        if (!byte) {
            return ebb_fail(error, EBB_ERROR_FAILED, "address 0x%llx is not mapped",
                            (unsigned long long)(address + i));
        }
        *byte = data[i];
    }
    divert(timeline);
    timeline->diversion = state;
    return 0;
}

int timeline_write_physical(struct timeline *timeline, uint64_t address, const uint8_t *data,
                            size_t length, struct ebb_error *error)
{
    return timeline_write_memory(timeline, address - FAKE_PHYSICAL, data, length, error);
}

bool timeline_in_diversion(const struct timeline *timeline)
{
    return timeline->in_diversion;
}

int timeline_diversion_moved(struct timeline *timeline, bool *moved, struct ebb_error *error)
{
    (void)error;
    *moved = timeline->diversion.registers[FAKE_PC] != pc_at(timeline, timeline->position);
    return 0;
}

/* Steps over one interrupt at most: where it is back from that, the range step ends. */
static int step_range(struct timeline *timeline, const struct timeline_range *range, bool over,
                      struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t before, pc;

    do {
        before = timeline->position;
        if (over ? timeline_step_over(timeline, stop, error)
                 : timeline_step(timeline, stop, error)) {
            return -1;
        }
        pc = pc_at(timeline, timeline->position);
        if (stop->reason == TIMELINE_STOP_STEP) {
            executes_hit(timeline, timeline->position, stop);
        }
    } while (stop->reason == TIMELINE_STOP_STEP && timeline->position == before + 1 &&
             pc >= range->start && pc < range->end);
    return 0;
}

int timeline_step_range(struct timeline *timeline, const struct timeline_range *range,
                        struct timeline_stop *stop, struct ebb_error *error)
{
    return step_range(timeline, range, false, stop, error);
}

int timeline_step_range_over(struct timeline *timeline, const struct timeline_range *range,
                             struct timeline_stop *stop, struct ebb_error *error)
{
    return step_range(timeline, range, true, stop, error);
}

int timeline_step_range_diversion(struct timeline *timeline, const struct timeline_range *range,
                                  struct timeline_stop *stop, struct ebb_error *error)
{
    const uint64_t *pc = &timeline->diversion.registers[FAKE_PC];

    do {
        timeline_resume_diversion(timeline, true, stop, error);
    } while (stop->reason == TIMELINE_STOP_STEP && *pc >= range->start && *pc < range->end);
    return 0;
}

/* Code in a diversion is straight: no loop, no access. */
int timeline_resume_diversion(struct timeline *timeline, bool step, struct timeline_stop *stop,
                              struct ebb_error *error)
{
    uint64_t *pc = &timeline->diversion.registers[FAKE_PC];

    (void)error;
    memset(stop, 0, sizeof(*stop));
    stop->reason = TIMELINE_STOP_STEP;
    do {
        if (*pc == FAKE_HALT || *pc < FAKE_CODE || *pc > FAKE_HALT) {
            stop->reason = TIMELINE_STOP_HALTED;
        } else {
            *pc += 4;
            hits(timeline, 1u << TIMELINE_BREAK_EXECUTE, *pc, 0, stop);
        }
    } while (!step && stop->reason == TIMELINE_STOP_STEP);
    return end_move(timeline, stop);
}

int timeline_drop_diversion(struct timeline *timeline, struct ebb_error *error)
{
    (void)error;
    timeline->in_diversion = false;
    return 0;
}

const char *timeline_target_xml(struct timeline *timeline, const char *name)
{
    (void)timeline;
    if (!strcmp(name, "target.xml")) {
        return "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
               "<architecture>aarch64</architecture><xi:include href=\"core.xml\"/></target>";
    }
    if (strcmp(name, "core.xml")) {
        return NULL;
    }
#define R(name) "<reg name=\"" name "\" bitsize=\"64\"/>"
    return "<?xml version=\"1.0\"?><!DOCTYPE feature SYSTEM \"gdb-target.dtd\">"
           "<feature name=\"org.gnu.gdb.aarch64.core\">" R("x0") R("x1") R("x2") R("x3") R("x4")
               R("x5") R("x6") R("x7") R("x8") R("x9") R("x10") R("x11") R("x12") R("x13") R("x14")
                   R("x15") R("x16") R("x17") R("x18") R("x19") R("x20") R("x21") R("x22") R("x23")
                       R("x24") R("x25") R("x26") R("x27") R("x28") R("x29") R("x30") R("sp")
                           R("pc") "<reg name=\"cpsr\" bitsize=\"32\"/></feature>";
#undef R
}

int timeline_digest(struct timeline *timeline, uint64_t *registers, uint64_t *ram,
                    struct ebb_error *error)
{
    (void)error;
    *registers = timeline->position;
    *ram = ~timeline->position;
    return 0;
}

void timeline_visit_checkpoints(const struct timeline *timeline,
                                void (*visit)(void *opaque,
                                              const struct timeline_checkpoint_info *info),
                                void *opaque)
{
    (void)timeline;
    visit(opaque, &(struct timeline_checkpoint_info){0, 0, true});
    visit(opaque, &(struct timeline_checkpoint_info){500, 4096, false});
}

char *timeline_take_notice(struct timeline *timeline)
{
    (void)timeline;
    return NULL;
}

void timeline_stats(const struct timeline *timeline, struct timeline_stats *stats)
{
    (void)timeline;
    *stats = (struct timeline_stats){.memory_budget = 1 << 20, .checkpoints = 2};
}

/* The log: if no other events were given, number i is an MMIO read at position 10 * i. */
struct ebb_cursor {
    const struct ebb_log *log;
    uint64_t number;
};

static struct ebb_event event_at(const struct ebb_log *log, uint64_t number)
{
    return log->events ? log->events[number]
                       : (struct ebb_event){.position = 10 * number,
                                            .address = 0x9000000,
                                            .value = 0x42,
                                            .kind = EBB_EVENT_MMIO_READ,
                                            .size = 4};
}

const struct ebb_log *timeline_log(const struct timeline *timeline)
{
    return &timeline->log;
}

void ebb_log_summary(const struct ebb_log *log, struct ebb_log_summary *summary)
{
    *summary = log->summary;
}

const char *ebb_log_problem(const struct ebb_log *log)
{
    return log->problem;
}

struct ebb_cursor *ebb_cursor_new(const struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor = calloc(1, sizeof(*cursor));

    (void)error;
    cursor->log = log;
    return cursor;
}

void ebb_cursor_free(struct ebb_cursor *cursor)
{
    free(cursor);
}

int ebb_cursor_next(struct ebb_cursor *cursor, struct ebb_event *event, struct ebb_error *error)
{
    (void)error;
    if (cursor->number == cursor->log->summary.event_count) {
        return 0;
    }
    ++*cursor->log->events_read;
    *event = event_at(cursor->log, cursor->number++);
    return 1;
}

int ebb_cursor_seek_event(struct ebb_cursor *cursor, uint64_t number, struct ebb_error *error)
{
    uint64_t count = cursor->log->summary.event_count;

    (void)error;
    cursor->number = number < count ? number : count;
    return 0;
}

int ebb_cursor_seek_position(struct ebb_cursor *cursor, uint64_t position, struct ebb_error *error)
{
    uint64_t number = 0, count = cursor->log->summary.event_count;

    while (number < count && event_at(cursor->log, number).position < position) {
        number++;
    }
    return ebb_cursor_seek_event(cursor, number, error);
}

int ebb_cursor_seek_kind(struct ebb_cursor *cursor, uint32_t kind, uint64_t from, uint64_t end,
                         struct ebb_error *error)
{
    while (from < end && event_at(cursor->log, from).kind != kind) {
        from++;
    }
    ebb_cursor_seek_event(cursor, from, error);
    return from < end;
}

uint64_t ebb_cursor_event_number(const struct ebb_cursor *cursor)
{
    return cursor->number;
}
