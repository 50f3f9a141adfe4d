/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording under KVM: when the vCPU comes and goes, and what the recorder is told of KVM. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/main-loop.h"
#include "qobject/qnum.h"
#include "exec/memory.h"
#include "system/replay.h"
#include "system/reset.h"
#include "log/kvm_registers.h"
#include "ebb/arm/cpu_state.h"
#include "ebb/hooks.h"
#include "state.h"
#include "trace.h"

static void kvm_enter(CPUState *cpu)
{
    struct recorder *recorder = ebb_recorder;

    replay_mutex_lock();
    bql_lock();
    if (recorder->kvm->images_loaded) {
        recorder->kvm->images_loaded = false;
        recorder_kvm_patch_images(recorder);
        recorder_kvm_clear_upper_halves(recorder);
    }
    recorder_kvm_alarm_look(recorder);
    recorder_kvm_clock_settle(recorder);
    recorder_between_runs(recorder);
    recorder->kvm->ran = true;
    bql_unlock();
    recorder_kvm_clock_enter(recorder);
}

/*
 * An anchor is due even if nothing follows it where a WFI was waiting: it ends when the vCPU leaves
 * the guest, and the guest goes on behind it. Elsewhere the first effect asks for one.
 */
static void kvm_leave(CPUState *cpu)
{
    struct recorder *recorder = ebb_recorder;

    recorder_kvm_trace_drain(recorder, false);
    recorder_kvm_clock_leave(recorder);
    recorder->kvm->exits[RECORDER_KVM_INTERRUPTED]++;
    if (recorder_is_recording(recorder) && recorder_kvm_may_have_slept(recorder)) {
        recorder_kvm_place(recorder);
    }
    replay_mutex_unlock();
}

static const struct ebb_hooks hooks = {
    .ram_written = recorder_ram_written,
    .kvm_enter = kvm_enter,
    .kvm_leave = kvm_leave,
    .kvm_exit = recorder_kvm_exit,
    .kvm_fault = recorder_kvm_fault,
    .bounce_device_writes = true,
    .serialize_devices = true,
};

static void images_loaded(void *opaque)
{
    struct recorder *recorder = opaque;

    recorder->kvm->images_loaded = true;
}

static bool kvm_prepare(struct recorder *recorder, Error **errp)
{
    recorder->kvm = g_new0(struct recorder_kvm, 1);
    recorder->kvm->counter_fd = -1;
    recorder->kvm->timer = ebb_mmio_timer_find();
    recorder->kvm->images_loaded = true;
    if (!recorder_kvm_prepare_vm(recorder, errp) || !recorder_kvm_alarm_prepare(recorder, errp) ||
        !recorder_kvm_clock_prepare(recorder, errp)) {
        return false;
    }
    recorder_kvm_watch_sleep(recorder);
    /* The machine's loader runs before this at each reset. */
    qemu_register_reset(images_loaded, recorder);
    ebb_hooks = &hooks;
    return true;
}

static bool kvm_start(struct recorder *recorder, Error **errp)
{
    memset(recorder->kvm->exits, 0, sizeof(recorder->kvm->exits));
    recorder->kvm->anchors = 0;
    recorder->kvm->ran = true;
    if (!recorder_kvm_list_registers(recorder, errp) ||
        !recorder_kvm_open_counter(recorder, errp)) {
        return false;
    }
    recorder_kvm_trace_open(recorder);
    /* KVM maps a guest whose stores it watches page by page, at a fault for each. */
    recorder->tracks_dirty = recorder->properties.keyframe_ms > 0;
    return !recorder->tracks_dirty || memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION, errp);
}

static void kvm_stop(struct recorder *recorder)
{
    if (recorder->tracks_dirty) {
        memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    }
    recorder_kvm_trace_close(recorder);
    recorder_kvm_close_counter(recorder);
}

static uint64_t kvm_position(const struct recorder *recorder)
{
    return recorder->kvm->count;
}

/* A pending interrupt is not entered before the vCPU runs: the end is the last anchor. */
static void kvm_settle(struct recorder *recorder)
{
}

static uint64_t kvm_digest(struct recorder *recorder)
{
    struct ebb_cpu_registers *registers = recorder_kvm_registers(recorder);
    size_t count;
    const struct ebb_register *list = ebb_cpu_registers_list(registers, &count);
    bool a64 = arm_feature(&recorder->cpu->env, ARM_FEATURE_AARCH64);
    uint64_t digest = ebb_digest_kvm_registers(list, count, a64);

    ebb_cpu_registers_free(registers);
    return digest;
}

static void kvm_sync_dirty(struct recorder *recorder)
{
    if (recorder->tracks_dirty) {
        memory_global_dirty_log_sync(false);
    }
}

static uint64_t counter_frequency(void)
{
    uint64_t frequency;

    asm("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

static void kvm_describe(struct recorder *recorder, QDict *manifest)
{
    QDict *cpu = qdict_get_qdict(manifest, "cpu");

    qdict_put_int(manifest, "icount_shift", 0);
    qdict_put_str(manifest, "hypercalls",
                  recorder->kvm->hypercalls_forwarded ? "recorded" : "imitated");
    qdict_put(cpu, "counter_frequency", qnum_from_uint(counter_frequency()));
}

static void kvm_status(struct recorder *recorder, QDict *status)
{
    static const char *const names[] = {
        [RECORDER_KVM_MMIO_READ] = "mmio_read",   [RECORDER_KVM_MMIO_WRITE] = "mmio_write",
        [RECORDER_KVM_TIMER_READ] = "timer_read", [RECORDER_KVM_COUNTER] = "counter_read",
        [RECORDER_KVM_BREAKPOINT] = "breakpoint", [RECORDER_KVM_HYPERCALL] = "hypercall",
        [RECORDER_KVM_CLOCK] = "clock_step",      [RECORDER_KVM_INTERRUPTED] = "interrupted",
    };
    QDict *exits = qdict_new();
    size_t i;

    for (i = 0; i < RECORDER_KVM_EXITS; i++) {
        qdict_put(exits, names[i], qnum_from_uint(recorder->kvm->exits[i]));
    }
    qdict_put(status, "exits", exits);
    qdict_put(status, "anchors", qnum_from_uint(recorder->kvm->anchors));
}

const struct recorder_accel recorder_accel_kvm = {
    .name = "kvm",
    .log_flags = EBB_LOG_COUNTS,
    .check_machine = recorder_kvm_check,
    .prepare = kvm_prepare,
    .start = kvm_start,
    .stop = kvm_stop,
    .place = recorder_kvm_place,
    .position = kvm_position,
    .settle = kvm_settle,
    .registers = recorder_kvm_registers,
    .digest = kvm_digest,
    .sync_dirty = kvm_sync_dirty,
    .describe = kvm_describe,
    .status = kvm_status,
};
