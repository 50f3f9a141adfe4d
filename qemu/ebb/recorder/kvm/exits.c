/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "system/cpus.h"
#include "system/kvm.h"
#include "system/runstate.h"
#include "ebb/recorder/access.h"
#include "ebb/recorder/hooks.h"
#include "clock.h"
#include "count.h"
#include "counter.h"
#include "debug.h"
#include "exits.h"
#include "registers.h"
#include "rescan.h"
#include "state.h"
#include "stores.h"
#include "trace.h"

static bool begin(struct recorder_session *session)
{
    return recorder_access_begin(session, recorder_kvm_count_of_access(session));
}

/*
 * Clocks are read often, and reading this one touches nothing but itself: neither the BQL nor the
 * memory core is needed. The replay mutex, which is held, keeps others from the log.
 */
static bool read_timer(struct recorder_session *session, struct kvm_run *run)
{
    unsigned size = run->mmio.len;
    uint64_t value;

    if (run->mmio.is_write || !session->kvm->timer ||
        !ebb_mmio_timer_read_count(session->kvm->timer, run->mmio.phys_addr, size, &value)) {
        return false;
    }
    session->kvm->exits[RECORDER_KVM_TIMER_READ]++;
    stn_le_p(run->mmio.data, size, value);
    if (begin(session)) {
        recorder_access_append_mmio(session, EBB_EVENT_MMIO_READ, run->mmio.phys_addr, value, size,
                                    0);
        recorder_access_end(session);
    }
    return true;
}

static void access_memory(struct recorder_session *session, struct kvm_run *run, MemTxAttrs attrs)
{
    bool is_write = run->mmio.is_write;
    unsigned size = run->mmio.len;
    bool ours;

    bql_lock();
    recorder_kvm_stores_append(session);
    ours = begin(session);
    recorder_kvm_stores_perform(session);
    address_space_rw(&address_space_memory, run->mmio.phys_addr, attrs, run->mmio.data, size,
                     is_write);
    recorder_kvm_clock_pass(session);
    if (ours) {
        recorder_access_append_mmio(session, is_write ? EBB_EVENT_MMIO_WRITE : EBB_EVENT_MMIO_READ,
                                    run->mmio.phys_addr, ldn_le_p(run->mmio.data, size), size, 0);
        recorder_access_end(session);
    }
    if (ours && is_write) {
        recorder_kvm_stores_see(session, run->mmio.phys_addr);
    } else if (!is_write) {
        recorder_kvm_stores_see_load(session, run->mmio.phys_addr, ldn_le_p(run->mmio.data, size));
    }
    bql_unlock();
    session->kvm->exits[is_write ? RECORDER_KVM_MMIO_WRITE : RECORDER_KVM_MMIO_READ]++;
}

static bool handle_mmio(struct recorder_session *session, struct kvm_run *run, MemTxAttrs attrs)
{
    if (recorder_kvm_stores_wait(session) || !read_timer(session, run)) {
        access_memory(session, run, attrs);
    }
    return true;
}

static bool get_arguments(struct recorder_session *session, uint64_t arguments[4])
{
    int i;

    for (i = 0; i < 4; i++) {
        if (!recorder_kvm_registers_get(session, RECORDER_KVM_X(i), &arguments[i])) {
            return false;
        }
    }
    return true;
}

static void append_hypercall(struct recorder_session *session, uint32_t function,
                             const uint64_t results[4])
{
    uint8_t data[4 * 8];
    struct ebb_event event = {
        .kind = EBB_EVENT_HYPERCALL,
        .address = function,
        .data = data,
        .data_length = sizeof(data),
    };
    int i;

    session->kvm->exits[RECORDER_KVM_HYPERCALL]++;
    for (i = 0; i < 4; i++) {
        stq_le_p(data + 8 * i, results[i]);
    }
    if (begin(session)) {
        recorder_access_append(session, &event);
        recorder_access_end(session);
    }
}

/*
 * PSCI has made KVM end the machine's run; what the guest would find in x0 to x3 is there already.
 * The vCPU stops at once: QEMU's main thread will see to the rest.
 */
static void append_system_event(struct recorder_session *session, struct kvm_run *run)
{
    bool reset = run->system_event.type == KVM_SYSTEM_EVENT_RESET;
    uint64_t results[4];

    if (get_arguments(session, results)) {
        append_hypercall(
            session, reset ? QEMU_PSCI_0_2_FN_SYSTEM_RESET : QEMU_PSCI_0_2_FN_SYSTEM_OFF, results);
    }
    cpu_stop_current();
}

static void act_on_machine(struct recorder_session *session, enum smccc_effect effect)
{
    switch (effect) {
    case SMCCC_OFF:
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
        break;
    case SMCCC_RESETS:
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        break;
    case SMCCC_STOPS:
        recorder_state_fail(session,
                            "the guest has turned its only CPU off; the recording ends there");
        break;
    default:
        return;
    }
    cpu_stop_current();
}

static bool handle_hypercall(struct recorder_session *session, struct kvm_run *run)
{
    uint64_t arguments[4], results[4];
    enum smccc_effect effect;
    int i;

    if (!get_arguments(session, arguments)) {
        return true;
    }
    effect = smccc_answer(&session->kvm->smccc, arguments, results);
    append_hypercall(session, (uint32_t)arguments[0], results);
    for (i = 0; i < 4; i++) {
        recorder_kvm_registers_set(session, RECORDER_KVM_X(i), &results[i]);
    }
    act_on_machine(session, effect);
    return true;
}

static void refuse_access(struct recorder_session *session, struct kvm_run *run)
{
    if (recorder_state_is_recording(session)) {
        recorder_state_fail(
            session,
            "the guest has accessed a device at %#" PRIx64 " with an instruction that "
            "KVM cannot take apart, which cannot be recorded; the recording ends there",
            (uint64_t)run->arm_nisv.fault_ipa);
    }
}

static bool handle_exit(struct recorder_session *session, struct kvm_run *run, MemTxAttrs attrs)
{
    switch (run->exit_reason) {
    case KVM_EXIT_MMIO:
        return handle_mmio(session, run, attrs);
    case KVM_EXIT_DEBUG:
        return recorder_kvm_rescan_where_wanted(session, run) ||
               recorder_kvm_counter_handle(session, run) ||
               recorder_kvm_debug_give_back(session, run);
    case KVM_EXIT_HYPERCALL:
        return handle_hypercall(session, run);
    case KVM_EXIT_SYSTEM_EVENT:
        append_system_event(session, run);
        return false;
    case KVM_EXIT_ARM_NISV:
        refuse_access(session, run);
        return false;
    default:
        return false;
    }
}

bool recorder_kvm_exits_handle(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs)
{
    struct recorder_session *session = recorder_hooks_session;
    bool done;

    recorder_kvm_count_note(session);
    recorder_kvm_trace_drain(session, run->exit_reason == KVM_EXIT_MMIO);
    recorder_kvm_trace_flush(session);
    recorder_kvm_clock_leave(session);
    if (run->exit_reason != KVM_EXIT_MMIO) {
        recorder_kvm_stores_settle(session);
    }
    done = handle_exit(session, run, attrs);
    session->kvm->ran = true;
    recorder_kvm_stores_enter(session);
    recorder_kvm_count_forget(session);
    recorder_kvm_clock_enter(session);
    return done;
}
