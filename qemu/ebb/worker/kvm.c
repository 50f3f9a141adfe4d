/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaying what ran under KVM.
 *
 * Such a guest had no device registers inside its CPU. Reads of the counter are breakpoints, put
 * there by the recorder; hypercalls are in the log, or answered as KVM answers them. Each stop of
 * the vCPU has left an anchor in the log, which says where the CPU was and what was in its
 * registers, before a pending interrupt was entered: so nothing here enters one at the end of its
 * budget of instructions unless asked to.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "accel/tcg/cpu-ops.h"
#include "cpregs.h"
#include "exec/cpu-common.h"
#include "exec/exec-all.h"
#include "internals.h"
#include "ebb/counter/sites.h"
#include "ebb/arm/cpu_state_kvm.h"
#include "ebb/arm/kvm_ids.h"
#include "ebb/position.h"
#include "ebb/arm/sysreg.h"
#include "divergence.h"
#include "events.h"
#include "expect.h"
#include "hypercall.h"
#include "kvm.h"

#define ID_AA64ISAR0 KVM_ID_SYSREG(3, 0, 0, 6, 0)
#define RNDR_SHIFT 60

#define ENABLED 1u /* bit of a timer's CTL */

/* QEMU's operations on the CPU, with ours in front. */
static struct {
    const TCGCPUOps *original;
    TCGCPUOps ours;
} operations;

/* The same set as the recorder's: a breakpoint for anything else was the guest's own. */
static unsigned wanted(const struct worker *worker)
{
    const struct kvm_guest_cpu *description = &worker->kvm.description;
    uint64_t value;
    bool has_random = !kvm_register_number(description->registers, description->register_count,
                                           ID_AA64ISAR0, &value) ||
                      value >> RNDR_SHIFT;

    return (worker->manifest->has_cpu_timer ? COUNTER_WANTED_TIMERS : 0) |
           (has_random ? COUNTER_WANTED_RANDOM : 0);
}

int worker_kvm_open(struct worker *worker, struct ebb_error *error)
{
    struct worker_kvm *kvm = &worker->kvm;
    struct kvm_guest_cpu *description = &kvm->description;
    struct ebb_log_summary summary;
    struct ebb_keyframe_registers registers; /* the description keeps them */
    uint64_t value;
    int i;

    if (ebb_log_require_keyframe(worker->events.log, error)) {
        return -1;
    }
    ebb_log_summary(worker->events.log, &summary);
    if (ebb_keyframe_registers_read(worker->events.log, summary.first_keyframe, &registers,
                                    error)) {
        return -1;
    }
    kvm->active = true;
    kvm->clears = ebb_log_exclusive_clears(worker->events.log, &kvm->clear_count);
    description->aarch64 = worker->manifest->aarch64;
    description->counter_frequency = worker->manifest->counter_frequency;
    description->registers = registers.list;
    description->register_count = registers.count;
    kvm->wanted = wanted(worker);
    kvm->smccc.aarch32 = !description->aarch64;
    if (kvm_register_number(registers.list, registers.count, KVM_ID_FW_PSCI_VERSION, &value)) {
        kvm->smccc.psci_version = value;
    }
    kvm_register_number(registers.list, registers.count, KVM_ID_SYSREG(3, 0, 0, 0, 5),
                        &kvm->smccc.mpidr);
    for (i = 1; i <= 3; i++) {
        if (kvm_register_number(registers.list, registers.count, KVM_ID_FW(i), &value)) {
            kvm->smccc.workaround[i] = value;
        }
    }
    return 0;
}

/* True if the breakpoint that the CPU has met is one of the recorder's. */
static bool decode_counter(struct worker *worker, struct counter_access *access)
{
    CPUARMState *env = &worker->cpu->env;
    uint32_t immediate = env->exception.syndrome & 0xffff;
    uint8_t next[2] = {0};

    if (is_a64(env)) {
        return counter_breakpoint_decode(COUNTER_SITE_A64, immediate, 0, worker->kvm.wanted,
                                         access);
    }
    if (!env->thumb) {
        return counter_breakpoint_decode(COUNTER_SITE_A32, immediate, 0, worker->kvm.wanted,
                                         access);
    }
    return cpu_memory_rw_debug(CPU(worker->cpu), env->regs[15] + 2, next, sizeof(next), false) ==
               0 &&
           counter_breakpoint_decode(COUNTER_SITE_T32, immediate, lduw_le_p(next),
                                     worker->kvm.wanted, access);
}

bool worker_kvm_answers(struct worker *worker, int index)
{
    struct counter_access access;

    return index == EXCP_HVC || (index == EXCP_BKPT && decode_counter(worker, &access));
}

/* What the instruction would have written to the timer. */
static uint64_t counter_operand(const CPUARMState *env, const struct counter_access *access)
{
    if (is_a64(env)) {
        return access->rt < 31 ? env->xregs[access->rt] : 0;
    }
    return env->regs[access->rt] |
           (counter_is_wide(access->reg) ? (uint64_t)env->regs[access->rt2] << 32 : 0);
}

static void finish_counter(CPUARMState *env, const struct counter_access *access, uint64_t value)
{
    if (is_a64(env)) {
        if (!access->write && access->rt < 31) {
            env->xregs[access->rt] = value;
        }
        if (counter_is_random(access->reg)) {
            ebb_sysreg_set_random_flags(env, value);
        }
        env->pc += 4;
        return;
    }
    if (!access->write) {
        env->regs[access->rt] = (uint32_t)value;
        if (counter_is_wide(access->reg)) {
            env->regs[access->rt2] = value >> 32;
        }
    }
    env->regs[15] += 4;
}

