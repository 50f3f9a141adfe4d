/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU calls: accesses of the CPU, its interrupt inputs, and writes of devices to RAM. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "exec/ramlist.h"
#include "gdbstub/internals.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "hooks.h"
#include "position.h"
#include "recorder.h"
#include "system/replay.h"
#include "qapi/qapi-types-ui.h"
#include "replay/replay-internal.h"
#include "sysreg.h"

#define CPU_INPUTS (ARM_CPU_VINMI + 1)

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

static void append_mmio(struct recorder *recorder, uint32_t kind, hwaddr address, uint64_t value,
                        MemOp op, MemTxResult result)
{
    struct ebb_event event = {
        .kind = kind,
        .address = address,
        .value = normalized(value, op),
        .size = memop_size(op),
        .flags = failure_flags(CPU(recorder->cpu), result),
    };

    recorder_append_access(recorder, &event);
}

static MemTxResult hook_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                  uint64_t *value, MemOp op, MemTxAttrs attrs)
{
    bool ours = recorder_access_begin(ebb_recorder, ebb_position_of_access(cpu));
    MemTxResult result = memory_region_dispatch_read(mr, offset, value, op, attrs);

    if (ours && !cpu->mem_io_pc && !failure_flags(cpu, result)) {
        /* How often QEMU fetches such an instruction depends on the host. */
        recorder_fail(ebb_recorder,
                      "the guest executes instructions out of a device, at physical address "
                      "%#" HWADDR_PRIx ", which cannot be recorded; the recording ends there",
                      address);
    }
    if (ours) {
        append_mmio(ebb_recorder, EBB_EVENT_MMIO_READ, address, *value, op, result);
        recorder_access_end(ebb_recorder);
    }
    return result;
}

static MemTxResult hook_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                   uint64_t value, MemOp op, MemTxAttrs attrs)
{
    bool ours = recorder_access_begin(ebb_recorder, ebb_position_of_access(cpu));
    MemTxResult result;

    if (mr->rom_device) {
        recorder_flash_written(ebb_recorder, mr);
    }
    result = memory_region_dispatch_write(mr, offset, value, op, attrs);
    if (ours) {
        append_mmio(ebb_recorder, EBB_EVENT_MMIO_WRITE, address, value, op, result);
        recorder_access_end(ebb_recorder);
    }
    return result;
}

static void append_sysreg(struct recorder *recorder, uint32_t kind, const ARMCPRegInfo *ri,
                          uint64_t value)
{
    struct ebb_event event = {
        .kind = kind,
        .address = ebb_sysreg_id(ri),
        .value = value,
        .size = 8,
    };

    recorder_append_access(recorder, &event);
}

static uint64_t sysreg_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    bool ours = recorder_access_begin(ebb_recorder, ebb_position_of_instruction());
    uint64_t value = ebb_sysreg_original_read(env, ri);

    if (ours) {
        append_sysreg(ebb_recorder, EBB_EVENT_SYSREG_READ, ri, value);
        recorder_access_end(ebb_recorder);
    }
    return value;
}

static void sysreg_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    bool ours = recorder_access_begin(ebb_recorder, ebb_position_of_instruction());

    ebb_sysreg_original_write(env, ri, value);
    if (ours) {
        append_sysreg(ebb_recorder, EBB_EVENT_SYSREG_WRITE, ri, value);
        recorder_access_end(ebb_recorder);
    }
}

static const struct ebb_sysreg_interceptor sysreg_interceptor = {
    .read = sysreg_read,
    .write = sysreg_write,
};

/* QEMU's CPU inputs are levels; calls that do not change one have no effect. */
static bool changes_line(CPUARMState *env, int input, bool level)
{
    static const uint32_t bits[CPU_INPUTS] = {
        [ARM_CPU_IRQ] = CPU_INTERRUPT_HARD,  [ARM_CPU_FIQ] = CPU_INTERRUPT_FIQ,
        [ARM_CPU_VIRQ] = CPU_INTERRUPT_VIRQ, [ARM_CPU_VFIQ] = CPU_INTERRUPT_VFIQ,
        [ARM_CPU_NMI] = CPU_INTERRUPT_NMI,   [ARM_CPU_VINMI] = CPU_INTERRUPT_VINMI,
    };

    if ((input == ARM_CPU_VIRQ || input == ARM_CPU_VFIQ) && !arm_feature(env, ARM_FEATURE_EL2)) {
        return false;
    }
    return level != !!(env->irq_line_state & bits[input]);
}

