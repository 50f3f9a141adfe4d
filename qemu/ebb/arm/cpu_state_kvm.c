/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "cpu.h"
#include "cpregs.h"
#include "internals.h"
#include "cpu_state_kvm.h"
#include "kvm_ids.h"
#include "sysreg.h"
#include "log/digest.h"
#include "log/kvm_registers.h"

#define ID_PSTATE (KVM_ID_ARM64 | KVM_ID_U64 | KVM_ID_CORE | 66)

/* What KVM's registers hold until somebody writes to them. */
#define KVM_UNKNOWN 0x1de7ec7edbadc0deull

#define CSSELR_MASK 0xfu

/* The program status register of AArch32 as KVM has it, SPSR_EL2, and as the CPU has it, CPSR. */
#define SPSR_DIT (1u << 24)
#define CPSR_DIT_BIT (1u << 21)
#define SPSR_ONLY (SPSR_DIT | 1u << 21 | 1u << 20) /* DIT elsewhere, SS, IL */

/* Registers of EL2, which the CPU lacks, through which AArch64 sees AArch32's. */
static const struct {
    uint64_t id;
    size_t offset;
    uint32_t size;
} el2_views[] = {
    {KVM_ID_DACR32_EL2, offsetof(CPUARMState, cp15.dacr_ns), 8},
    {KVM_ID_IFSR32_EL2, offsetof(CPUARMState, cp15.ifsr32_el2), 8},
    {KVM_ID_FPEXC32_EL2, offsetof(CPUARMState, vfp.xregs[ARM_VFP_FPEXC]), 4},
    {KVM_ID_TIMER_CTL, offsetof(CPUARMState, cp15.c14_timer[GTIMER_VIRT].ctl), 8},
    {KVM_ID_TIMER_CVAL, offsetof(CPUARMState, cp15.c14_timer[GTIMER_VIRT].cval), 8},
    {KVM_ID_PTIMER_CTL, offsetof(CPUARMState, cp15.c14_timer[GTIMER_PHYS].ctl), 8},
    {KVM_ID_PTIMER_CVAL, offsetof(CPUARMState, cp15.c14_timer[GTIMER_PHYS].cval), 8},
};

static void *find_view(CPUARMState *env, uint64_t id, uint32_t *size)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(el2_views); i++) {
        if (el2_views[i].id == id) {
            *size = el2_views[i].size;
            return (uint8_t *)env + el2_views[i].offset;
        }
    }
    return NULL;
}

static int set_pstate(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    uint64_t value = entry->size == 8 ? ldq_le_p(entry->value) : 0;
    struct ebb_register converted = *entry;
    uint8_t bytes[8];

    if (value & PSTATE_nRW) {
        value = (value & ~(uint64_t)SPSR_ONLY) | (value & SPSR_DIT ? CPSR_DIT_BIT : 0);
        stq_le_p(bytes, value);
        converted.value = bytes;
    }
    return ebb_cpu_register_set(cpu, &converted, error);
}

static const ARMCPRegInfo *find_register(ARMCPU *cpu, uint64_t id)
{
    return get_arm_cp_reginfo(cpu->cp_regs, ebb_sysreg_key_from_id(id));
}

/* Has no place in QEMU, or a fixed value. */
static void skip(uint64_t id, const char *name, uint64_t value)
{
    static bool warned;

    if (value == 0 || value == KVM_UNKNOWN || warned) {
        return;
    }
    warned = true;
    warn_report("system register %s (op0 %u, op1 %u, CRn %u, CRm %u, op2 %u) was 0x%" PRIx64
                " while recording; QEMU cannot hold that",
                name, KVM_ID_OP0(id), KVM_ID_OP1(id), KVM_ID_CRN(id), KVM_ID_CRM(id),
                KVM_ID_OP2(id), value);
}

/* Two keyframes of one recording have one CPU. */
static int check_identification(const ARMCPRegInfo *ri, uint64_t value, struct ebb_error *error)
{
    uint64_t own = ri && (ri->type & ARM_CP_CONST) ? ri->resetvalue : value;

    if (own != value) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "identification register %s is 0x%" PRIx64
                        " in the keyframe, but 0x%" PRIx64 " in the first one of the recording",
                        ri->name, value, own);
    }
    return 0;
}

static int write_register(ARMCPU *cpu, const ARMCPRegInfo *ri, uint64_t value,
                          struct ebb_error *error)
{
    uint64_t now;

