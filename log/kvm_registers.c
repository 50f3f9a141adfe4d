/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kvm_registers.h"

#include "buffer.h"
#include "digest.h"

#include <string.h>

/* Ids as in Linux, arch/arm64/include/uapi/asm/kvm.h, and KVM API, section 4.68. */
#define ARM64 0x6000000000000000ull
#define SIZE_U32 0x0020000000000000ull
#define SIZE_U64 0x0030000000000000ull
#define SIZE_U128 0x0040000000000000ull

/* A core register, by its place in struct kvm_regs in units of 4 bytes. */
#define CORE(size, place) (ARM64 | (size) | 0x100000u | (place))
#define CORE_X(number) CORE(SIZE_U64, 2 * (number))
#define CORE_V(number) CORE(SIZE_U128, 0x54 + 4 * (number))
#define CORE_SP_EL0 CORE(SIZE_U64, 0x3e)
#define CORE_PC CORE(SIZE_U64, 0x40)
#define CORE_PSTATE CORE(SIZE_U64, 0x42)
#define CORE_SP_EL1 CORE(SIZE_U64, 0x44)
#define CORE_ELR_EL1 CORE(SIZE_U64, 0x46)
#define CORE_SPSR(number) CORE(SIZE_U64, 0x48 + 2 * (number))
#define CORE_FPSR CORE(SIZE_U32, 0xd4)
#define CORE_FPCR CORE(SIZE_U32, 0xd5)

#define SYSTEM(op0, op1, crn, crm, op2)                                                            \
    (ARM64 | SIZE_U64 | 0x130000u | (op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define CSSELR_EL1 SYSTEM(3, 2, 0, 0, 0)
#define SCTLR_EL1 SYSTEM(3, 0, 1, 0, 0)
#define CPACR_EL1 SYSTEM(3, 0, 1, 0, 2)
#define TTBR0_EL1 SYSTEM(3, 0, 2, 0, 0)
#define TTBR1_EL1 SYSTEM(3, 0, 2, 0, 1)
#define TCR_EL1 SYSTEM(3, 0, 2, 0, 2)
#define MDSCR_EL1 SYSTEM(2, 0, 0, 2, 2)
#define DACR32_EL2 SYSTEM(3, 4, 3, 0, 0)
#define IFSR32_EL2 SYSTEM(3, 4, 5, 0, 1)
#define AFSR0_EL1 SYSTEM(3, 0, 5, 1, 0)
#define AFSR1_EL1 SYSTEM(3, 0, 5, 1, 1)
#define ESR_EL1 SYSTEM(3, 0, 5, 2, 0)
#define FPEXC32_EL2 SYSTEM(3, 4, 5, 3, 0)
#define FAR_EL1 SYSTEM(3, 0, 6, 0, 0)
#define PAR_EL1 SYSTEM(3, 0, 7, 4, 0)
#define MAIR_EL1 SYSTEM(3, 0, 10, 2, 0)
#define AMAIR_EL1 SYSTEM(3, 0, 10, 3, 0)
#define VBAR_EL1 SYSTEM(3, 0, 12, 0, 0)
#define CONTEXTIDR_EL1 SYSTEM(3, 0, 13, 0, 1)
#define TPIDR_EL1 SYSTEM(3, 0, 13, 0, 4)
#define TPIDR_EL0 SYSTEM(3, 3, 13, 0, 2)
#define TPIDRRO_EL0 SYSTEM(3, 3, 13, 0, 3)
#define CNTKCTL_EL1 SYSTEM(3, 0, 14, 1, 0)

#define WHOLE UINT64_MAX
/* In AArch32 state most registers are the lower half of the AArch64 ones; the rest is unknown. */
#define LOW 0xffffffffu
/* What selects a cache; KVM keeps what was above it at reset, which the guest cannot read. */
#define SELECTION 0xfu

#define X(number, mask)                                                                            \
    {                                                                                              \
        CORE_X(number), "X" #number, mask                                                          \
    }
#define V(number)                                                                                  \
    {                                                                                              \
        CORE_V(number), "V" #number, WHOLE                                                         \
    }
#define R(name, mask)                                                                              \
    {                                                                                              \
        name, #name, mask                                                                          \
    }

/* clang-format off */
static const struct ebb_kvm_register aarch64_registers[] = {
    X(0, WHOLE), X(1, WHOLE), X(2, WHOLE), X(3, WHOLE), X(4, WHOLE), X(5, WHOLE), X(6, WHOLE),
    X(7, WHOLE), X(8, WHOLE), X(9, WHOLE), X(10, WHOLE), X(11, WHOLE), X(12, WHOLE), X(13, WHOLE),
    X(14, WHOLE), X(15, WHOLE), X(16, WHOLE), X(17, WHOLE), X(18, WHOLE), X(19, WHOLE),
    X(20, WHOLE), X(21, WHOLE), X(22, WHOLE), X(23, WHOLE), X(24, WHOLE), X(25, WHOLE),
    X(26, WHOLE), X(27, WHOLE), X(28, WHOLE), X(29, WHOLE), X(30, WHOLE),
    {CORE_SP_EL0, "SP_EL0", WHOLE},
    {CORE_PC, "PC", WHOLE},
    {CORE_PSTATE, "PSTATE", EBB_ANCHOR_PSTATE},
    {CORE_SP_EL1, "SP_EL1", WHOLE},
    {CORE_ELR_EL1, "ELR_EL1", WHOLE},
    {CORE_SPSR(0), "SPSR_EL1", WHOLE},
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9), V(10), V(11), V(12), V(13), V(14),
    V(15), V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23), V(24), V(25), V(26), V(27),
    V(28), V(29), V(30), V(31),
    {CORE_FPSR, "FPSR", WHOLE},
    {CORE_FPCR, "FPCR", WHOLE},
    R(SCTLR_EL1, WHOLE),
    R(CPACR_EL1, WHOLE),
    R(TTBR0_EL1, WHOLE),
    R(TTBR1_EL1, WHOLE),
    R(TCR_EL1, WHOLE),
    R(ESR_EL1, WHOLE),
    R(AFSR0_EL1, WHOLE),
    R(AFSR1_EL1, WHOLE),
    R(FAR_EL1, WHOLE),
    R(MAIR_EL1, WHOLE),
    R(AMAIR_EL1, WHOLE),
    R(VBAR_EL1, WHOLE),
    R(CONTEXTIDR_EL1, WHOLE),
    R(TPIDR_EL0, WHOLE),
    R(TPIDRRO_EL0, WHOLE),
    R(TPIDR_EL1, WHOLE),
    R(CNTKCTL_EL1, WHOLE),
    R(PAR_EL1, WHOLE),
    R(CSSELR_EL1, SELECTION),
    R(MDSCR_EL1, WHOLE),
};

