/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "target/arm/cpregs.h"
#include "ebb/tables.h"
#include "regime.h"

/* Those of which QEMU does not empty the whole TLB at each change, and the bits that matter. */
static const struct {
    const char *name;
    uint64_t bits;
    bool lower; /* only addresses of the lower half depend on it */
} registers[] = {
    {"TTBR0_EL1", UINT64_MAX, .lower = true},
    {"TTBR1_EL1", UINT64_MAX},
    {"TTBR0_EL12", UINT64_MAX, .lower = true},
    {"TTBR1_EL12", UINT64_MAX},
    {"TTBR0", UINT64_MAX, .lower = true},
    {"TTBR1", UINT64_MAX},
    {"TTBCR", UINT64_MAX},
    {"TTBCR2", UINT64_MAX},
    {"MAIR_EL1", UINT64_MAX},
    {"MAIR_EL12", UINT64_MAX},
    {"MAIR0", UINT64_MAX},
    {"MAIR1", UINT64_MAX},
    {"TTBR0_EL2", UINT64_MAX, .lower = true},
    {"TTBR1_EL2", UINT64_MAX},
    {"HTTBR", UINT64_MAX},
    {"MAIR_EL2", UINT64_MAX},
    {"HMAIR1", UINT64_MAX},
    {"VTTBR", UINT64_MAX},
    {"VTTBR_EL2", UINT64_MAX},
    {"VTCR", UINT64_MAX},
    {"VTCR_EL2", UINT64_MAX},
    {"VSTTBR_EL2", UINT64_MAX},
    {"VSTCR_EL2", UINT64_MAX},
    {"HCR", HCR_TGE},
    {"HCR_EL2", HCR_TGE | HCR_RW | HCR_E2H},
    {"TTBR0_EL3", UINT64_MAX, .lower = true},
    {"TCR_EL3", UINT64_MAX},
    {"MAIR_EL3", UINT64_MAX},
    {"SCR", SCR_SIF},
    {"SCR_EL3", SCR_SIF | SCR_RW | SCR_EEL2},
};

struct original {
    CPReadFn *read;
    CPWriteFn *write;
    uint64_t bits;
    bool lower;
};

/* Register accessors have no argument that could carry it: ARMCPRegInfo -> struct original. */
static GHashTable *originals;

static uint64_t read_field(CPUARMState *env, const ARMCPRegInfo *ri)
{
    return cpreg_field_is_64bit(ri) ? CPREG_FIELD64(env, ri) : CPREG_FIELD32(env, ri);
}

static void regime_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    const struct original *original = g_hash_table_lookup(originals, ri);
    uint64_t before = original->read(env, ri);

    original->write(env, ri, value);
    if (!((original->read(env, ri) ^ before) & original->bits)) {
        return;
    }
    if (original->lower) {
        ebb_tables_flush_lower(env_cpu(env));
    } else {
        ebb_tables_flush(env_cpu(env));
    }
}

static bool is_named(const ARMCPRegInfo *ri, const char *name)
{
    size_t length = strlen(name);

    /* The secure instance of an AArch32 register has the suffix "_S". */
    return strncmp(ri->name, name, length) == 0 &&
           (ri->name[length] == '\0' || strcmp(ri->name + length, "_S") == 0);
}

static void intercept(gpointer key, gpointer value, gpointer opaque)
{
    ARMCPRegInfo *ri = value;
    struct original *original;
    size_t i = 0;

    while (i < ARRAY_SIZE(registers) && !is_named(ri, registers[i].name)) {
        i++;
    }
    if (i == ARRAY_SIZE(registers) || !ri->fieldoffset ||
        (ri->type & (ARM_CP_CONST | ARM_CP_SPECIAL_MASK))) {
        return;
    }
    original = g_new(struct original, 1);
    original->read = ri->readfn ? ri->readfn : read_field;
    original->write = ri->writefn ? ri->writefn : raw_write;
    original->bits = registers[i].bits;
    original->lower = registers[i].lower;
    g_hash_table_insert(originals, ri, original);
    if (!ri->raw_writefn) {
        ri->raw_writefn = original->write;
    }
    ri->writefn = regime_write;
}

void ebb_regime_intercept(ARMCPU *cpu)
{
    originals = g_hash_table_new(NULL, NULL);
    g_hash_table_foreach(cpu->cp_regs, intercept, NULL);
}