    if (ri->raw_writefn) {
        ri->raw_writefn(&cpu->env, ri, value);
    } else if (ri->writefn) {
        ri->writefn(&cpu->env, ri, value);
    } else {
        raw_write(&cpu->env, ri, value);
    }
    now = read_raw_cp_reg(&cpu->env, ri);
    if (now != value && now != (uint32_t)value) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "register %s is 0x%" PRIx64 " in the keyframe, of which the replaying CPU "
                        "keeps 0x%" PRIx64,
                        ri->name, value, now);
    }
    return 0;
}

/* Of debug registers KVM lists sixteen of each kind, whatever the CPU has. */
static bool is_debug_pair(uint64_t id)
{
    return KVM_ID_OP0(id) == 2 && KVM_ID_OP1(id) == 0 && KVM_ID_CRN(id) == 0 && KVM_ID_OP2(id) >= 4;
}

static int set_system(ARMCPU *cpu, uint64_t id, uint64_t value, struct ebb_error *error)
{
    const ARMCPRegInfo *ri = find_register(cpu, id);
    uint32_t size;
    void *view = find_view(&cpu->env, id, &size);

    if (view) {
        stn_he_p(view, size, value);
        return 0;
    }
    if (KVM_ID_OP0(id) == 3 && KVM_ID_CRN(id) == 0 && id != KVM_ID_CSSELR_EL1) {
        return check_identification(ri, value, error);
    }
    if ((KVM_ID_OP0(id) == 3 && KVM_ID_OP1(id) == 3 && KVM_ID_CRN(id) == 14) ||
        (!ri && is_debug_pair(id))) {
        return 0; /* a counter; a debug register that the guest does not have */
    }
    if (id == KVM_ID_CSSELR_EL1) {
        value &= CSSELR_MASK; /* what QEMU keeps, too */
    }
    if (!ri || (ri->type & (ARM_CP_CONST | ARM_CP_NO_RAW))) {
        if (!ri || !(ri->type & ARM_CP_CONST) || ri->resetvalue != value) {
            skip(id, ri ? ri->name : "unknown to QEMU", value);
        }
        return 0;
    }
    return write_register(cpu, ri, value, error);
}

static int set_one(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    if (entry->id == KVM_ID_EBB_FPSID || entry->id == KVM_ID_EBB_NMI ||
        entry->id == KVM_ID_EBB_DEBUGGED) {
        return 0; /* the CPU was made with it */
    }
    if ((entry->id & CP_REG_ARCH_MASK) != KVM_ID_ARM64) {
        return ebb_cpu_register_set(cpu, entry, error);
    }
    switch (entry->id & KVM_ID_GROUP) {
    case KVM_ID_DEMUX:
    case KVM_ID_FIRMWARE:
    case KVM_ID_FIRMWARE_BITMAP:
        return 0;
    case KVM_ID_SYSTEM:
        if (entry->size != 8) {
            return ebb_fail(error, EBB_ERROR_CORRUPT,
                            "register %#" PRIx64 " of the keyframe has %" PRIu32 " bytes, not 8",
                            entry->id, entry->size);
        }
        return set_system(cpu, entry->id, ldq_le_p(entry->value), error);
    default:
        return entry->id == ID_PSTATE ? set_pstate(cpu, entry, error)
                                      : ebb_cpu_register_set(cpu, entry, error);
    }
}

/* VMRS reads copies, which reset makes of what QEMU's decoder goes by. */
static void set_media_identification(ARMCPU *cpu)
{
    static const int registers[] = {ARM_VFP_MVFR0, ARM_VFP_MVFR1, ARM_VFP_MVFR2};
    size_t i;

    for (i = 0; i < ARRAY_SIZE(registers); i++) {
        const ARMCPRegInfo *ri = find_register(cpu, KVM_ID_SYSREG(3, 0, 0, 3, i));

        if (ri && (ri->type & ARM_CP_CONST)) {
            cpu->env.vfp.xregs[registers[i]] = ri->resetvalue;
        }
    }
}

int ebb_cpu_kvm_registers_set(ARMCPU *cpu, const struct ebb_register *registers, size_t count,
                              struct ebb_error *error)
{
    size_t i;

    cpu_reset(CPU(cpu));
    set_media_identification(cpu);
    for (i = 0; i < count; i++) {
        if (set_one(cpu, &registers[i], error)) {
            return -1;
        }
    }
    return ebb_cpu_registers_settle(cpu, error);
}

