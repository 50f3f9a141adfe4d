/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "accel/tcg/cpu-ops.h"
#include "accel/tcg/internal-common.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/cpu-timers.h"
#include "system/replay.h"
#include "ebb/arm/cpu_state.h"
#include "ebb/arm/regime.h"
#include "ebb/arm/sysreg.h"
#include "ebb/hooks.h"
#include "ebb/position.h"
#include "access.h"
#include "hooks.h"
#include "semihosting.h"
#include "session.h"
#include "tcg.h"

/* The bytes of value as a little-endian CPU sees them. */
static uint64_t normalized(uint64_t value, MemOp op)
{
    unsigned bits = 8 * memop_size(op);

    if ((op & MO_BSWAP) != MO_LE) {
        value = bswap64(value) >> (64 - bits);
    }
    return bits == 64 ? value : value & ((1ull << bits) - 1);
}

/* What the CPU makes of a failed access depends on how it failed. */
static uint32_t failure_flags(CPUState *cpu, MemTxResult result)
{
    if (result == MEMTX_OK || cpu->ignore_memory_transaction_failures) {
        return 0;
    }
    return EBB_EVENT_FAILED | (result == MEMTX_DECODE_ERROR ? EBB_EVENT_UNASSIGNED : 0);
}

static void append_mmio(struct recorder_session *session, uint32_t kind, hwaddr address,
                        uint64_t value, MemOp op, MemTxResult result)
{
    recorder_access_append_mmio(session, kind, address, normalized(value, op), memop_size(op),
                                failure_flags(CPU(session->cpu), result));
}

static MemTxResult hook_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                  uint64_t *value, MemOp op, MemTxAttrs attrs)
{
    bool ours = recorder_access_begin(recorder_hooks_session, ebb_position_of_access(cpu));
    MemTxResult result = memory_region_dispatch_read(mr, offset, value, op, attrs);

    if (ours && !cpu->mem_io_pc && !failure_flags(cpu, result)) {
        /* How often QEMU fetches such an instruction depends on the host. */
        recorder_state_fail(recorder_hooks_session,
                            "the guest executes instructions out of a device, at physical address "
                            "%#" HWADDR_PRIx ", which cannot be recorded; the recording ends there",
                            address);
    }
    if (ours) {
        append_mmio(recorder_hooks_session, EBB_EVENT_MMIO_READ, address, *value, op, result);
        recorder_access_end(recorder_hooks_session);
    }
    return result;
}

static MemTxResult hook_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                   uint64_t value, MemOp op, MemTxAttrs attrs)
{
    bool ours = recorder_access_begin(recorder_hooks_session, ebb_position_of_access(cpu));
    MemTxResult result = memory_region_dispatch_write(mr, offset, value, op, attrs);

    if (ours) {
        append_mmio(recorder_hooks_session, EBB_EVENT_MMIO_WRITE, address, value, op, result);
        recorder_access_end(recorder_hooks_session);
    }
    return result;
}

static void append_sysreg(struct recorder_session *session, uint32_t kind, const ARMCPRegInfo *ri,
                          uint64_t value)
{
    struct ebb_event event = {
        .kind = kind,
        .address = ebb_sysreg_id(ri),
        .value = value,
        .size = 8,
    };

    recorder_access_append(session, &event);
}

static uint64_t sysreg_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    bool ours = recorder_access_begin(recorder_hooks_session, ebb_position_of_instruction());
    uint64_t value = ebb_sysreg_original_read(env, ri);

    if (ours) {
        append_sysreg(recorder_hooks_session, EBB_EVENT_SYSREG_READ, ri, value);
        recorder_access_end(recorder_hooks_session);
    }
    return value;
}

static void sysreg_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    bool ours = recorder_access_begin(recorder_hooks_session, ebb_position_of_instruction());

    ebb_sysreg_original_write(env, ri, value);
    if (ours) {
        append_sysreg(recorder_hooks_session, EBB_EVENT_SYSREG_WRITE, ri, value);
        recorder_access_end(recorder_hooks_session);
    }
}

/* An access that traps is an event of its own; then the register is not accessed. */
static CPAccessResult sysreg_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    CPAccessResult result = ebb_sysreg_original_check(env, ri, is_read);
    struct ebb_event event = {
        .kind = is_read ? EBB_EVENT_SYSREG_READ : EBB_EVENT_SYSREG_WRITE,
        .address = ebb_sysreg_id(ri),
        .value = result & CP_ACCESS_EL_MASK,
        .size = 8,
        .flags = EBB_EVENT_FAILED,
    };

    if (result != CP_ACCESS_OK &&
        recorder_access_begin(recorder_hooks_session, ebb_position_of_instruction())) {
        recorder_access_append(recorder_hooks_session, &event);
        recorder_access_end(recorder_hooks_session);
    }
    return result;
}

