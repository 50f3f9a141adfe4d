/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay: answers the guest's accesses from the log, and notices when guest and log disagree.
 *
 * Every synchronous event is checked for its kind, position, address and size, a write also for its
 * value. After the first mismatch nothing counts any more: the run stops behind the instruction,
 * and the report says what was expected and what was met.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "exec/memop.h"
#include "ebb/hooks.h"
#include "ebb/position.h"
#include "ebb/arm/sysreg.h"
#include "worker.h"

#define CONTEXT_EVENTS 8u

static void describe_event(GString *text, const struct ebb_event *event)
{
    const char *name = ebb_event_kind_name(event->kind);

    g_string_append_printf(text, "%s at position %" PRIu64, name ? name : "unknown event",
                           event->position);
    if (event->flags & EBB_EVENT_NESTED) {
        g_string_append(text, ", nested");
    }
    g_string_append_printf(text, ", address 0x%" PRIx64, event->address);
    if (event->size) {
        g_string_append_printf(text, ", %u bytes", event->size);
    }
    g_string_append_printf(text, ", value 0x%" PRIx64, event->value);
    if (event->data_length) {
        g_string_append_printf(text, ", %u bytes of data", event->data_length);
    }
}

/* Appends the events before the next one. */
static void describe_context(struct worker *worker, GString *text)
{
    uint64_t last = worker->events.next_number;
    uint64_t number = last > CONTEXT_EVENTS ? last - CONTEXT_EVENTS : 0;
    struct ebb_cursor *cursor = ebb_cursor_new(worker->events.log, NULL);
    struct ebb_event event;

    if (cursor && !ebb_cursor_seek_event(cursor, number, NULL)) {
        g_string_append(text, "  the events before it:\n");
        for (; number < last && ebb_cursor_next(cursor, &event, NULL) == 1; number++) {
            g_string_append_printf(text, "    event %" PRIu64 ": ", number);
            describe_event(text, &event);
            g_string_append_c(text, '\n');
        }
    }
    ebb_cursor_free(cursor);
}

void worker_diverge(struct worker *worker, uint64_t position, const char *format, ...)
{
    GString *text = worker->report;
    va_list arguments;

    if (text->len) {
        return; /* the first mismatch is the one that counts */
    }
    worker->diverged_position = position;
    g_string_append_printf(text,
                           "replay and log disagree at position %" PRIu64 ", event %" PRIu64
                           " of %" PRIu64 ", PC 0x%" PRIx64 "\n",
                           position, worker->events.next_number, worker->events.event_count,
                           worker_pc(worker));
    g_string_append(text, "  expected: ");
    if (worker->events.have_next) {
        describe_event(text, &worker->events.next);
    } else {
        g_string_append(text, "the end of the log");
    }
    g_string_append(text, "\n  got: ");
    va_start(arguments, format);
    g_string_append_vprintf(text, format, arguments);
    va_end(arguments);
    g_string_append_c(text, '\n');
    describe_context(worker, text);
    if (current_cpu) {
        cpu_exit(current_cpu);
    }
}

void worker_apply_nested(struct worker *worker, uint64_t position)
{
    const struct ebb_event *event = worker_events_peek(worker);

    while (event && (event->flags & EBB_EVENT_NESTED) && !worker->report->len) {
        worker_events_apply(worker, event);
        worker_events_advance(worker, position);
        event = worker_events_peek(worker);
    }
}

/* Exits that were expected behind this place, if only a little. */
static void pass_exits(struct worker *worker, uint64_t position)
{
    const struct ebb_event *event = worker_events_peek(worker);

    while (event && event->kind == EBB_EVENT_EXIT) {
        worker_events_advance(worker, position);
        event = worker_events_peek(worker);
    }
}

const struct ebb_event *worker_expect(struct worker *worker, enum ebb_event_kind kind,
                                      uint64_t position, uint64_t address, uint32_t size,
                                      const uint64_t *value)
{
    bool positions_count = !worker->kvm.unresolved;
    const struct ebb_event *event;

    if (worker->kvm.resolution) {
        pass_exits(worker, position);
    }
    worker_apply_nested(worker, position);
    event = worker_events_peek(worker);
    if (worker->report->len) {
        return NULL;
    }
    if (event && event->kind == kind && (!positions_count || event->position == position) &&
        event->address == address && event->size == size && (!value || event->value == *value)) {
        return event;
    }
    if (worker->kvm.resolution && event && event->kind == EBB_EVENT_ANCHOR) {
        worker_resolve_passed_by(worker);
        return NULL;
    }
    if (value) {
        worker_diverge(worker, position, "%s, address 0x%" PRIx64 ", %u bytes, value 0x%" PRIx64,
                       ebb_event_kind_name(kind), address, size, *value);
    } else {
        worker_diverge(worker, position, "%s, address 0x%" PRIx64 ", %u bytes",
                       ebb_event_kind_name(kind), address, size);
    }
    return NULL;
}