/* False, after recorder_fail(), if the vCPU may be executing while the caller changes its world. */
static bool check_serialized(struct recorder *recorder, const char *what)
{
    if (bql_locked() && (current_cpu || replay_mutex_locked())) {
        return true;
    }
    recorder_fail(recorder,
                  "cannot record %s from another thread while the guest runs; use a device that "
                  "does its work on QEMU's main thread",
                  what);
    return false;
}

static void interrupt_line_moved(void *opaque, int input, int level)
{
    qemu_irq original = *(qemu_irq *)opaque;
    struct recorder *recorder = ebb_recorder;
    struct ebb_event event = {
        .kind = EBB_EVENT_INTERRUPT_LINE,
        .address = input,
        .value = level != 0,
    };

    if (recorder_is_recording(recorder) && changes_line(&recorder->cpu->env, input, level != 0) &&
        check_serialized(recorder, "an interrupt raised")) {
        recorder_append_effect(recorder, &event);
    }
    qemu_set_irq(original, level);
}

static void hook_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    struct recorder *recorder = ebb_recorder;
    uint64_t ram_offset;

    if (!recorder_is_recording(recorder) || !length) {
        return;
    }
    ram_offset = ebb_ram_space_offset(recorder->space, mr, offset);
    if (ram_offset == UINT64_MAX) {
        return;
    }
    recorder_mark_dirty(mr, offset, length);
    if (recorder->resetting) {
        return; /* the keyframe after the reset has it */
    }
    if (check_serialized(recorder, "RAM written")) {
        recorder_append_dma(recorder, ram_offset, length);
    }
}

/* Called at every change of exception level or mode, on exception return too. */
static void level_changed(ARMCPU *cpu, void *opaque)
{
    struct recorder *recorder = opaque;

    if (recorder_is_recording(recorder) && CPU(cpu)->exception_index >= 0) {
        recorder->entry_position = ebb_position_now();
    }
}

static void append_reset(struct recorder *recorder)
{
    struct ebb_event event = {.kind = EBB_EVENT_RESET};

    recorder->resetting = false;
    recorder->entry_position = UINT64_MAX;
    if (recorder_keyframe(recorder, ebb_position_now(), &event.value)) {
        recorder_append_effect(recorder, &event);
    }
}

static void start_recording(struct recorder *recorder)
{
    Error *error = NULL;

    if (gdbserver_state.init) {
        recorder_fail(recorder, "cannot record this guest: what a debugger writes is not recorded; "
                                "leave -s and -gdb out and debug the recording with ebb replay");
        return;
    }
    ebb_position_set(0);
    recorder->space = ebb_ram_space_new();
    recorder_map_start(recorder);
    if (!recorder_write_manifest(recorder, &error)) {
        recorder_fail(recorder, "%s", error_get_pretty(error));
        return;
    }
    recorder->phase = RECORDER_RECORDING;
    recorder_keyframe_start(recorder);
    recorder_keyframe(recorder, 0, NULL);
}

static void hook_vcpu_between_runs(CPUState *cpu)
{
    struct recorder *recorder = ebb_recorder;

    if (recorder->phase == RECORDER_WAITING) {
        start_recording(recorder);
    }
    if (!recorder_is_recording(recorder)) {
        return;
    }
    if (recorder->resetting) {
        append_reset(recorder);
    } else if (recorder_keyframe_is_due(recorder)) {
        recorder_keyframe(recorder, ebb_position_now(), NULL);
    }
}

static const struct ebb_hooks hooks = {
    .mmio_read = hook_mmio_read,
    .mmio_write = hook_mmio_write,
    .ram_written = hook_ram_written,
    .semihosting = recorder_semihosting,
    .vcpu_between_runs = hook_vcpu_between_runs,
    .bounce_device_writes = true,
    .serialize_devices = true,
};

void recorder_install_hooks(struct recorder *recorder)
{
    qemu_irq inputs[CPU_INPUTS];
    int i;

    for (i = 0; i < CPU_INPUTS; i++) {
        inputs[i] = qdev_get_gpio_in(DEVICE(recorder->cpu), i);
    }
    qemu_irq_intercept_in(inputs, interrupt_line_moved, CPU_INPUTS);
    ebb_sysregs_intercept(recorder->cpu, &sysreg_interceptor);
    arm_register_el_change_hook(recorder->cpu, level_changed, recorder);
    /* The main thread, which this is, starts out with the mutex. */
    replay_mutex_init();
    ebb_hooks = &hooks;
}
