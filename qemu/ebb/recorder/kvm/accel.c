/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vCPU thread holds the replay mutex from kvm_enter to kvm_leave, so that device code of the
 * main thread, which takes the mutex, runs only while the vCPU is outside of the guest and has left
 * an anchor in the log. Exits in between are handled by the vCPU thread itself; what devices do
 * there is nested in the event of the access.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/main-loop.h"
#include "qobject/qnum.h"
#include "exec/memory.h"
#include "kvm_arm.h"
#include "system/replay.h"
#include "system/reset.h"
#include "ebb/hooks.h"
#include "ebb/recorder/hooks.h"
#include "ebb/recorder/ram_space.h"
#include "ebb/recorder/session.h"
#include "accel.h"
#include "alarm.h"
#include "anchor.h"
#include "clock.h"
#include "clockless.h"
#include "count.h"
#include "debug.h"
#include "execute.h"
#include "exits.h"
#include "image.h"
#include "reads.h"
#include "registers.h"
#include "rescan.h"
#include "sleep.h"
#include "state.h"
#include "stores.h"
#include "trace.h"
#include "vm.h"

static void kvm_enter(CPUState *cpu)
{
    struct recorder_session *session = recorder_hooks_session;

    replay_mutex_lock();
    bql_lock();
    if (session->kvm->images_loaded) {
        session->kvm->images_loaded = false;
        recorder_kvm_image_patch(session);
        recorder_kvm_reads_forget(session);
        recorder_kvm_debug_arm(session);
        recorder_kvm_vm_clear_upper_halves(session);
    }
    recorder_kvm_execute_look(session);
    recorder_kvm_alarm_look(session);
    recorder_kvm_reads_settle(session);
    recorder_kvm_clock_settle(session);
    recorder_session_between_runs(session);
    session->kvm->ran = session->kvm->has_run = true;
    recorder_kvm_stores_enter(session);
    recorder_kvm_count_forget(session);
    bql_unlock();
    recorder_kvm_clock_enter(session);
}

/*
 * An anchor is due even if nothing follows it where a WFI was waiting: it ends when the vCPU leaves
 * the guest, and the guest goes on behind it. Elsewhere the first effect asks for one.
 */
static void kvm_leave(CPUState *cpu)
{
    struct recorder_session *session = recorder_hooks_session;

    recorder_kvm_trace_drain(session, false);
    recorder_kvm_count_note(session);
    recorder_kvm_clock_leave(session);
    session->kvm->exits[RECORDER_KVM_INTERRUPTED]++;
    recorder_kvm_stores_settle(session);
    if (recorder_state_is_recording(session) && recorder_kvm_sleep_may_have_ended(session)) {
        recorder_kvm_anchor_place(session);
    }
    replay_mutex_unlock();
}

static const struct ebb_hooks hooks = {
    .ram_written = recorder_hooks_ram_written,
    .kvm_enter = kvm_enter,
    .kvm_leave = kvm_leave,
    .kvm_exit = recorder_kvm_exits_handle,
    .kvm_fault = recorder_kvm_clock_fault,
    .device_map = recorder_hooks_device_map,
    .device_unmap = recorder_hooks_device_unmap,
    .serialize_devices = true,
};

static void images_loaded(void *opaque)
{
    struct recorder_session *session = opaque;

    session->kvm->images_loaded = true;
}

static bool kvm_prepare(struct recorder_session *session, Error **errp)
{
    session->kvm = g_new0(struct recorder_kvm, 1);
    session->kvm->timer = ebb_mmio_timer_find();
    session->kvm->images_loaded = true;
    if (!recorder_kvm_debug_prepare(session, errp) || !recorder_kvm_vm_prepare(session, errp) ||
        !recorder_kvm_alarm_prepare(session, errp) || !recorder_kvm_clock_prepare(session, errp)) {
        return false;
    }
    recorder_kvm_reads_prepare(session);
    recorder_kvm_image_prepare(session);
    recorder_kvm_sleep_watch(session);
    recorder_kvm_count_prepare(session);
    if (!recorder_kvm_stores_prepare(session, errp)) {
        return false;
    }
    /* The machine's loader runs before this at each reset. */
    qemu_register_reset(images_loaded, session);
    ebb_hooks = &hooks;
    return true;
}

/*
 * QEMU's CPU forgets its interrupt lines when it is reset, and KVM does not. The recorder passes on
 * changes only (recorder/hooks.c), so one that was high would stay high for KVM: a guest that was
 * reset in an interrupt got that again and again, with nobody behind it.
 */
static void kvm_was_reset(struct recorder_session *session)
{
    uint32_t lines = session->cpu->env.irq_line_state;
    int vcpu = CPU(session->cpu)->cpu_index;

    recorder_kvm_trace_reset(session);
    recorder_kvm_stores_forget(session);
    kvm_arm_set_irq(vcpu, KVM_ARM_IRQ_TYPE_CPU, KVM_ARM_IRQ_CPU_IRQ,
                    !!(lines & CPU_INTERRUPT_HARD));
    kvm_arm_set_irq(vcpu, KVM_ARM_IRQ_TYPE_CPU, KVM_ARM_IRQ_CPU_FIQ, !!(lines & CPU_INTERRUPT_FIQ));
}

