/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "sysreg.h"
#include "internals.h"
#include "cpu-features.h"
#include "qemu/main-loop.h"
#include "hw/intc/gicv3_internal.h"

struct interception {
    const struct ebb_sysreg_interceptor *interceptor;
    GHashTable *originals; /* ARMCPRegInfo of a device register -> a copy from before */
};

/* Register accessors have no argument that could carry it. */
static struct interception interception;

/* Marked as I/O in QEMU because they may move interrupt lines; what they say is the CPU's affair.
 */
static const char *const configuration_registers[] = {
    "HCR_EL2", "HCR", "HCR2", "HCRX_EL2", "MDCR_EL2", "MDCR_EL3", "SDCR", "CNTHCTL_EL2",
};

static bool is_named(const ARMCPRegInfo *ri, const char *name)
{
    size_t length = strlen(name);

    /* The secure instance of an AArch32 register has the suffix "_S". */
    return strncmp(ri->name, name, length) == 0 &&
           (ri->name[length] == '\0' || strcmp(ri->name + length, "_S") == 0);
}

bool ebb_sysreg_is_device(const ARMCPRegInfo *ri)
{
    size_t i;

    if (!(ri->type & ARM_CP_IO) || (ri->type & ARM_CP_SPECIAL_MASK)) {
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(configuration_registers); i++) {
        if (is_named(ri, configuration_registers[i])) {
            return false;
        }
    }
    return true;
}

static uint32_t key_of(const ARMCPRegInfo *ri)
{
    if (ri->state == ARM_CP_STATE_AA64) {
        return ENCODE_AA64_CP_REG(ri->cp, ri->crn, ri->crm, ri->opc0, ri->opc1, ri->opc2);
    }
    return ENCODE_CP_REG(ri->cp, !!(ri->type & ARM_CP_64BIT), !!(ri->secure & ARM_CP_SECSTATE_NS),
                         ri->crn, ri->crm, ri->opc1, ri->opc2);
}

/*
 * KVM's ids know the non-secure instances of AArch32 registers only, and QEMU's conversion takes
 * the secure ones for them. Here the bit that QEMU's hash keys use for "non-secure" says "secure".
 */
uint64_t ebb_sysreg_id_from_key(uint32_t key)
{
    if (!(key & CP_REG_AA64_MASK)) {
        key ^= CP_REG_NS_MASK;
    }
    return cpreg_to_kvm_id(key);
}

uint32_t ebb_sysreg_key_from_id(uint64_t id)
{
    uint32_t key = (uint32_t)id;

    if ((id & CP_REG_ARCH_MASK) == CP_REG_ARM64) {
        return key | CP_REG_AA64_MASK;
    }
    if ((id & CP_REG_SIZE_MASK) == CP_REG_SIZE_U64) {
        key |= 1u << 15;
    }
    return key ^ CP_REG_NS_MASK;
}

uint64_t ebb_sysreg_id(const ARMCPRegInfo *ri)
{
    return ebb_sysreg_id_from_key(key_of(ri));
}

static uint64_t read_field(CPUARMState *env, const ARMCPRegInfo *ri)
{
    return cpreg_field_is_64bit(ri) ? CPREG_FIELD64(env, ri) : CPREG_FIELD32(env, ri);
}

uint64_t ebb_sysreg_original_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    const ARMCPRegInfo *original = g_hash_table_lookup(interception.originals, ri);

    if (original->readfn) {
        return original->readfn(env, ri);
    }
    return ri->fieldoffset ? read_field(env, ri) : 0;
}

void ebb_sysreg_original_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    const ARMCPRegInfo *original = g_hash_table_lookup(interception.originals, ri);

    if (original->writefn) {
        original->writefn(env, ri, value);
    } else if (ri->fieldoffset) {
        raw_write(env, ri, value);
    }
}

CPAccessResult ebb_sysreg_original_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    const ARMCPRegInfo *original = g_hash_table_lookup(interception.originals, ri);

    return original->accessfn(env, ri, is_read);
}

static bool sets_flags(const ARMCPRegInfo *ri)
{
    /* RNDR and RNDRRS */
    return ri->state == ARM_CP_STATE_AA64 && ri->opc0 == 3 && ri->opc1 == 3 && ri->crn == 2 &&
           ri->crm == 4 && ri->opc2 < 2;
}