/*
 * X16 to X30 are the banked registers of the AArch32 modes; X15 is that of Hyp mode, which is not
 * the guest's. Of the SIMD registers there are sixteen of 128 bits.
 */
static const struct ebb_kvm_register aarch32_registers[] = {
    X(0, LOW), X(1, LOW), X(2, LOW), X(3, LOW), X(4, LOW), X(5, LOW), X(6, LOW), X(7, LOW),
    X(8, LOW), X(9, LOW), X(10, LOW), X(11, LOW), X(12, LOW), X(13, LOW), X(14, LOW), X(16, LOW),
    X(17, LOW), X(18, LOW), X(19, LOW), X(20, LOW), X(21, LOW), X(22, LOW), X(23, LOW), X(24, LOW),
    X(25, LOW), X(26, LOW), X(27, LOW), X(28, LOW), X(29, LOW), X(30, LOW),
    {CORE_PC, "PC", LOW},
    {CORE_PSTATE, "CPSR", EBB_ANCHOR_CPSR},
    {CORE_SPSR(0), "SPSR_svc", EBB_ANCHOR_CPSR},
    {CORE_SPSR(1), "SPSR_abt", EBB_ANCHOR_CPSR},
    {CORE_SPSR(2), "SPSR_und", EBB_ANCHOR_CPSR},
    {CORE_SPSR(3), "SPSR_irq", EBB_ANCHOR_CPSR},
    {CORE_SPSR(4), "SPSR_fiq", EBB_ANCHOR_CPSR},
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9), V(10), V(11), V(12), V(13), V(14),
    V(15),
    {CORE_FPSR, "FPSR", WHOLE},
    {CORE_FPCR, "FPCR", WHOLE},
    R(SCTLR_EL1, LOW),
    R(CPACR_EL1, LOW),
    R(TTBR0_EL1, WHOLE),
    R(TTBR1_EL1, WHOLE),
    R(TCR_EL1, LOW),
    R(ESR_EL1, LOW),
    R(AFSR0_EL1, LOW),
    R(AFSR1_EL1, LOW),
    R(FAR_EL1, WHOLE), /* DFAR and IFAR */
    R(MAIR_EL1, WHOLE), /* MAIR0 and MAIR1 */
    R(AMAIR_EL1, WHOLE),
    R(VBAR_EL1, LOW),
    R(CONTEXTIDR_EL1, LOW),
    R(TPIDR_EL0, LOW),
    R(TPIDRRO_EL0, LOW),
    R(TPIDR_EL1, LOW),
    R(CNTKCTL_EL1, LOW),
    R(PAR_EL1, WHOLE),
    R(CSSELR_EL1, SELECTION),
    R(MDSCR_EL1, LOW),
    R(DACR32_EL2, LOW),
    R(IFSR32_EL2, LOW),
    R(FPEXC32_EL2, LOW),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST_REGISTERS COUNT(aarch64_registers)
