/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "cpu-features.h"
#include "exec/cputlb.h"
#include "qemu/bswap.h"
#include "log/digest.h"
#include "sysreg.h"
#include "cpu_state.h"

/* Ids of general and FP registers: KVM API, section 4.68, arm64. */
#define ID_ARCHITECTURE CP_REG_ARM64
#define ID_SIZE_U32 CP_REG_SIZE_U32
#define ID_SIZE_U64 CP_REG_SIZE_U64
#define ID_SIZE_U128 0x0040000000000000ull
#define ID_SIZE_U256 0x0050000000000000ull
#define ID_SIZE_U2048 0x0080000000000000ull
#define ID_GROUP_MASK 0x000000000fff0000ull
#define ID_GROUP_CORE (0x0010ull << 16)
#define ID_GROUP_SVE (0x0015ull << 16)

#define ID_SIZE(id) (1u << (((id)&CP_REG_SIZE_MASK) >> CP_REG_SIZE_SHIFT))

/* The offset in struct kvm_regs, in words of 4 bytes. */
#define ID_CORE(size, words) (ID_ARCHITECTURE | (size) | ID_GROUP_CORE | (words))
#define ID_X(n) ID_CORE(ID_SIZE_U64, 2 * (n))
#define ID_SP_EL0 ID_CORE(ID_SIZE_U64, 62)
#define ID_PC ID_CORE(ID_SIZE_U64, 64)
#define ID_PSTATE ID_CORE(ID_SIZE_U64, 66)
#define ID_SP_EL1 ID_CORE(ID_SIZE_U64, 68)
#define ID_ELR_EL1 ID_CORE(ID_SIZE_U64, 70)
#define ID_SPSR(n) ID_CORE(ID_SIZE_U64, 72 + 2 * (n)) /* EL1/SVC, ABT, UND, IRQ, FIQ */
#define ID_V(n) ID_CORE(ID_SIZE_U128, 84 + 4 * (n))
#define ID_FPSR ID_CORE(ID_SIZE_U32, 212)
#define ID_FPCR ID_CORE(ID_SIZE_U32, 213)
#define ID_Z(n) (ID_ARCHITECTURE | ID_SIZE_U2048 | ID_GROUP_SVE | (n) << 5)
#define ID_P(n) (ID_ARCHITECTURE | ID_SIZE_U256 | ID_GROUP_SVE | 0x400 | (n) << 5) /* 16: FFR */

/* What KVM has no id for. Part of the recording format; never renumber. */
enum {
    NUMBER_EXCLUSIVE_ADDRESS = 1, /* the exclusive monitor; all ones: open */
    NUMBER_EXCLUSIVE_VALUE = 2,
    NUMBER_EXCLUSIVE_HIGH = 3,
    NUMBER_INPUT_LINES = 4, /* levels of the interrupt inputs, as CPU_INTERRUPT_* bits */
    NUMBER_PENDING = 5,     /* interrupts pending, as CPU_INTERRUPT_* bits */
    NUMBER_HALTED = 6,      /* 1 while waiting for an interrupt */
    NUMBER_POWER = 7,       /* enum ARMPSCIState */
    NUMBER_SERROR_PENDING = 8,
    NUMBER_SERROR_HAS_ESR = 9,
    NUMBER_SERROR_ESR = 10,
    NUMBER_EXTERNAL_ABORT = 11,
    NUMBER_VFP_SYSTEM = 12, /* 16 words: FPSID, FPEXC, ... in the order of VMRS */
    NUMBER_SP_EL2 = 13,
    NUMBER_SP_EL3 = 14,
    NUMBER_ELR_EL2 = 15,
    NUMBER_ELR_EL3 = 16,
    NUMBER_SPSR_HYP = 17,
    NUMBER_SPSR_MON = 18,
    NUMBER_R13_MON = 19,
    NUMBER_R14_MON = 20,
    /* 21, 22: in recordings of KVM (kvm_ids.h) */
    NUMBER_ZA_ROW = 0x1000, /* + row: SME's ZA while it is enabled */
};

#define CSSELR_MASK 0xfu

#define ZA_ROWS (ARM_MAX_VQ * 16)