static MemTxResult access_result(const struct ebb_event *event)
{
    if (event->flags & EBB_EVENT_UNASSIGNED) {
        return MEMTX_DECODE_ERROR;
    }
    return event->flags & EBB_EVENT_FAILED ? MEMTX_ERROR : MEMTX_OK;
}

static uint64_t swap(uint64_t value, MemOp op)
{
    switch (op & MO_SIZE) {
    case MO_16:
        return bswap16(value);
    case MO_32:
        return bswap32(value);
    case MO_64:
        return bswap64(value);
    default:
        return value;
    }
}

static MemTxResult replay_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                    uint64_t *value, MemOp op, MemTxAttrs attrs)
{
    struct worker *worker = worker_current();
    const struct ebb_event *event;
    MemTxResult result;
    uint64_t position;

    *value = 0;
    if (worker->diversion) {
        return MEMTX_OK;
    }
    position = ebb_position_of_access(cpu);
    event = worker_expect(worker, EBB_EVENT_MMIO_READ, position, address, memop_size(op), NULL);
    if (!event) {
        return MEMTX_OK;
    }
    *value = (op & MO_BSWAP) == MO_BE ? swap(event->value, op) : event->value;
    result = access_result(event);
    worker_events_advance(worker, position);
    return result;
}

static MemTxResult replay_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                     uint64_t value, MemOp op, MemTxAttrs attrs)
{
    struct worker *worker = worker_current();
    unsigned size = memop_size(op);
    const struct ebb_event *event;
    MemTxResult result;
    uint64_t position;

    if (worker->diversion) {
        return MEMTX_OK;
    }
    value &= MAKE_64BIT_MASK(0, size * 8);
    position = ebb_position_of_access(cpu);
    event = worker_expect(worker, EBB_EVENT_MMIO_WRITE, position, address, size, &value);
    if (!event) {
        return MEMTX_OK;
    }
    result = access_result(event);
    worker_events_advance(worker, position);
    return result;
}

static uint64_t replay_sysreg_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    struct worker *worker = worker_current();
    uint64_t position = ebb_position_of_instruction();
    const struct ebb_event *event;
    uint64_t value;

    if (worker->diversion) {
        return 0;
    }
    event = worker_expect(worker, EBB_EVENT_SYSREG_READ, position, ebb_sysreg_id(ri), 8, NULL);
    if (!event) {
        return 0;
    }
    value = event->value;
    worker_events_advance(worker, position);
    return value;
}

/* The register itself stays as it is: there is no device behind it, and reads come from the log. */
static void replay_sysreg_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    struct worker *worker = worker_current();
    uint64_t position = ebb_position_of_instruction();

    if (!worker->diversion &&
        worker_expect(worker, EBB_EVENT_SYSREG_WRITE, position, ebb_sysreg_id(ri), 8, &value)) {
        worker_events_advance(worker, position);
    }
}

static void replay_semihosting(CPUState *cpu)
{
    struct worker *worker = worker_current();
    CPUARMState *env = &worker->cpu->env;
    bool a64 = is_a64(env);
    uint64_t position = ebb_position_of_instruction();
    uint64_t operation = a64 ? env->xregs[0] & UINT32_MAX : env->regs[0];
    const struct ebb_event *event;

    if (worker->diversion) {
        return;
    }
    event = worker_expect(worker, EBB_EVENT_SEMIHOSTING, position, operation, 0, NULL);
    if (!event) {
        return;
    }
    if (a64) {
        env->xregs[0] = event->value;
    } else {
        env->regs[0] = event->value;
    }
    worker_events_advance(worker, position);
}

static const struct ebb_sysreg_interceptor sysreg_interceptor = {
    .read = replay_sysreg_read,
    .write = replay_sysreg_write,
};

void worker_replay_intercept(struct worker *worker)
{
    ebb_sysregs_intercept(worker->cpu, &sysreg_interceptor);
}

const struct ebb_hooks worker_hooks = {
    .mmio_read = replay_mmio_read,
    .mmio_write = replay_mmio_write,
    .ram_written = worker_ram_written,
    .semihosting = replay_semihosting,
    .vcpu_loop = worker_serve,
    .breakpoint_at = worker_breakpoint_at,
    .breakpoint_reached = worker_breakpoint_reached,
    .watchpoint_reached = worker_watchpoint_reached,
};
