/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "cpu.h"
#include "cpregs.h"
#include "cpu-features.h"
#include "internals.h"
#include "hw/qdev-core.h"
#include "kvm_guest_cpu.h"
#include "kvm_ids.h"

#define TYPE_KVM_GUEST_AARCH64 "ebb-kvm-aarch64"
#define TYPE_KVM_GUEST_ARM "ebb-kvm-arm"

/* What every CPU that runs KVM guests has in AArch32 state: QEMU wants it said early. */
#define ISAR0_DIVIDE 0x02101110u
#define ISAR1_JAZELLE 0x13112111u

#define DEFAULT_ZERO_BLOCK 4u     /* log2 of words: 64 bytes */
#define DEFAULT_FPSID 0x41034080u /* Cortex-A72's */
#define MAX_ZERO_BLOCK 9u         /* 2 KiB, the architecture's limit */

/* An identification register: (3, 0, 0, crm, op2), and what QEMU's decoder goes by. */
struct identification {
    uint8_t crm, op2;
    size_t offset;      /* in ARMISARegisters */
    size_t size;        /* bytes there */
    uint64_t is_signed; /* fields in which 0xf is less than 0: a bit set for each, as in a nibble */
    uint64_t whole;     /* bits that are counts and the like, which QEMU takes as they are */
    uint64_t hidden;    /* features that recordings do not have */
};

#define ID(crm, op2, member, is_signed, whole, hidden)                                             \
    {                                                                                              \
        crm, op2, offsetof(ARMISARegisters, member), sizeof_field(ARMISARegisters, member),        \
            is_signed, whole, hidden                                                               \
    }
#define ID_A32(crm, op2, member) ID(crm, op2, member, 0, 0, 0)
#define FIELD_AT(shift) (0xfull << (shift))

static const struct identification a32_registers[] = {
    ID_A32(1, 0, id_pfr0),  ID_A32(1, 1, id_pfr1),  ID(1, 2, id_dfr0, 0, 0, FIELD_AT(24)),
    ID_A32(1, 4, id_mmfr0), ID_A32(1, 5, id_mmfr1), ID_A32(1, 6, id_mmfr2),
    ID_A32(1, 7, id_mmfr3), ID_A32(2, 0, id_isar0), ID_A32(2, 1, id_isar1),
    ID_A32(2, 2, id_isar2), ID_A32(2, 3, id_isar3), ID_A32(2, 4, id_isar4),
    ID_A32(2, 5, id_isar5), ID_A32(2, 6, id_mmfr4), ID_A32(2, 7, id_isar6),
    ID_A32(3, 0, mvfr0),    ID_A32(3, 1, mvfr1),    ID_A32(3, 2, mvfr2),
    ID_A32(3, 4, id_pfr2),  ID_A32(3, 5, id_dfr1),  ID_A32(3, 6, id_mmfr5),
};

/* Hidden: EL2, EL3, GIC, SVE, MPAM, AMU, RME; MTE, SME, NMI; PMU, SPE, trace; RNDR, pointer
 * authentication; nested virtualization. */
static const struct identification a64_registers[] = {
    ID(4, 0, id_aa64pfr0, FIELD_AT(16) | FIELD_AT(20), 0,
       FIELD_AT(8) | FIELD_AT(12) | FIELD_AT(24) | FIELD_AT(32) | FIELD_AT(40) | FIELD_AT(44) |
           FIELD_AT(52)),
    ID(4, 1, id_aa64pfr1, 0, 0, FIELD_AT(8) | FIELD_AT(24) | FIELD_AT(36)),
    ID(5, 0, id_aa64dfr0, 0, FIELD_AT(12) | FIELD_AT(20) | FIELD_AT(28),
       FIELD_AT(8) | FIELD_AT(32) | FIELD_AT(40) | FIELD_AT(44)),
    ID(6, 0, id_aa64isar0, 0, 0, FIELD_AT(60)),
    ID(6, 1, id_aa64isar1, 0, 0, FIELD_AT(4) | FIELD_AT(8) | FIELD_AT(24) | FIELD_AT(28)),
    ID(6, 2, id_aa64isar2, 0, 0, FIELD_AT(8) | FIELD_AT(12)),
    ID(7, 0, id_aa64mmfr0, FIELD_AT(24) | FIELD_AT(28), FIELD_AT(20) | FIELD_AT(28), 0),
    ID(7, 1, id_aa64mmfr1, 0, 0, 0),
    ID(7, 2, id_aa64mmfr2, 0, FIELD_AT(20), FIELD_AT(24)),
    ID(7, 3, id_aa64mmfr3, 0, 0, 0),
};