#define INTERRUPT_INPUTS                                                                           \
    (CPU_INTERRUPT_HARD | CPU_INTERRUPT_FIQ | CPU_INTERRUPT_VIRQ | CPU_INTERRUPT_VFIQ |            \
     CPU_INTERRUPT_VSERR | CPU_INTERRUPT_NMI | CPU_INTERRUPT_VINMI | CPU_INTERRUPT_VFNMI)

/* A register that is a field of CPUARMState: count numbers of width bytes each. */
struct field {
    uint64_t id;
    size_t offset;
    uint32_t width;
    uint32_t count;
};

#define FIELD_U(id, member)                                                                        \
    {                                                                                              \
        id, offsetof(CPUARMState, member), sizeof_field(CPUARMState, member), 1                    \
    }
#define FIELD_EBB(number, member) FIELD_U(EBB_REGISTER(number), member)

static const struct field fields[] = {
    FIELD_U(ID_SP_EL0, sp_el[0]),
    FIELD_U(ID_SP_EL1, sp_el[1]),
    FIELD_U(ID_ELR_EL1, elr_el[1]),
    FIELD_U(ID_SPSR(0), banked_spsr[BANK_SVC]),
    FIELD_U(ID_SPSR(1), banked_spsr[BANK_ABT]),
    FIELD_U(ID_SPSR(2), banked_spsr[BANK_UND]),
    FIELD_U(ID_SPSR(3), banked_spsr[BANK_IRQ]),
    FIELD_U(ID_SPSR(4), banked_spsr[BANK_FIQ]),
    FIELD_EBB(NUMBER_EXCLUSIVE_ADDRESS, exclusive_addr),
    FIELD_EBB(NUMBER_EXCLUSIVE_VALUE, exclusive_val),
    FIELD_EBB(NUMBER_EXCLUSIVE_HIGH, exclusive_high),
    FIELD_EBB(NUMBER_INPUT_LINES, irq_line_state),
    FIELD_EBB(NUMBER_SERROR_PENDING, serror.pending),
    FIELD_EBB(NUMBER_SERROR_HAS_ESR, serror.has_esr),
    FIELD_EBB(NUMBER_SERROR_ESR, serror.esr),
    FIELD_EBB(NUMBER_EXTERNAL_ABORT, ext_dabt_raised),
    {EBB_REGISTER(NUMBER_VFP_SYSTEM), offsetof(CPUARMState, vfp.xregs), 4, 16},
    FIELD_EBB(NUMBER_SP_EL2, sp_el[2]),
    FIELD_EBB(NUMBER_SP_EL3, sp_el[3]),
    FIELD_EBB(NUMBER_ELR_EL2, elr_el[2]),
    FIELD_EBB(NUMBER_ELR_EL3, elr_el[3]),
    FIELD_EBB(NUMBER_SPSR_HYP, banked_spsr[BANK_HYP]),
    FIELD_EBB(NUMBER_SPSR_MON, banked_spsr[BANK_MON]),
    FIELD_EBB(NUMBER_R13_MON, banked_r13[BANK_MON]),
    FIELD_EBB(NUMBER_R14_MON, banked_r14[BANK_MON]),
};

struct ebb_cpu_registers {
    GArray *list;      /* struct ebb_register */
    GByteArray *bytes; /* their values, one after the other */
};

/* Numbers of width bytes in host order at memory, as little-endian bytes; and back. */
static void to_bytes(uint8_t *bytes, const void *memory, uint32_t width, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        const uint8_t *from = (const uint8_t *)memory + i * width;

        stn_le_p(bytes + i * width, width, ldn_he_p(from, width));
    }
}

static void from_bytes(void *memory, const uint8_t *bytes, uint32_t width, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        stn_he_p((uint8_t *)memory + i * width, width, ldn_le_p(bytes + i * width, width));
    }
}

static void add(struct ebb_cpu_registers *registers, uint64_t id, const void *memory,
                uint32_t width, uint32_t count)
{
    struct ebb_register entry = {.id = id, .size = width * count};
    guint start = registers->bytes->len;

    g_byte_array_set_size(registers->bytes, start + entry.size);
    to_bytes(registers->bytes->data + start, memory, width, count);
    g_array_append_val(registers->list, entry);
}