_Static_assert(COUNT(aarch32_registers) <= MOST_REGISTERS, "arrays below have too little room");

const struct ebb_kvm_register *ebb_kvm_registers(bool aarch64, size_t *count)
{
    *count = aarch64 ? COUNT(aarch64_registers) : COUNT(aarch32_registers);
    return aarch64 ? aarch64_registers : aarch32_registers;
}

static const struct ebb_register *find(const struct ebb_register *list, size_t count, uint64_t id)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

/* The value's lowest 8 bytes, masked. */
static uint64_t low_value(const struct ebb_register *reg, uint64_t mask)
{
    uint8_t bytes[8] = {0};

    memcpy(bytes, reg->value, reg->size < 8 ? reg->size : 8);
    return ebb_get_le64(bytes) & mask;
}

/* The register with a value that is masked, for which there is room at bytes. */
static struct ebb_register masked(const struct ebb_register *reg, uint64_t mask, uint8_t bytes[8])
{
    struct ebb_register result = *reg;

    if (mask != WHOLE && reg->size <= 8) {
        ebb_put_le64(bytes, low_value(reg, mask));
        result.value = bytes;
    }
    return result;
}

uint64_t ebb_digest_kvm_registers(const struct ebb_register *list, size_t count, bool aarch64)
{
    struct ebb_register found[MOST_REGISTERS];
    uint8_t bytes[MOST_REGISTERS][8];
    size_t wanted, found_count = 0, i;
    const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &wanted);

    for (i = 0; i < wanted; i++) {
        const struct ebb_register *reg = find(list, count, registers[i].id);

        if (reg) {
            found[found_count] = masked(reg, registers[i].mask, bytes[found_count]);
            found_count++;
        }
    }
    return ebb_digest_registers(found, found_count);
}

static bool same(const struct ebb_register *a, const struct ebb_register *b, uint64_t mask)
{
    uint8_t a_bytes[8], b_bytes[8];
    struct ebb_register left, right;

    if (!a || !b || a->size != b->size) {
        return a == b;
    }
    left = masked(a, mask, a_bytes);
    right = masked(b, mask, b_bytes);
    return memcmp(left.value, right.value, left.size) == 0;
}

const struct ebb_kvm_register *ebb_compare_kvm_registers(const struct ebb_register *a,
                                                         size_t a_count,
                                                         const struct ebb_register *b,
                                                         size_t b_count, bool aarch64,
                                                         uint64_t *a_value, uint64_t *b_value)
{
    size_t count, i;
    const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &count);

    for (i = 0; i < count; i++) {
        uint64_t mask = registers[i].mask;
        const struct ebb_register *left = find(a, a_count, registers[i].id);
        const struct ebb_register *right = find(b, b_count, registers[i].id);

        if (!same(left, right, mask)) {
            *a_value = left ? low_value(left, mask) : 0;
            *b_value = right ? low_value(right, mask) : 0;
            return &registers[i];
        }
    }
    return NULL;
}
