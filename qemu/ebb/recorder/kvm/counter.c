/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "exec/cpu-common.h"
#include "system/kvm.h"
#include "target/arm/syndrome.h"
#include "ebb/counter/access.h"
#include "ebb/recorder/access.h"
#include "count.h"
#include "counter.h"
#include "reads.h"
#include "registers.h"
#include "state.h"

/* Hosts before Linux 6.4 have no register for the physical one; the two run at the same rate. */
static bool read_hardware(struct recorder_session *session, bool physical, uint64_t *value)
{
    if (physical && kvm_get_one_reg(CPU(session->cpu), KVM_REG_ARM_PTIMER_CNT, value) == 0) {
        return true;
    }
    return recorder_kvm_registers_get(session, KVM_REG_ARM_TIMER_CNT, value);
}

/* A number of the host's; 0 would mean that there is none. */
static uint64_t random_number(void)
{
    uint64_t value;

    do {
        qemu_guest_getrandom_nofail(&value, sizeof(value));
    } while (!value);
    return value;
}

/* Whether the access needs nothing that the BQL protects. */
static bool is_lockless(const struct recorder_session *session, const struct counter_access *access)
{
    return (access->reg == COUNTER_COUNT && !session->kvm->reads) || counter_is_random(access->reg);
}

/* With the BQL, unless the access is lockless. False after recorder_state_fail(). */
static bool perform(struct recorder_session *session, const struct counter_access *access,
                    uint64_t *value)
{
    EbbMmioTimer *timer = session->kvm->timer;

    if (counter_is_random(access->reg)) {
        *value = random_number();
        return true;
    }
    if (!timer || !timer->of_cpu) {
        return recorder_kvm_reads_answer(session, access, value) || /* of others none is wanted */
               read_hardware(session, access->physical, value);
    }
    if (access->write) {
        ebb_mmio_timer_write_register(timer, access, *value);
    } else {
        *value = ebb_mmio_timer_read_register(timer, access);
    }
    return true;
}

static enum recorder_kvm_exit kind_of(const struct counter_access *access)
{
    if (counter_is_random(access->reg)) {
        return RECORDER_KVM_RANDOM;
    }
    return access->reg == COUNTER_COUNT ? RECORDER_KVM_COUNTER : RECORDER_KVM_TIMER_ACCESS;
}

/* What the access changes, as the level of an interrupt line, is nested in its event. */
static bool record(struct recorder_session *session, const struct counter_access *access,
                   uint64_t *value)
{
    struct ebb_event event = {
        .kind = access->write ? EBB_EVENT_SYSREG_WRITE : EBB_EVENT_SYSREG_READ,
        .address = counter_access_id(access),
        .size = 8,
    };
    bool ours = recorder_access_begin(session, recorder_kvm_count_of_access(session));
    bool done = perform(session, access, value);

    session->kvm->exits[kind_of(access)]++;
    if (ours) {
        event.value = *value;
        if (done) {
            recorder_access_append(session, &event);
        }
        recorder_access_end(session);
    }
    return done;
}

static bool record_locked(struct recorder_session *session, const struct counter_access *access,
                          uint64_t *value)
{
    bool done;

    if (is_lockless(session, access)) {
        return record(session, access, value);
    }
    bql_lock();
    done = record(session, access, value);
    bql_unlock();
    return done;
}

/* What an access writes, and where what it reads goes, by the registers as KVM has them. */
static bool get_operand(struct recorder_session *session, const struct counter_access *access,
                        bool aarch32, uint64_t *value)
{
    uint64_t upper = 0;

    if (!access->write || access->rt == 31) {
        return true;
    }
    if (!recorder_kvm_registers_get(session, RECORDER_KVM_X(access->rt), value) ||
        (aarch32 && counter_is_wide(access->reg) &&
         !recorder_kvm_registers_get(session, RECORDER_KVM_X(access->rt2), &upper))) {
        return false;
    }
    *value = aarch32 ? deposit64(*value, 32, 32, upper) : *value;
    return true;
}

static void set_result(struct recorder_session *session, const struct counter_access *access,
                       bool aarch32, uint64_t value)
{
    uint64_t upper = value >> 32;

    if (access->write || access->rt == 31) {
        return;
    }
    if (aarch32 && counter_is_wide(access->reg)) {
        recorder_kvm_registers_set(session, RECORDER_KVM_X(access->rt2), &upper);
    }
    value = aarch32 ? (uint32_t)value : value;
    recorder_kvm_registers_set(session, RECORDER_KVM_X(access->rt), &value);
}