static void add_number(struct ebb_cpu_registers *registers, uint64_t id, uint64_t value)
{
    add(registers, id, &value, sizeof(value), 1);
}

/* Values have to stop moving before anything can point to them. */
static void point_to_values(struct ebb_cpu_registers *registers)
{
    const uint8_t *value = registers->bytes->data;
    guint i;

    for (i = 0; i < registers->list->len; i++) {
        struct ebb_register *entry = &g_array_index(registers->list, struct ebb_register, i);

        entry->value = value;
        value += entry->size;
    }
}

static uint32_t current_mode(CPUARMState *env)
{
    return env->uncached_cpsr & CPSR_M;
}

/*
 * Brings what the CPU holds in working copies of the current mode to where the list takes it from.
 * The places written to are those that the CPU itself writes on leaving the mode.
 */
static void save_working_copies(CPUARMState *env)
{
    uint32_t mode = current_mode(env);

    if (is_a64(env)) {
        aarch64_save_sp(env, arm_current_el(env));
        return;
    }
    aarch64_sync_32_to_64(env);
    if (mode != ARM_CPU_MODE_USR && mode != ARM_CPU_MODE_SYS) {
        env->banked_spsr[bank_number(mode)] = env->spsr;
    }
    if (mode == ARM_CPU_MODE_MON) {
        env->banked_r13[BANK_MON] = env->regs[13];
        env->banked_r14[BANK_MON] = env->regs[14];
    }
}

static void load_working_copies(CPUARMState *env)
{
    uint32_t mode = current_mode(env);

    if (is_a64(env)) {
        aarch64_restore_sp(env, arm_current_el(env));
        return;
    }
    aarch64_sync_64_to_32(env);
    env->spsr = env->banked_spsr[bank_number(mode)];
    if (mode == ARM_CPU_MODE_MON) {
        env->regs[13] = env->banked_r13[BANK_MON];
        env->regs[14] = env->banked_r14[BANK_MON];
    }
}

static bool has_sve(ARMCPU *cpu)
{
    return cpu_isar_feature(aa64_sve, cpu) || cpu_isar_feature(aa64_sme, cpu);
}

static void add_general(struct ebb_cpu_registers *registers, CPUARMState *env)
{
    size_t i;

    save_working_copies(env);
    for (i = 0; i < 31; i++) {
        add_number(registers, ID_X(i), env->xregs[i]);
    }
    add_number(registers, ID_PC, env->pc);
    add_number(registers, ID_PSTATE, is_a64(env) ? pstate_read(env) : cpsr_read(env));
    for (i = 0; i < ARRAY_SIZE(fields); i++) {
        add(registers, fields[i].id, (uint8_t *)env + fields[i].offset, fields[i].width,
            fields[i].count);
    }
}

static void add_vectors(struct ebb_cpu_registers *registers, ARMCPU *cpu)
{
    CPUARMState *env = &cpu->env;
    uint32_t control;
    int i;

    for (i = 0; i < 32; i++) {
        if (has_sve(cpu)) {
            add(registers, ID_Z(i), env->vfp.zregs[i].d, 8, 32);
        } else {
            add(registers, ID_V(i), env->vfp.zregs[i].d, 8, 2);
        }
    }
    for (i = 0; has_sve(cpu) && i <= FFR_PRED_NUM; i++) {
        add(registers, ID_P(i), env->vfp.pregs[i].p, 8, 4);
    }
    for (i = 0; FIELD_EX64(env->svcr, SVCR, ZA) && i < ZA_ROWS; i++) {
        add(registers, EBB_REGISTER(NUMBER_ZA_ROW + i), env->zarray[i].d, 8, 32);
    }
    control = vfp_get_fpsr(env);
    add(registers, ID_FPSR, &control, 4, 1);
    control = vfp_get_fpcr(env);
    add(registers, ID_FPCR, &control, 4, 1);
}