static bool read_system(ARMCPU *cpu, uint64_t id, uint64_t *value)
{
    const ARMCPRegInfo *ri = find_register(cpu, id);
    uint32_t size;
    const void *view = find_view(&cpu->env, id, &size);

    if (view) {
        *value = ldn_he_p(view, size);
        return true;
    }
    if (!ri || (ri->type & ARM_CP_NO_RAW)) {
        return false;
    }
    *value = read_raw_cp_reg(&cpu->env, ri);
    return true;
}

static const struct ebb_register *find_in_list(const struct ebb_cpu_registers *registers,
                                               uint64_t id)
{
    size_t count, i;
    const struct ebb_register *list = ebb_cpu_registers_list(registers, &count);

    for (i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

struct ebb_cpu_registers *ebb_cpu_kvm_registers_get(ARMCPU *cpu)
{
    struct ebb_cpu_registers *all = ebb_cpu_registers_get(cpu);
    struct ebb_cpu_registers *registers = ebb_cpu_registers_new();
    size_t count, i;
    const struct ebb_kvm_register *wanted =
        ebb_kvm_registers(arm_feature(&cpu->env, ARM_FEATURE_AARCH64), &count);

    for (i = 0; i < count; i++) {
        const struct ebb_register *entry = find_in_list(all, wanted[i].id);
        uint64_t number;
        uint8_t bytes[8];

        if ((wanted[i].id & KVM_ID_GROUP) == KVM_ID_SYSTEM) {
            if (read_system(cpu, wanted[i].id, &number)) {
                stq_le_p(bytes, number);
                ebb_cpu_registers_add(registers, wanted[i].id, bytes, sizeof(bytes));
            }
        } else if (entry) {
            ebb_cpu_registers_add(registers, entry->id, entry->value, entry->size);
        }
    }
    ebb_cpu_registers_finish(registers);
    ebb_cpu_registers_free(all);
    return registers;
}

uint64_t ebb_cpu_kvm_digest(ARMCPU *cpu)
{
    struct ebb_cpu_registers *registers = ebb_cpu_kvm_registers_get(cpu);
    size_t count;
    const struct ebb_register *list = ebb_cpu_registers_list(registers, &count);
    uint64_t digest =
        ebb_digest_kvm_registers(list, count, arm_feature(&cpu->env, ARM_FEATURE_AARCH64));

    ebb_cpu_registers_free(registers);
    return digest;
}

struct ebb_cpu_anchor ebb_cpu_anchor(ARMCPU *cpu)
{
    CPUARMState *env = &cpu->env;
    struct ebb_cpu_anchor anchor;

    if (is_a64(env)) {
        anchor.pc = env->pc;
        anchor.pstate = pstate_read(env) & EBB_ANCHOR_PSTATE;
    } else {
        anchor.pc = env->regs[15];
        anchor.pstate = cpsr_read(env) & EBB_ANCHOR_CPSR;
    }
    return anchor;
}

static void get_anchor_registers(ARMCPU *cpu, uint64_t registers[EBB_ANCHOR_REGISTERS])
{
    CPUARMState *env = &cpu->env;

    memset(registers, 0, EBB_ANCHOR_REGISTERS * sizeof(*registers));
    if (is_a64(env)) {
        aarch64_save_sp(env, arm_current_el(env));
        registers[EBB_ANCHOR_SP_EL0] = env->sp_el[0];
        registers[EBB_ANCHOR_SP_EL1] = env->sp_el[1];
    } else {
        aarch64_sync_32_to_64(env);
    }
    memcpy(registers, env->xregs, 31 * sizeof(*registers));
}

uint64_t ebb_cpu_anchor_digest(ARMCPU *cpu)
{
    uint64_t registers[EBB_ANCHOR_REGISTERS];

    get_anchor_registers(cpu, registers);
    return ebb_digest_anchor(registers);
}

uint32_t ebb_cpu_thin_anchor_digest(ARMCPU *cpu)
{
    uint64_t registers[EBB_ANCHOR_REGISTERS], values[EBB_THIN_ANCHOR_REGISTERS];
    unsigned i;

    get_anchor_registers(cpu, registers);
    for (i = 0; i < EBB_THIN_ANCHOR_REGISTERS; i++) {
        values[i] = registers[ebb_thin_anchor_registers[i]];
    }
    return ebb_digest_thin_anchor(values);
}