/* Features that a guest could use, whose absence from TCG it would notice. */
static const struct {
    uint8_t crm, op2, shift;
    const char *name;
} lacking[] = {
    {4, 1, 44, "FEAT_GCS"},       {4, 1, 48, "FEAT_THE"},   {6, 0, 24, "FEAT_TME"},
    {6, 1, 20, "FEAT_LRCPC3"},    {6, 1, 60, "FEAT_LS64"},  {6, 2, 16, "FEAT_MOPS"},
    {6, 2, 32, "FEAT_SYSREG128"}, {6, 2, 52, "FEAT_CSSC"},  {7, 1, 0, "FEAT_HAFT"},
    {7, 1, 44, "FEAT_AFP"},       {7, 3, 0, "FEAT_TCR2"},   {7, 3, 4, "FEAT_SCTLR2"},
    {7, 3, 8, "FEAT_S1PIE"},      {7, 3, 16, "FEAT_S1POE"}, {7, 3, 24, "FEAT_AIE"},
    {7, 3, 32, "FEAT_D128"},
};

bool kvm_register_number(const struct ebb_register *registers, size_t count, uint64_t id,
                         uint64_t *value)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (registers[i].id == id && (registers[i].size == 4 || registers[i].size == 8)) {
            *value = ldn_le_p(registers[i].value, registers[i].size);
            return true;
        }
    }
    return false;
}

static bool described(const struct kvm_guest_cpu *description, uint64_t id, uint64_t *value)
{
    return kvm_register_number(description->registers, description->register_count, id, value);
}

static int field_value(uint64_t value, unsigned shift, bool is_signed)
{
    int field = value >> shift & 0xf;

    return is_signed && field >= 8 ? field - 16 : field;
}

static void warn_lacking(const struct identification *id, unsigned shift)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(lacking); i++) {
        if (lacking[i].crm == id->crm && lacking[i].op2 == id->op2 && lacking[i].shift == shift) {
            warn_report("the guest was told that its CPU has %s, which QEMU does not emulate; if "
                        "it used that, the replay will go another way there",
                        lacking[i].name);
        }
    }
}

/* Of each field the smaller: what the guest knows of, and TCG can do. */
static uint64_t common_features(const struct identification *id, uint64_t guest, uint64_t most)
{
    uint64_t result = 0;
    unsigned shift;

    for (shift = 0; shift < id->size * 8; shift += 4) {
        bool is_signed = id->is_signed >> shift & 1;
        uint64_t field = guest >> shift & 0xf;

        if (id->hidden >> shift & 1) {
            continue;
        }
        if (!(id->whole >> shift & 1) &&
            field_value(guest, shift, is_signed) > field_value(most, shift, is_signed)) {
            field = most >> shift & 0xf;
            warn_lacking(id, shift);
        }
        result |= field << shift;
    }
    return result;
}

static void identify(ARMCPU *cpu, const ARMCPU *most, const struct identification *list,
                     size_t count, const struct kvm_guest_cpu *description)
{
    size_t i;

    for (i = 0; i < count; i++) {
        uint8_t *to = (uint8_t *)&cpu->isar + list[i].offset;
        const uint8_t *limit = (const uint8_t *)&most->isar + list[i].offset;
        uint64_t guest = 0;

        described(description, KVM_ID_SYSREG(3, 0, 0, list[i].crm, list[i].op2), &guest);
        stn_he_p(to, list[i].size, common_features(&list[i], guest, ldn_he_p(limit, list[i].size)));
    }
}

/* KVM makes DBGDIDR from ID_AA64DFR0_EL1. */
static uint32_t debug_identification(const struct kvm_guest_cpu *description)
{
    uint64_t debug = 0, processor = 0;
    uint32_t el3;

    described(description, KVM_ID_SYSREG(3, 0, 0, 5, 0), &debug);
    described(description, KVM_ID_SYSREG(3, 0, 0, 4, 0), &processor);
    el3 = FIELD_EX64(processor, ID_AA64PFR0, EL3) != 0;
    return FIELD_EX64(debug, ID_AA64DFR0, WRPS) << 28 | FIELD_EX64(debug, ID_AA64DFR0, BRPS) << 24 |
           FIELD_EX64(debug, ID_AA64DFR0, CTX_CMPS) << 20 |
           FIELD_EX64(debug, ID_AA64DFR0, DEBUGVER) << 16 | 1u << 15 | el3 << 14 | el3 << 12;
}