static void add_scheduling(struct ebb_cpu_registers *registers, ARMCPU *cpu)
{
    CPUState *cs = CPU(cpu);

    add_number(registers, EBB_REGISTER(NUMBER_PENDING), cs->interrupt_request & INTERRUPT_INPUTS);
    add_number(registers, EBB_REGISTER(NUMBER_HALTED), cs->halted);
    add_number(registers, EBB_REGISTER(NUMBER_POWER), cpu->power_state);
}

/* The key of one of the CPU's own list of system registers. */
static uint32_t listed_key(uint64_t index)
{
    uint32_t key = (uint32_t)index;

    if ((index & CP_REG_ARCH_MASK) == CP_REG_ARM64) {
        return key | CP_REG_AA64_MASK;
    }
    return (index & CP_REG_SIZE_MASK) == CP_REG_SIZE_U64 ? key | 1u << 15 : key;
}

/* As many bits as the register has: QEMU gives AArch32's CTR those of CTR_EL0. */
static uint64_t read_system(ARMCPU *cpu, const ARMCPRegInfo *ri, uint64_t id)
{
    uint64_t value = read_raw_cp_reg(&cpu->env, ri);

    return ID_SIZE(id) == 4 ? (uint32_t)value : value;
}

static void add_system(struct ebb_cpu_registers *registers, ARMCPU *cpu)
{
    int i;

    for (i = 0; i < cpu->cpreg_array_len; i++) {
        uint32_t key = listed_key(cpu->cpreg_indexes[i]);
        const ARMCPRegInfo *ri = get_arm_cp_reginfo(cpu->cp_regs, key);
        uint64_t id = ebb_sysreg_id_from_key(key);
        uint64_t value;

        if (ebb_sysreg_is_device(ri)) {
            continue;
        }
        value = read_system(cpu, ri, id);
        if (ID_SIZE(id) == 4) {
            uint32_t word = (uint32_t)value;

            add(registers, id, &word, 4, 1);
        } else {
            add_number(registers, id, value);
        }
    }
}

struct ebb_cpu_registers *ebb_cpu_registers_new(void)
{
    struct ebb_cpu_registers *registers = g_new0(struct ebb_cpu_registers, 1);

    registers->list = g_array_new(false, false, sizeof(struct ebb_register));
    registers->bytes = g_byte_array_new();
    return registers;
}

void ebb_cpu_registers_add(struct ebb_cpu_registers *registers, uint64_t id, const void *value,
                           uint32_t size)
{
    add(registers, id, value, 1, size);
}

void ebb_cpu_registers_add_lines(struct ebb_cpu_registers *registers, ARMCPU *cpu)
{
    uint64_t lines = cpu->env.irq_line_state & INTERRUPT_INPUTS;

    add(registers, EBB_REGISTER(NUMBER_INPUT_LINES), &cpu->env.irq_line_state,
        sizeof(cpu->env.irq_line_state), 1);
    add_number(registers, EBB_REGISTER(NUMBER_PENDING), lines);
    add_number(registers, EBB_REGISTER(NUMBER_HALTED), 0);
    add_number(registers, EBB_REGISTER(NUMBER_POWER), PSCI_ON);
}

void ebb_cpu_registers_finish(struct ebb_cpu_registers *registers)
{
    point_to_values(registers);
}

struct ebb_cpu_registers *ebb_cpu_registers_get(ARMCPU *cpu)
{
    struct ebb_cpu_registers *registers = ebb_cpu_registers_new();

    add_general(registers, &cpu->env);
    add_vectors(registers, cpu);
    add_scheduling(registers, cpu);
    add_system(registers, cpu);
    point_to_values(registers);
    return registers;
}

void ebb_cpu_registers_free(struct ebb_cpu_registers *registers)
{
    if (registers) {
        g_array_free(registers->list, true);
        g_byte_array_free(registers->bytes, true);
        g_free(registers);
    }
}

const struct ebb_register *ebb_cpu_registers_list(const struct ebb_cpu_registers *registers,
                                                  size_t *count)
{
    *count = registers->list->len;
    return (const struct ebb_register *)registers->list->data;
}