void ebb_sysreg_set_random_flags(CPUARMState *env, uint64_t value)
{
    env->NF = env->CF = env->VF = 0;
    env->ZF = value != 0;
}

static uint64_t intercepted_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    uint64_t value = interception.interceptor->read(env, ri);

    if (sets_flags(ri)) {
        ebb_sysreg_set_random_flags(env, value);
    }
    return value;
}

static void intercepted_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    interception.interceptor->write(env, ri, value);
}

static CPAccessResult intercepted_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    BQL_LOCK_GUARD();
    return interception.interceptor->check(env, ri, is_read);
}

/* Whether an access to one of these traps is not the CPU's affair alone: ICH_HCR_EL2 has a say. */
static bool is_checked_by_gic(const ARMCPRegInfo *ri)
{
    return ri->accessfn && g_str_has_prefix(ri->name, "ICC_");
}

static void intercept(gpointer key, gpointer value, gpointer opaque)
{
    ARMCPRegInfo *ri = value;

    if (!ebb_sysreg_is_device(ri)) {
        return;
    }
    g_hash_table_insert(interception.originals, ri, g_memdup2(ri, sizeof(*ri)));
    if (!(ri->type & ARM_CP_NO_RAW)) {
        if (!ri->raw_readfn) {
            ri->raw_readfn = ri->readfn ? ri->readfn : read_field;
        }
        if (!ri->raw_writefn) {
            ri->raw_writefn = ri->writefn ? ri->writefn : raw_write;
        }
    }
    ri->readfn = intercepted_read;
    ri->writefn = intercepted_write;
    if (is_checked_by_gic(ri)) {
        ri->accessfn = intercepted_check;
    }
}

static void set_constant(ARMCPU *cpu, uint32_t key, uint64_t value)
{
    ARMCPRegInfo *ri = g_hash_table_lookup(cpu->cp_regs, (gpointer)(uintptr_t)key);

    if (ri) {
        ri->resetvalue = value;
    }
}

/*
 * WFIT and WFET look at the counter behind the log's back, IRG may ask for a random number. SETM,
 * CPYM and the like stop in the middle, at a time of the host's, when somebody wants the vCPU, and
 * how much CPYM leaves to CPYE depends on which pages are slow. Guests go without them.
 */
static void hide_features(ARMCPU *cpu)
{
    ARMISARegisters *isar = &cpu->isar;

    if (!arm_feature(&cpu->env, ARM_FEATURE_AARCH64)) {
        return;
    }
    isar->id_aa64isar2 = FIELD_DP64(isar->id_aa64isar2, ID_AA64ISAR2, WFXT, 0);
    isar->id_aa64isar2 = FIELD_DP64(isar->id_aa64isar2, ID_AA64ISAR2, MOPS, 0);
    isar->id_aa64pfr1 = FIELD_DP64(isar->id_aa64pfr1, ID_AA64PFR1, MTE, 0);
    set_constant(cpu, ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, 0, 6, 3, 0, 2),
                 isar->id_aa64isar2);
    set_constant(cpu, ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, 0, 4, 3, 0, 1), isar->id_aa64pfr1);
}

void ebb_sysregs_intercept(ARMCPU *cpu, const struct ebb_sysreg_interceptor *interceptor)
{
    interception.interceptor = interceptor;
    interception.originals = g_hash_table_new(NULL, NULL);
    g_hash_table_foreach(cpu->cp_regs, intercept, NULL);
    hide_features(cpu);
}

void ebb_sysregs_define_gic(ARMCPU *cpu, unsigned priority_bits)
{
    GICv3State *gic = g_new0(GICv3State, 1);
    ARMELChangeHook *hook;

    gic->num_cpu = 1;
    gic->cpu = g_new0(GICv3CPUState, 1);
    gic->cpu[0].gic = gic;
    gic->cpu[0].cpu = CPU(cpu);
    gic->force_8bit_prio = priority_bits == 8;
    gicv3_set_gicv3state(CPU(cpu), &gic->cpu[0]);
    gicv3_init_cpuif(gic);
    /* The GIC's own, which moves the CPU's interrupt lines: the hook added last is the first. */
    hook = QLIST_FIRST(&cpu->el_change_hooks);
    QLIST_REMOVE(hook, node);
    g_free(hook);
}

unsigned ebb_sysregs_gic_priority_bits(ARMCPU *cpu)
{
    GICv3CPUState *gic = cpu->env.gicv3state;

    return gic ? gic->pribits : 0;
}