static const struct ebb_sysreg_interceptor sysreg_interceptor = {
    .read = sysreg_read,
    .write = sysreg_write,
    .check = sysreg_check,
};

/* Called at every change of exception level or mode, on exception return too. */
static void level_changed(ARMCPU *cpu, void *opaque)
{
    struct recorder_session *session = opaque;

    if (recorder_state_is_recording(session) && CPU(cpu)->exception_index >= 0) {
        session->moment = moment_settled(ebb_position_now());
    }
}

/*
 * Lets the CPU take an interrupt that is pending, as the state at a position has it (log/event.h).
 * This is what QEMU would do before the next instruction; the vCPU must not be executing.
 */
static void tcg_settle(struct recorder_session *session)
{
    CPUState *cpu = CPU(session->cpu);
    const TCGCPUOps *operations = cpu->cc->tcg_ops;

    if (cpu->halted && operations->cpu_exec_halt(cpu)) {
        cpu->halted = 0;
    }
    if (!cpu->halted && cpu->interrupt_request &&
        operations->cpu_exec_interrupt(cpu, cpu->interrupt_request)) {
        cpu->exception_index = -1;
    }
}

static void tcg_between_runs(CPUState *cpu)
{
    recorder_session_between_runs(recorder_hooks_session);
}

static const struct ebb_hooks hooks = {
    .mmio_read = hook_mmio_read,
    .mmio_write = hook_mmio_write,
    .ram_written = recorder_hooks_ram_written,
    .semihosting = recorder_semihosting_call,
    .vcpu_between_runs = tcg_between_runs,
    .device_map = recorder_hooks_device_map,
    .device_unmap = recorder_hooks_device_unmap,
    .serialize_devices = true,
};

static bool tcg_check_machine(Error **errp)
{
    if (icount_enabled() != ICOUNT_PRECISE) {
        error_setg(errp, "positions need a fixed instruction count; use -icount shift=1 "
                         "(or another number up to 10), not auto");
    } else if (icount_align_option) {
        error_setg(errp, "-icount align=on cannot be recorded; leave it out");
    } else if (replay_mode != REPLAY_MODE_NONE) {
        error_setg(errp, "QEMU's own record/replay is active; leave rr= out");
    } else {
        return true;
    }
    return false;
}

static bool tcg_prepare(struct recorder_session *session, Error **errp)
{
    ebb_sysregs_intercept(session->cpu, &sysreg_interceptor);
    ebb_regime_intercept(session->cpu);
    arm_register_el_change_hook(session->cpu, level_changed, session);
    ebb_hooks = &hooks;
    return true;
}

static bool tcg_start(struct recorder_session *session, Error **errp)
{
    ebb_position_set(0);
    session->tracks_dirty = true;
    return true;
}

static void tcg_stop(struct recorder_session *session)
{
}

static uint64_t tcg_place(struct recorder_session *session)
{
    return ebb_position_now();
}

static uint64_t tcg_position(const struct recorder_session *session)
{
    return ebb_position_now();
}

static struct ebb_cpu_registers *tcg_registers(struct recorder_session *session)
{
    return ebb_cpu_registers_get(session->cpu);
}

static uint64_t tcg_digest(struct recorder_session *session)
{
    return ebb_cpu_digest(session->cpu);
}

/* TCG sets them itself. */
static void tcg_sync_dirty(struct recorder_session *session)
{
}

static void tcg_describe(struct recorder_session *session, QDict *manifest)
{
    qdict_put_int(manifest, "icount_shift", ctz64(icount_to_ns(1)));
}

static void tcg_status(struct recorder_session *session, QDict *status)
{
}

const struct recorder_accel recorder_tcg_accel = {
    .name = "tcg",
    .check_machine = tcg_check_machine,
    .prepare = tcg_prepare,
    .start = tcg_start,
    .stop = tcg_stop,
    .place = tcg_place,
    .position = tcg_position,
    .settle = tcg_settle,
    .registers = tcg_registers,
    .digest = tcg_digest,
    .sync_dirty = tcg_sync_dirty,
    .describe = tcg_describe,
    .status = tcg_status,
};