/* What is left out depends on when QEMU gets to see a change. */
uint64_t ebb_cpu_digest(ARMCPU *cpu)
{
    struct ebb_cpu_registers *registers = ebb_cpu_registers_new();
    uint64_t digest;

    add_general(registers, &cpu->env);
    add_vectors(registers, cpu);
    add_system(registers, cpu);
    point_to_values(registers);
    digest = ebb_digest_registers((const struct ebb_register *)registers->list->data,
                                  registers->list->len);
    ebb_cpu_registers_free(registers);
    return digest;
}

static int fail_size(const struct ebb_register *entry, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_CORRUPT,
                    "register %#" PRIx64 " of the keyframe has %" PRIu32 " bytes, which is wrong",
                    entry->id, entry->size);
}

static int fail_unknown(const struct ebb_register *entry, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                    "the replaying CPU has no register %#" PRIx64 " of the keyframe", entry->id);
}

static int set_memory(void *memory, uint32_t width, uint32_t count,
                      const struct ebb_register *entry, struct ebb_error *error)
{
    if (entry->size != width * count) {
        return fail_size(entry, error);
    }
    from_bytes(memory, entry->value, width, count);
    return 0;
}

static const struct field *find_field(uint64_t id)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].id == id) {
            return &fields[i];
        }
    }
    return NULL;
}

static int set_pstate(CPUARMState *env, uint32_t value, const struct ebb_register *entry,
                      struct ebb_error *error)
{
    static const uint32_t modes =
        1u << ARM_CPU_MODE_USR % 32 | 1u << ARM_CPU_MODE_FIQ % 32 | 1u << ARM_CPU_MODE_IRQ % 32 |
        1u << ARM_CPU_MODE_SVC % 32 | 1u << ARM_CPU_MODE_MON % 32 | 1u << ARM_CPU_MODE_ABT % 32 |
        1u << ARM_CPU_MODE_HYP % 32 | 1u << ARM_CPU_MODE_UND % 32 | 1u << ARM_CPU_MODE_SYS % 32;
    bool aarch64 = !(value & PSTATE_nRW);

    if (aarch64 ? !arm_feature(env, ARM_FEATURE_AARCH64) : !(modes >> (value & 31) & 1)) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "register %#" PRIx64 " of the keyframe, the processor state, has the "
                        "impossible value %#" PRIx32,
                        entry->id, value);
    }
    env->aarch64 = aarch64;
    if (aarch64) {
        pstate_write(env, value);
    } else {
        cpsr_write(env, value, 0xffffffff, CPSRWriteRaw);
    }
    return 0;
}

static int set_system(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    uint32_t key = ebb_sysreg_key_from_id(entry->id);
    const ARMCPRegInfo *ri = get_arm_cp_reginfo(cpu->cp_regs, key);
    uint64_t value;

    if (ebb_sysreg_id_from_key(key) != entry->id || !ri) {
        return fail_unknown(entry, error);
    }
    if (entry->size != ID_SIZE(entry->id) || (entry->size != 4 && entry->size != 8)) {
        return fail_size(entry, error);
    }
    if (ebb_sysreg_is_device(ri) || (ri->type & ARM_CP_NO_RAW)) {
        return 0;
    }
    value = ldn_le_p(entry->value, entry->size);
    if (ri->type & ARM_CP_CONST) {
        /* compared below */
    } else if (ri->raw_writefn) {
        ri->raw_writefn(&cpu->env, ri, value);
    } else if (ri->writefn) {
        ri->writefn(&cpu->env, ri, value);
    } else {
        raw_write(&cpu->env, ri, value);
    }
    if (read_system(cpu, ri, entry->id) != value) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "register %s is %#" PRIx64 " in the keyframe but %#" PRIx64
                        " in the replaying CPU; the two CPUs differ",
                        ri->name, value, read_system(cpu, ri, entry->id));
    }
    return 0;
}

