/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "sysreg.h"
#include "internals.h"
#include "cpu-features.h"

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

static bool sets_flags(const ARMCPRegInfo *ri)
{
    /* RNDR and RNDRRS */
    return ri->state == ARM_CP_STATE_AA64 && ri->opc0 == 3 && ri->opc1 == 3 && ri->crn == 2 &&
           ri->crm == 4 && ri->opc2 < 2;
}

static uint64_t intercepted_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    uint64_t value = interception.interceptor->read(env, ri);

    if (sets_flags(ri)) {
        /* NZCV is 0000, or 0100 with a value of 0 if there was no random number. */
        env->NF = env->CF = env->VF = 0;
        env->ZF = value != 0;
    }
    return value;
}

static void intercepted_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    interception.interceptor->write(env, ri, value);
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
}

static void set_constant(ARMCPU *cpu, uint32_t key, uint64_t value)
{
    ARMCPRegInfo *ri = g_hash_table_lookup(cpu->cp_regs, (gpointer)(uintptr_t)key);

    if (ri) {
        ri->resetvalue = value;
    }
}

/*
 * WFIT and WFET look at the counter behind the log's back, IRG may ask for a random number. Guests
 * go without them.
 */
static void hide_features(ARMCPU *cpu)
{
    ARMISARegisters *isar = &cpu->isar;

    if (!arm_feature(&cpu->env, ARM_FEATURE_AARCH64)) {
        return;
    }
    isar->id_aa64isar2 = FIELD_DP64(isar->id_aa64isar2, ID_AA64ISAR2, WFXT, 0);
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

static uint64_t read_nothing(CPUARMState *env, const ARMCPRegInfo *ri)
{
    return 0;
}

static void write_nothing(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
}

/* Without EL2 and EL3 no access to these traps, hence no accessfn. */
#define ICC_REGISTER(register_name, register_crn, register_crm, register_opc2, rights)             \
    {                                                                                              \
        .name = register_name, .state = ARM_CP_STATE_BOTH, .opc0 = 3, .opc1 = 0,                   \
        .crn = register_crn, .crm = register_crm, .opc2 = register_opc2,                           \
        .type = ARM_CP_IO | ARM_CP_NO_RAW, .access = rights, .readfn = read_nothing,               \
        .writefn = write_nothing,                                                                  \
    }

#define ICC_SGI_REGISTER(register_name, register_opc2, aa32_name, aa32_opc1)                       \
    {                                                                                              \
        .name = register_name,                                                                     \
        .state = ARM_CP_STATE_AA64,                                                                \
        .opc0 = 3,                                                                                 \
        .opc1 = 0,                                                                                 \
        .crn = 12,                                                                                 \
        .crm = 11,                                                                                 \
        .opc2 = register_opc2,                                                                     \
        .type = ARM_CP_IO | ARM_CP_NO_RAW,                                                         \
        .access = PL1_W,                                                                           \
        .writefn = write_nothing,                                                                  \
    },                                                                                             \
    {                                                                                              \
        .name = aa32_name, .state = ARM_CP_STATE_AA32, .cp = 15, .opc1 = aa32_opc1, .crm = 12,     \
        .type = ARM_CP_64BIT | ARM_CP_IO | ARM_CP_NO_RAW, .access = PL1_W,                         \
        .writefn = write_nothing,                                                                  \
    }

static const ARMCPRegInfo gic_registers[] = {
    ICC_REGISTER("ICC_PMR_EL1", 4, 6, 0, PL1_RW),
    ICC_REGISTER("ICC_IAR0_EL1", 12, 8, 0, PL1_R),
    ICC_REGISTER("ICC_EOIR0_EL1", 12, 8, 1, PL1_W),
    ICC_REGISTER("ICC_HPPIR0_EL1", 12, 8, 2, PL1_R),
    ICC_REGISTER("ICC_BPR0_EL1", 12, 8, 3, PL1_RW),
    ICC_REGISTER("ICC_AP0R0_EL1", 12, 8, 4, PL1_RW),
    ICC_REGISTER("ICC_AP1R0_EL1", 12, 9, 0, PL1_RW),
    ICC_REGISTER("ICC_DIR_EL1", 12, 11, 1, PL1_W),
    ICC_REGISTER("ICC_RPR_EL1", 12, 11, 3, PL1_R),
    ICC_SGI_REGISTER("ICC_SGI1R_EL1", 5, "ICC_SGI1R", 0),
    ICC_SGI_REGISTER("ICC_ASGI1R_EL1", 6, "ICC_ASGI1R", 1),
    ICC_SGI_REGISTER("ICC_SGI0R_EL1", 7, "ICC_SGI0R", 2),
    ICC_REGISTER("ICC_IAR1_EL1", 12, 12, 0, PL1_R),
    ICC_REGISTER("ICC_EOIR1_EL1", 12, 12, 1, PL1_W),
    ICC_REGISTER("ICC_HPPIR1_EL1", 12, 12, 2, PL1_R),
    ICC_REGISTER("ICC_BPR1_EL1", 12, 12, 3, PL1_RW),
    ICC_REGISTER("ICC_CTLR_EL1", 12, 12, 4, PL1_RW),
    ICC_REGISTER("ICC_IGRPEN0_EL1", 12, 12, 6, PL1_RW),
    ICC_REGISTER("ICC_IGRPEN1_EL1", 12, 12, 7, PL1_RW),
    /* There is no bypass: all its bits are fixed. */
    {
        .name = "ICC_SRE_EL1",
        .state = ARM_CP_STATE_BOTH,
        .opc0 = 3,
        .opc1 = 0,
        .crn = 12,
        .crm = 12,
        .opc2 = 5,
        .type = ARM_CP_NO_RAW | ARM_CP_CONST,
        .access = PL1_RW,
        .resetvalue = 7,
    },
};

/* With 6 bits of preemption priority or more. */
static const ARMCPRegInfo gic_active_priority_1[] = {
    ICC_REGISTER("ICC_AP0R1_EL1", 12, 8, 5, PL1_RW),
    ICC_REGISTER("ICC_AP1R1_EL1", 12, 9, 1, PL1_RW),
};

/* With 7. */
static const ARMCPRegInfo gic_active_priority_2_3[] = {
    ICC_REGISTER("ICC_AP0R2_EL1", 12, 8, 6, PL1_RW),
    ICC_REGISTER("ICC_AP0R3_EL1", 12, 8, 7, PL1_RW),
    ICC_REGISTER("ICC_AP1R2_EL1", 12, 9, 2, PL1_RW),
    ICC_REGISTER("ICC_AP1R3_EL1", 12, 9, 3, PL1_RW),
};

static const ARMCPRegInfo gic_nmi[] = {
    ICC_REGISTER("ICC_NMIAR1_EL1", 12, 9, 5, PL1_R),
};

void ebb_sysregs_define_gic(ARMCPU *cpu)
{
    int priority_bits = cpu->gic_pribits ? cpu->gic_pribits : 5;

    define_arm_cp_regs(cpu, gic_registers);
    /* Identification registers announce the GIC's registers if this is set; only the GIC uses it.
     */
    cpu->env.gicv3state = cpu;
    if (priority_bits >= 6) {
        define_arm_cp_regs(cpu, gic_active_priority_1);
    }
    if (priority_bits >= 7) {
        define_arm_cp_regs(cpu, gic_active_priority_2_3);
    }
    if (cpu_isar_feature(aa64_nmi, cpu)) {
        define_arm_cp_regs(cpu, gic_nmi);
    }
}