static bool kvm_start(struct recorder_session *session, Error **errp)
{
    memset(session->kvm->exits, 0, sizeof(session->kvm->exits));
    session->kvm->anchors = session->kvm->traps = 0;
    session->kvm->rescans = session->kvm->replaced_by_rescans = 0;
    session->kvm->reads_opened = session->kvm->reads_closed = 0;
    if (session->kvm->has_run) {
        recorder_kvm_rescan(session); /* a guest that runs already has code of its own */
    }
    session->kvm->ran = true;
    if (!recorder_kvm_registers_list(session, errp) || !recorder_kvm_count_open(session, errp)) {
        return false;
    }
    recorder_kvm_trace_open(session);
    recorder_kvm_clockless_watch(session);
    recorder_kvm_execute_start(session);
    if (!recorder_kvm_debug_start(session, errp)) {
        return false;
    }
    /* KVM maps a guest whose stores it watches page by page, at a fault for each. */
    session->tracks_dirty = session->settings.keyframe_ms > 0 &&
                            memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION, errp);
    return session->tracks_dirty || !session->settings.keyframe_ms;
}

static void kvm_stop(struct recorder_session *session)
{
    if (session->tracks_dirty) {
        memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    }
    recorder_kvm_clockless_forget(session);
    recorder_kvm_execute_stop(session);
    recorder_kvm_stores_forget(session);
    recorder_kvm_trace_close(session);
    recorder_kvm_count_close(session);
}

#define EXACT_FLAGS (EBB_LOG_EXACT_COUNTS | EBB_LOG_TRAPS | EBB_LOG_COALESCED)

static uint32_t kvm_log_flags(const struct recorder_session *session)
{
    return EBB_LOG_COUNTS | EBB_LOG_THIN_ANCHORS | (session->kvm->counts_exits ? EXACT_FLAGS : 0);
}

static uint64_t kvm_position(const struct recorder_session *session)
{
    return session->kvm->count;
}

/* A pending interrupt is not entered before the vCPU runs: the end is the last anchor. */
static void kvm_settle(struct recorder_session *session)
{
}

static void kvm_sync_dirty(struct recorder_session *session)
{
    if (session->tracks_dirty) {
        memory_global_dirty_log_sync(false);
    }
}

/* The page with the clock is closed now and then (clock.c). */
static bool kvm_is_readable(const struct recorder_session *session, const MemoryRegion *mr)
{
    return !session->kvm->clock || mr != &session->kvm->timer->page;
}

static const char *guest_clock(const struct recorder_kvm *kvm)
{
    if (kvm->timer && kvm->timer->of_cpu) {
        return "registers";
    }
    return kvm->clock ? "page" : "mmio";
}

static void kvm_describe(struct recorder_session *session, QDict *manifest)
{
    QDict *cpu = qdict_get_qdict(manifest, "cpu");

    qdict_put_int(manifest, "icount_shift", 0);
    qdict_put_str(manifest, "hypercalls",
                  session->kvm->hypercalls_forwarded ? "recorded" : "imitated");
    qdict_put_str(manifest, "guest_clock", guest_clock(session->kvm));
    if (session->kvm->clock) {
        qdict_put(manifest, "counter_page",
                  qnum_from_uint(
                      recorder_ram_space_offset(session->space, &session->kvm->timer->page, 0)));
    }
    qdict_put(cpu, "counter_frequency", qnum_from_uint(recorder_kvm_counter_frequency()));
}

static void kvm_status(struct recorder_session *session, QDict *status)
{
    static const char *const names[] = {
        [RECORDER_KVM_MMIO_READ] = "mmio_read",       [RECORDER_KVM_MMIO_WRITE] = "mmio_write",
        [RECORDER_KVM_TIMER_READ] = "timer_read",     [RECORDER_KVM_COUNTER] = "counter_read",
        [RECORDER_KVM_TIMER_ACCESS] = "timer_access", [RECORDER_KVM_RANDOM] = "random_read",
        [RECORDER_KVM_BREAKPOINT] = "breakpoint",     [RECORDER_KVM_HYPERCALL] = "hypercall",
        [RECORDER_KVM_CLOCK] = "clock_step",          [RECORDER_KVM_INTERRUPTED] = "interrupted",
        [RECORDER_KVM_COALESCED] = "coalesced_write",
    };
    QDict *exits = qdict_new();
    size_t i;

    for (i = 0; i < RECORDER_KVM_EXITS; i++) {
        qdict_put(exits, names[i], qnum_from_uint(session->kvm->exits[i]));
    }
    qdict_put(status, "exits", exits);
    qdict_put(status, "anchors", qnum_from_uint(session->kvm->anchors));
    qdict_put(status, "traps", qnum_from_uint(session->kvm->traps));
    qdict_put(status, "rescans", qnum_from_uint(session->kvm->rescans));
    qdict_put(status, "replaced_in_image", qnum_from_uint(session->kvm->replaced_in_image));
    qdict_put(status, "replaced_by_rescans", qnum_from_uint(session->kvm->replaced_by_rescans));
    qdict_put(status, "reads_opened", qnum_from_uint(session->kvm->reads_opened));
    qdict_put(status, "reads_closed", qnum_from_uint(session->kvm->reads_closed));
    qdict_put_bool(status, "counts_exits", session->kvm->counts_exits);
    qdict_put_bool(status, "execution_noticed", session->kvm->execution_noticed);
}

const struct recorder_accel recorder_kvm_accel = {
    .name = "kvm",
    .log_flags = kvm_log_flags,
    .reads_ahead = true,
    .check_machine = recorder_kvm_vm_check,
    .check_device = recorder_kvm_vm_check_device,
    .prepare = kvm_prepare,
    .start = kvm_start,
    .stop = kvm_stop,
    .place = recorder_kvm_anchor_place,
    .position = kvm_position,
    .was_reset = kvm_was_reset,
    .keyframe_made = recorder_kvm_trace_repeat,
    .settle = kvm_settle,
    .registers = recorder_kvm_registers_all,
    .digest = recorder_kvm_registers_digest,
    .sync_dirty = kvm_sync_dirty,
    .is_readable = kvm_is_readable,
    .rescan = recorder_kvm_rescan,
    .describe = kvm_describe,
    .status = kvm_status,
};
