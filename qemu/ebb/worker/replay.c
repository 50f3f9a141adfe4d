/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replay: answers the guest's accesses from the log. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "qemu/bswap.h"
#include "exec/memop.h"
#include "ebb/arm/sysreg.h"
#include "ebb/position.h"
#include "divergence.h"
#include "events.h"
#include "expect.h"
#include "replay.h"

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

MemTxResult worker_replay_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
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

MemTxResult worker_replay_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
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

void worker_replay_semihosting(CPUState *cpu)
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

/* What QEMU takes for granted; a log may say anything. */
static bool can_trap_to(CPUARMState *env, uint64_t level)
{
    if (level == 2) {
        return arm_is_el2_enabled(env) && arm_current_el(env) <= 2;
    }
    return level == 3 && arm_feature(env, ARM_FEATURE_EL3);
}

/* The log has it where an access trapped. */
static CPAccessResult replay_sysreg_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    struct worker *worker = worker_current();
    const struct ebb_event *event = worker_events_peek(worker);
    enum ebb_event_kind kind = is_read ? EBB_EVENT_SYSREG_READ : EBB_EVENT_SYSREG_WRITE;
    uint64_t position = ebb_position_of_instruction();
    uint64_t level;

    if (worker->diversion) {
        return ebb_sysreg_original_check(env, ri, is_read);
    }
    if (!event || event->kind != kind || !(event->flags & EBB_EVENT_FAILED) ||
        event->position != position || event->address != ebb_sysreg_id(ri)) {
        return CP_ACCESS_OK;
    }
    level = event->value;
    if (!can_trap_to(env, level)) {
        worker_diverge(worker, position, "an access to %s that cannot trap there", ri->name);
        return CP_ACCESS_OK;
    }
    worker_events_advance(worker, position);
    return CP_ACCESS_TRAP_BIT | level;
}

static const struct ebb_sysreg_interceptor sysreg_interceptor = {
    .read = replay_sysreg_read,
    .write = replay_sysreg_write,
    .check = replay_sysreg_check,
};

void worker_replay_intercept(struct worker *worker)
{
    ebb_sysregs_intercept(worker->cpu, &sysreg_interceptor);
}

static void consumed(struct worker *worker, const struct ebb_event *event, uint64_t position)
{
}

static void expecting(struct worker *worker, uint64_t position)
{
}

static bool passed_by(struct worker *worker, const struct ebb_event *next)
{
    return false;
}

static bool looks_at(struct worker *worker, vaddr address)
{
    return false;
}

static bool reached(struct worker *worker, const struct worker_hit *hit)
{
    return clockwork_hit(&worker->clockwork, hit);
}

static bool stops_at(struct worker *worker, uint64_t pc)
{
    return false;
}

const struct worker_mode worker_replay_mode = {
    .consumed = consumed,
    .expecting = expecting,
    .passed_by = passed_by,
    .looks_at = looks_at,
    .reached = reached,
    .stops_at = stops_at,
};