static int set_number(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    CPUState *cs = CPU(cpu);
    uint64_t value;

    if (entry->size != 8) {
        return fail_size(entry, error);
    }
    value = ldq_le_p(entry->value);
    switch (entry->id) {
    case ID_PC:
        cpu->env.pc = value;
        return 0;
    case ID_PSTATE:
        return set_pstate(&cpu->env, (uint32_t)value, entry, error);
    case EBB_REGISTER(NUMBER_PENDING):
        cs->interrupt_request &= ~INTERRUPT_INPUTS;
        cs->interrupt_request |= value & INTERRUPT_INPUTS;
        return 0;
    case EBB_REGISTER(NUMBER_HALTED):
        cs->halted = value != 0;
        return 0;
    case EBB_REGISTER(NUMBER_POWER):
        cpu->power_state = value == PSCI_OFF ? PSCI_OFF : PSCI_ON;
        return 0;
    }
    return fail_unknown(entry, error);
}

static int set_ebb_register(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    uint64_t row = entry->id - EBB_REGISTER(NUMBER_ZA_ROW);

    if (row < ZA_ROWS) {
        return set_memory(cpu->env.zarray[row].d, 8, 32, entry, error);
    }
    return set_number(cpu, entry, error);
}

static int set_core(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    CPUARMState *env = &cpu->env;
    uint32_t control;
    uint64_t n;

    if (entry->id == ID_FPSR || entry->id == ID_FPCR) {
        if (set_memory(&control, 4, 1, entry, error)) {
            return -1;
        }
        entry->id == ID_FPSR ? vfp_set_fpsr(env, control) : vfp_set_fpcr(env, control);
        return 0;
    }
    for (n = 0; n < 31; n++) {
        if (entry->id == ID_X(n)) {
            return set_memory(&env->xregs[n], 8, 1, entry, error);
        }
    }
    for (n = 0; n < 32; n++) {
        if (entry->id == ID_V(n)) {
            return set_memory(env->vfp.zregs[n].d, 8, 2, entry, error);
        }
    }
    return set_number(cpu, entry, error);
}

static int set_sve(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    CPUARMState *env = &cpu->env;
    uint64_t n;

    for (n = 0; has_sve(cpu) && n < 32; n++) {
        if (entry->id == ID_Z(n)) {
            return set_memory(env->vfp.zregs[n].d, 8, 32, entry, error);
        }
        if (n <= FFR_PRED_NUM && entry->id == ID_P(n)) {
            return set_memory(env->vfp.pregs[n].p, 8, 4, entry, error);
        }
    }
    return fail_unknown(entry, error);
}

int ebb_cpu_register_set(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error)
{
    const struct field *field = find_field(entry->id);

    if (field) {
        return set_memory((uint8_t *)&cpu->env + field->offset, field->width, field->count, entry,
                          error);
    }
    if ((entry->id & EBB_REGISTER_SPACE) == EBB_REGISTER_SPACE) {
        return set_ebb_register(cpu, entry, error);
    }
    if ((entry->id & CP_REG_ARCH_MASK) == ID_ARCHITECTURE) {
        if ((entry->id & ID_GROUP_MASK) == ID_GROUP_CORE) {
            return set_core(cpu, entry, error);
        }
        if ((entry->id & ID_GROUP_MASK) == ID_GROUP_SVE) {
            return set_sve(cpu, entry, error);
        }
    }
    return set_system(cpu, entry, error);
}

int ebb_cpu_registers_set(ARMCPU *cpu, const struct ebb_register *registers, size_t count,
                          struct ebb_error *error)
{
    size_t i;

    cpu_reset(CPU(cpu));
    for (i = 0; i < count; i++) {
        if (ebb_cpu_register_set(cpu, &registers[i], error)) {
            return -1;
        }
    }
    return ebb_cpu_registers_settle(cpu, error);
}

int ebb_cpu_registers_settle(ARMCPU *cpu, struct ebb_error *error)
{
    CPUARMState *env = &cpu->env;

    load_working_copies(env);
    /* It indexes an array; the guest's own writes are masked. */
    env->cp15.csselr_s &= CSSELR_MASK;
    env->cp15.csselr_ns &= CSSELR_MASK;
    if (!is_a64(env) && (env->regs[15] & 1)) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "the keyframe's program counter %#" PRIx32 " is odd", env->regs[15]);
    }
    hw_breakpoint_update_all(cpu);
    hw_watchpoint_update_all(cpu);
    arm_rebuild_hflags(env);
    tlb_flush(CPU(cpu));
    return 0;
}
