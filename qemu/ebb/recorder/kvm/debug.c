/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/kvm.h"
#include "target/arm/syndrome.h"
#include "debug.h"
#include "registers.h"
#include "state.h"

/* DBGBCR<n>_EL1 (Arm ARM, D19.3): enabled, at EL0 and EL1, for these bytes of the word. */
#define ENABLED 1u
#define EL0_AND_EL1 (3u << 1)
#define ALL_BYTES (0xfu << 5)
#define UPPER_BYTES (0xcu << 5) /* a T32 instruction in the upper half */

struct recorder_kvm_stop {
    uint64_t address;
    bool armed;
};

bool recorder_kvm_debug_prepare(struct recorder_session *session, Error **errp)
{
    const struct recorder_settings *settings = &session->settings;
    struct recorder_kvm *kvm = session->kvm;
    int most = kvm_check_extension(kvm_state, KVM_CAP_GUEST_DEBUG_HW_BPS);
    size_t i;

    if (settings->rescan_at_count > (size_t)MAX(most, 0)) {
        error_setg(errp,
                   "the host's CPU can stop at %d addresses, not at %zu; give fewer of them to "
                   "--rescan-at",
                   MAX(most, 0), settings->rescan_at_count);
        return false;
    }
    kvm->stop_count = settings->rescan_at_count;
    kvm->stops = g_new0(struct recorder_kvm_stop, kvm->stop_count);
    for (i = 0; i < kvm->stop_count; i++) {
        kvm->stops[i].address = settings->rescan_at[i];
    }
    return true;
}

static void put_stops(const struct recorder_kvm *kvm, struct kvm_guest_debug *debug)
{
    size_t i;

    for (i = 0; i < kvm->stop_count; i++) {
        const struct recorder_kvm_stop *stop = &kvm->stops[i];

        if (stop->armed) {
            debug->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW;
            debug->arch.dbg_bcr[i] =
                ENABLED | EL0_AND_EL1 | (stop->address & 2 ? UPPER_BYTES : ALL_BYTES);
            debug->arch.dbg_bvr[i] = stop->address & ~3ull;
        }
    }
}

static bool tell_kvm(const struct recorder_session *session)
{
    const struct recorder_kvm *kvm = session->kvm;
    struct kvm_guest_debug debug = {0};

    if (kvm->debugged) {
        debug.control |= KVM_GUESTDBG_ENABLE;
    }
    if (kvm->taking_breakpoints) {
        debug.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP;
    }
    put_stops(kvm, &debug);
    return kvm_vcpu_ioctl(CPU(session->cpu), KVM_SET_GUEST_DEBUG, &debug) == 0;
}

/* A rescan that somebody asks for is not foreseen. */
static bool may_debug(const struct recorder_kvm *kvm)
{
    return kvm->execute || kvm->stop_count || kvm->taking_breakpoints;
}

bool recorder_kvm_debug_start(struct recorder_session *session, Error **errp)
{
    struct recorder_kvm *kvm = session->kvm;

    if (arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64) || !may_debug(kvm)) {
        return true;
    }
    kvm->debugged = true;
    if (!tell_kvm(session)) {
        error_setg(errp, "KVM does not debug the guest, which a rescan needs; use a host kernel "
                         "with KVM_CAP_SET_GUEST_DEBUG");
        return false;
    }
    return true;
}

/* Costs at every exit; a guest in which nothing is replaced does without. */
void recorder_kvm_debug_take_breakpoints(struct recorder_session *session, uint64_t replaced)
{
    struct recorder_kvm *kvm = session->kvm;

    if (!replaced || kvm->taking_breakpoints) {
        return;
    }
    kvm->taking_breakpoints = true;
    if (!tell_kvm(session)) {
        recorder_state_fail(session,
                            "KVM does not hand breakpoints to QEMU, which replaced accesses to "
                            "the CPU's counter and timers and reads of random numbers need; use a "
                            "host kernel with KVM_CAP_SET_GUEST_DEBUG");
    }
}

static void tell_stops(struct recorder_session *session)
{
    if (!tell_kvm(session)) {
        recorder_state_fail(session, "KVM does not set the debug registers for --rescan-at; "
                                     "use a host kernel with KVM_CAP_GUEST_DEBUG_HW_BPS");
    }
}

void recorder_kvm_debug_arm(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;
    size_t i;

    for (i = 0; i < kvm->stop_count; i++) {
        kvm->stops[i].armed = true;
    }
    if (kvm->stop_count) {
        tell_stops(session);
    }
}

/* The registers tell words apart, and T32 instructions may be halves of one. */
static struct recorder_kvm_stop *find_stop(const struct recorder_kvm *kvm, uint64_t pc)
{
    size_t i;

    for (i = 0; i < kvm->stop_count; i++) {
        if (kvm->stops[i].armed && (kvm->stops[i].address & ~3ull) == (pc & ~3ull)) {
            return &kvm->stops[i];
        }
    }
    return NULL;
}

bool recorder_kvm_debug_met(struct recorder_session *session, struct kvm_run *run)
{
    struct recorder_kvm_stop *stop;
    uint64_t pc;

    if (syn_get_ec(run->debug.arch.hsr) != EC_BREAKPOINT ||
        !recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pc), &pc)) {
        return false;
    }
    stop = find_stop(session->kvm, pc);
    if (stop) {
        stop->armed = false;
        tell_stops(session);
    }
    return stop;
}

/* As the CPU does it, but that the fault address, which is unknown then, is 0 as in a replay. */
static void enter_prefetch_abort(CPUState *cpu, uint32_t syndrome)
{
    CPUARMState *env = cpu_env(cpu);
    ARMMMUFaultInfo fault = {.type = ARMFault_Debug};

    kvm_cpu_synchronize_state(cpu);
    env->exception.syndrome = syndrome;
    env->exception.fsr =
        extended_addresses_enabled(env) ? arm_fi_to_lfsc(&fault) : arm_fi_to_sfsc(&fault);
    env->exception.vaddress = 0;
    env->exception.target_el = 1;
    cpu->exception_index = EXCP_BKPT;
    arm_cpu_do_interrupt(cpu);
}

bool recorder_kvm_debug_give_back(struct recorder_session *session, struct kvm_run *run)
{
    if (syn_get_ec(run->debug.arch.hsr) != EC_AA32_BKPT) {
        return false;
    }
    bql_lock();
    enter_prefetch_abort(CPU(session->cpu), run->debug.arch.hsr);
    bql_unlock();
    return true;
}