static void clear_flags(struct recorder_session *session)
{
    uint64_t pstate;

    if (recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pstate), &pstate)) {
        pstate &= ~(uint64_t)PSTATE_NZCV;
        recorder_kvm_registers_set(session, RECORDER_KVM_CORE(regs.pstate), &pstate);
    }
}

static void answer(struct recorder_session *session, const struct counter_access *access,
                   bool aarch32)
{
    uint64_t value = 0, pc;

    if (get_operand(session, access, aarch32, &value) && record_locked(session, access, &value) &&
        recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pc), &pc)) {
        pc += 4;
        set_result(session, access, aarch32, value);
        if (counter_is_random(access->reg)) {
            clear_flags(session);
        }
        recorder_kvm_registers_set(session, RECORDER_KVM_CORE(regs.pc), &pc);
    }
}

static bool handle_a64(struct recorder_session *session, uint32_t immediate)
{
    struct counter_access access;

    if (!counter_breakpoint_decode(COUNTER_SITE_A64, immediate, 0, session->kvm->wanted, &access)) {
        return false;
    }
    answer(session, &access, false);
    return true;
}

/*
 * The registers below SP are the same in all modes but FIQ, and X0 to X12 for KVM (Arm ARM, D1.20):
 * no more has to be read for them. False if more has to be known.
 */
static bool handle_a32_quickly(struct recorder_session *session, uint32_t immediate)
{
    struct counter_access access;
    uint64_t cpsr;

    if (!recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pstate), &cpsr) ||
        cpsr & CPSR_T || (cpsr & CPSR_M) == ARM_CPU_MODE_FIQ ||
        !counter_breakpoint_decode(COUNTER_SITE_A32, immediate, 0, session->kvm->wanted, &access) ||
        access.rt > 12 || access.rt2 > 12) {
        return false;
    }
    answer(session, &access, true);
    return true;
}

/* Whether the breakpoint at PC is one of ours. */
static bool decode_a32(const struct recorder_session *session, uint32_t immediate,
                       struct counter_access *access)
{
    ARMCPU *cpu = session->cpu;
    CPUARMState *env = &cpu->env;
    enum counter_site_form form = env->thumb ? COUNTER_SITE_T32 : COUNTER_SITE_A32;
    uint8_t next[2] = {0};

    if (env->thumb && cpu_memory_rw_debug(CPU(cpu), env->regs[15] + 2, next, sizeof(next), false)) {
        return false;
    }
    return counter_breakpoint_decode(form, immediate, lduw_le_p(next), session->kvm->wanted,
                                     access);
}

/* QEMU's own view of the vCPU knows about modes and banked registers. */
static bool handle_a32(struct recorder_session *session, uint32_t immediate)
{
    CPUState *cpu = CPU(session->cpu);
    CPUARMState *env = &session->cpu->env;
    struct counter_access access;
    uint64_t value = 0;
    bool wide;

    kvm_cpu_synchronize_state(cpu);
    if (!decode_a32(session, immediate, &access)) {
        return false;
    }
    wide = counter_is_wide(access.reg);
    if (access.write) {
        value = env->regs[access.rt] | (wide ? (uint64_t)env->regs[access.rt2] << 32 : 0);
    }
    if (record(session, &access, &value)) {
        kvm_cpu_synchronize_state(cpu);
        if (!access.write) {
            env->regs[access.rt] = (uint32_t)value;
        }
        if (!access.write && wide) {
            env->regs[access.rt2] = value >> 32;
        }
        env->regs[15] += 4;
    }
    return true;
}

bool recorder_kvm_counter_handle(struct recorder_session *session, struct kvm_run *run)
{
    uint32_t syndrome = run->debug.arch.hsr;
    uint32_t immediate = syndrome & 0xffff;
    bool ours = false;

    switch (syn_get_ec(syndrome)) {
    case EC_AA64_BKPT:
        ours = handle_a64(session, immediate);
        break;
    case EC_AA32_BKPT:
        ours = handle_a32_quickly(session, immediate);
        if (!ours) {
            bql_lock();
            ours = handle_a32(session, immediate);
            bql_unlock();
        }
        break;
    }
    if (!ours) {
        session->kvm->exits[RECORDER_KVM_BREAKPOINT]++;
    }
    return ours; /* else the guest gets it */
}