/* False if the breakpoint is the guest's own. */
static bool replay_counter(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;
    uint64_t position = ebb_position_of_instruction(), operand;
    struct counter_access access;
    const struct ebb_event *event;

    if (!decode_counter(worker, &access)) {
        return false;
    }
    if (worker->diversion) {
        finish_counter(env, &access, 0);
        return true;
    }
    operand = counter_operand(env, &access);
    event = worker_expect(worker, access.write ? EBB_EVENT_SYSREG_WRITE : EBB_EVENT_SYSREG_READ,
                          position, counter_access_id(&access), 8, access.write ? &operand : NULL);
    if (event) {
        finish_counter(env, &access, event->value);
        worker_events_advance(worker, position);
    }
    return true;
}

/*
 * QEMU looks at the syndrome for DBGDSCR.MOE whatever the exception is, and an interrupt has none:
 * what is there is the last one's, maybe of a breakpoint that the guest has never had.
 */
static void forget_syndrome(CPUState *cs)
{
    if (cs->exception_index == EXCP_IRQ || cs->exception_index == EXCP_FIQ) {
        ARM_CPU(cs)->env.exception.syndrome = 0;
    }
}

static void kvm_do_interrupt(CPUState *cs)
{
    struct worker *worker = worker_current();

    forget_syndrome(cs);
    if (cs->exception_index == EXCP_HVC) {
        worker_hypercall_replay(worker);
    } else if (cs->exception_index != EXCP_BKPT || !replay_counter(worker)) {
        operations.original->do_interrupt(cs);
    }
}

/* Nothing is left to execute, or somebody has asked to stop. */
static bool is_stopping(CPUState *cs)
{
    return cs->neg.icount_decr.u16.low + cs->icount_extra == 0 || qatomic_read(&cs->exit_request);
}

static bool kvm_exec_interrupt(CPUState *cs, int interrupt_request)
{
    struct worker *worker = worker_current();

    if (!worker->taking) {
        if (worker->mode->stops_at(worker, worker_pc(worker))) {
            cpu_exit(cs);
        }
        if (is_stopping(cs)) {
            return false;
        }
    }
    return operations.original->cpu_exec_interrupt(cs, interrupt_request);
}

static const char *timer_access(const ARMCPRegInfo *ri)
{
    return ri->type & ARM_CP_NO_RAW ? "an unrecorded read" : "a look at a running timer";
}

/* The value that the guest would find depends on the time, and nobody has recorded it. */
static void refuse(struct worker *worker, const ARMCPRegInfo *ri)
{
    worker_diverge(
        worker, ebb_position_of_instruction(),
        "%s (%s) at PC 0x%" PRIx64 ": this instruction was not replaced, maybe because it "
        "was loaded or unpacked while the guest ran; record again with --rescan-at and the "
        "address where its code is entered, or with --rescan-on-execute on, or begin "
        "recording when it is in memory",
        timer_access(ri), ri->name, worker_pc(worker));
}

static uint64_t read_field(CPUARMState *env, const ARMCPRegInfo *ri)
{
    return cpreg_field_is_64bit(ri) ? CPREG_FIELD64(env, ri) : CPREG_FIELD32(env, ri);
}

/* Timers are plain registers here, of no effect; while they are off they are no more under KVM. */
static uint64_t kvm_sysreg_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    struct worker *worker = worker_current();
    uint64_t value = ri->fieldoffset ? read_field(env, ri) : 0;
    bool is_control = ri->crn == 14 && ri->crm >= 2 && ri->crm <= 3 && ri->opc2 == 1;

    if (!worker->diversion && (!ri->fieldoffset || (is_control && (value & ENABLED)))) {
        refuse(worker, ri);
    }
    return value;
}

static void kvm_sysreg_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    if (ri->fieldoffset) {
        raw_write(env, ri, value);
    }
}

static const struct ebb_sysreg_interceptor interceptor = {
    .read = kvm_sysreg_read,
    .write = kvm_sysreg_write,
};

/*
 * A 32-bit write of TTBR0 or TTBR1 keeps the upper half, but KVM's trap, which is on while the
 * guest runs without caches, clears it.
 */
static void kvm_ttbr_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    uint64_t cached = SCTLR_M | SCTLR_C;
    uint64_t *ttbr = ri->opc2 ? &env->cp15.ttbr1_ns : &env->cp15.ttbr0_ns;

    if ((env->cp15.sctlr_ns & cached) == cached) {
        *ttbr = deposit64(*ttbr, 0, 32, value);
    } else {
        *ttbr = (uint32_t)value;
    }
}

static void replace_ttbr_writes(ARMCPU *cpu)
{
    unsigned opc2;

    for (opc2 = 0; opc2 < 2; opc2++) {
        uint32_t key = ENCODE_CP_REG(15, 0, 1, 2, 0, 0, opc2);
        ARMCPRegInfo *ri = g_hash_table_lookup(cpu->cp_regs, (gpointer)(uintptr_t)key);

        if (ri) {
            ri->writefn = kvm_ttbr_write;
        }
    }
}

static void replace_operations(CPUState *cs)
{
    CPUClass *class = CPU_GET_CLASS(cs);

    operations.original = class->tcg_ops;
    operations.ours = *class->tcg_ops;
    operations.ours.do_interrupt = kvm_do_interrupt;
    operations.ours.cpu_exec_interrupt = kvm_exec_interrupt;
    class->tcg_ops = &operations.ours;
}

void worker_kvm_init(struct worker *worker)
{
    ARMISARegisters isar = worker->cpu->isar;

    ebb_sysregs_intercept(worker->cpu, &interceptor);
    /* What a recorder under TCG hides has been seen to. */
    worker->cpu->isar = isar;
    kvm_guest_cpu_identify(worker->cpu, &worker->kvm.description);
    replace_ttbr_writes(worker->cpu);
    replace_operations(CPU(worker->cpu));
}