static void describe_caches(ARMCPU *cpu, const struct kvm_guest_cpu *description)
{
    uint64_t value;
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(cpu->ccsidr); i++) {
        cpu->ccsidr[i] = described(description, KVM_ID_CCSIDR(i), &value) ? value : 0;
    }
    if (described(description, KVM_ID_CTR_EL0, &value)) {
        cpu->ctr = value;
    }
    if (described(description, KVM_ID_CLIDR_EL1, &value)) {
        cpu->clidr = value;
    }
    cpu->dcz_blocksize = DEFAULT_ZERO_BLOCK;
    if (described(description, KVM_ID_DCZID_EL0, &value)) {
        cpu->dcz_blocksize = MIN(value & 0xf, MAX_ZERO_BLOCK);
    }
}

static void describe(ARMCPU *cpu, const struct kvm_guest_cpu *description)
{
    ARMCPU *most = ARM_CPU(object_new(ARM_CPU_TYPE_NAME("max")));
    uint64_t value;

    identify(cpu, most, a32_registers, ARRAY_SIZE(a32_registers), description);
    if (description->aarch64) {
        identify(cpu, most, a64_registers, ARRAY_SIZE(a64_registers), description);
    } else {
        cpu->isar.dbgdidr = debug_identification(description);
        /* Not more context comparators than breakpoints, or QEMU is cross. */
        cpu->isar.dbgdidr = FIELD_DP32(cpu->isar.dbgdidr, DBGDIDR, CTX_CMPS,
                                       MIN(FIELD_EX32(cpu->isar.dbgdidr, DBGDIDR, CTX_CMPS),
                                           FIELD_EX32(cpu->isar.dbgdidr, DBGDIDR, BRPS)));
    }
    cpu->isar.id_aa64dfr0 = FIELD_DP64(cpu->isar.id_aa64dfr0, ID_AA64DFR0, CTX_CMPS,
                                       MIN(FIELD_EX64(cpu->isar.id_aa64dfr0, ID_AA64DFR0, CTX_CMPS),
                                           FIELD_EX64(cpu->isar.id_aa64dfr0, ID_AA64DFR0, BRPS)));
    object_unref(OBJECT(most));
    if (described(description, KVM_ID_MIDR_EL1, &value)) {
        cpu->midr = value;
    }
    if (described(description, KVM_ID_ACTLR_EL1, &value)) {
        cpu->reset_auxcr = value;
    }
    describe_caches(cpu, description);
    cpu->has_vfp = cpu->has_vfp_d32 = cpu->has_neon = true;
    cpu->psci_conduit = QEMU_PSCI_CONDUIT_HVC;
    cpu->gt_cntfrq_hz = description->counter_frequency;
    if (!description->aarch64) {
        cpu->reset_fpsid = described(description, KVM_ID_EBB_FPSID, &value) ? value : DEFAULT_FPSID;
    }
}

/*
 * What the host's CPU does although its identification registers, as the guest sees them, do not
 * have it. To be called once the CPU's registers are there: it gets none by it.
 */
static void add_unannounced(ARMCPU *cpu, const struct kvm_guest_cpu *description)
{
    uint64_t value;

    if (described(description, KVM_ID_EBB_NMI, &value) && value) {
        cpu->isar.id_aa64pfr1 = FIELD_DP64(cpu->isar.id_aa64pfr1, ID_AA64PFR1, NMI, 1);
    }
}

ARMCPU *kvm_guest_cpu_new(const struct kvm_guest_cpu *description, struct ebb_error *error)
{
    const char *type = description->aarch64 ? ARM_CPU_TYPE_NAME(TYPE_KVM_GUEST_AARCH64)
                                            : ARM_CPU_TYPE_NAME(TYPE_KVM_GUEST_ARM);
    Object *cpu = object_new(type);
    Error *failure = NULL;

    describe(ARM_CPU(cpu), description);
    if (!qdev_realize(DEVICE(cpu), NULL, &failure)) {
        ebb_fail(error, EBB_ERROR_UNSUPPORTED, "a CPU like the recorded one cannot be made: %s",
                 error_get_pretty(failure));
        error_free(failure);
        object_unref(cpu);
        return NULL;
    }
    add_unannounced(ARM_CPU(cpu), description);
    return ARM_CPU(cpu);
}

static void set_constant(ARMCPU *cpu, uint32_t key, uint64_t value)
{
    ARMCPRegInfo *ri = g_hash_table_lookup(cpu->cp_regs, (gpointer)(uintptr_t)key);

    if (ri) {
        ri->type |= ARM_CP_CONST;
        ri->resetvalue = value;
    }
}

/* In both views; CTR is the one whose opc1 is not the same. */
static void set_constants(ARMCPU *cpu, uint64_t id, uint64_t value)
{
    unsigned op1 = KVM_ID_OP1(id), crn = KVM_ID_CRN(id), crm = KVM_ID_CRM(id), op2 = KVM_ID_OP2(id);
    unsigned secure;

    set_constant(
        cpu, ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, crn, crm, KVM_ID_OP0(id), op1, op2), value);
    for (secure = 0; secure < 2; secure++) {
        set_constant(cpu, ENCODE_CP_REG(15, 0, secure, crn, crm, op1 == 3 ? 0 : op1, op2),
                     (uint32_t)value);
    }
}

/* Those that only say what the CPU is; CCSIDR says what CSSELR selects. */
static bool is_identification(uint64_t id)
{
    if ((id & ~KVM_ID_SYSREG(3, 7, 15, 15, 7)) != 0 || (id & KVM_ID_GROUP) != KVM_ID_SYSTEM ||
        KVM_ID_OP0(id) != 3 || KVM_ID_CRN(id) != 0) {
        return false;
    }
    return KVM_ID_OP1(id) == 0 || id == KVM_ID_CLIDR_EL1 || id == KVM_ID_CTR_EL0 ||
           id == KVM_ID_DCZID_EL0 || id == KVM_ID_SYSREG(3, 1, 0, 0, 7);
}

/* AArch32's other names of MIDR. */
static void alias_midr(ARMCPU *cpu, uint64_t value)
{
    set_constant(cpu, ENCODE_CP_REG(15, 0, 1, 0, 0, 0, 4), (uint32_t)value);
    set_constant(cpu, ENCODE_CP_REG(15, 0, 1, 0, 0, 0, 7), (uint32_t)value);
}

/*
 * DBGDSCRint shows bits of DBGDSCRext, but reads as zeroes where KVM answers: always while it keeps
 * the debug registers for the host, and else before the guest first writes to one of them, when
 * these bits are zeroes anyway.
 */
static void hide_debug_status(ARMCPU *cpu, const struct kvm_guest_cpu *description)
{
    uint64_t debugged;
    unsigned secure;

    if (described(description, KVM_ID_EBB_DEBUGGED, &debugged) && debugged) {
        for (secure = 0; secure < 2; secure++) {
            set_constant(cpu, ENCODE_CP_REG(14, 0, secure, 0, 1, 0, 0), 0);
        }
    }
}

void kvm_guest_cpu_identify(ARMCPU *cpu, const struct kvm_guest_cpu *description)
{
    size_t i;

    hide_debug_status(cpu, description);
    for (i = 0; i < description->register_count; i++) {
        const struct ebb_register *reg = &description->registers[i];
        uint64_t value;

        if (reg->size != 8) {
            continue;
        }
        value = ldq_le_p(reg->value);
        if (is_identification(reg->id)) {
            set_constants(cpu, reg->id, value);
        } else if (reg->id == KVM_ID_ACTLR_EL1 || reg->id == KVM_ID_AMAIR_EL1) {
            /* KVM ignores writes of ACTLR, and so do most CPUs with AMAIR. */
            set_constants(cpu, reg->id, value);
        }
        if (reg->id == KVM_ID_MIDR_EL1) {
            alias_midr(cpu, value);
        }
    }
}

static void common_features_of_guests(ARMCPU *cpu)
{
    set_feature(&cpu->env, ARM_FEATURE_V8);
    set_feature(&cpu->env, ARM_FEATURE_NEON);
    set_feature(&cpu->env, ARM_FEATURE_GENERIC_TIMER);
    cpu->dtb_compatible = "arm,armv8";
}

static void aarch64_guest_init(Object *object)
{
    ARMCPU *cpu = ARM_CPU(object);

    common_features_of_guests(cpu);
    set_feature(&cpu->env, ARM_FEATURE_AARCH64);
}

static void arm_guest_init(Object *object)
{
    ARMCPU *cpu = ARM_CPU(object);

    common_features_of_guests(cpu);
    cpu->isar.id_isar0 = ISAR0_DIVIDE;
    cpu->isar.id_isar1 = ISAR1_JAZELLE;
}

static const ARMCPUInfo aarch64_guest = {
    .name = TYPE_KVM_GUEST_AARCH64,
    .initfn = aarch64_guest_init,
};

static const ARMCPUInfo arm_guest = {
    .name = TYPE_KVM_GUEST_ARM,
    .initfn = arm_guest_init,
};

static void register_types(void)
{
    aarch64_cpu_register(&aarch64_guest);
    arm_cpu_register(&arm_guest);
}

type_init(register_types)
