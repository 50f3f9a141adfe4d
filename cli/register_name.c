/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "register_name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Parts of an id (KVM API, section 4.68; Linux, arch/arm64/include/uapi/asm/kvm.h). */
#define ID_ARCHITECTURE 0xff00000000000000ull
#define ID_ARM 0x4000000000000000ull
#define ID_ARM64 0x6000000000000000ull
#define ID_SIZE 0x00f0000000000000ull
#define ID_U64 0x0030000000000000ull
#define ID_COPROCESSOR 0x0fff0000u
#define ID_CP15 0x000f0000u
#define ID_SYSREG 0x00130000u
#define ID_SECURE (1u << 29)

/* Registers whose encodings are numbered on; the first of them has the number first, which stands
 * in the name where the # is. */
struct row {
    uint16_t encoding;
    uint8_t count, first;
    const char *name;
};

#define A64(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define A32(opc1, crn, crm, opc2) ((crn) << 11 | (crm) << 7 | (opc1) << 3 | (opc2))
#define A32_64(opc1, crm) ((crm) << 7 | (opc1) << 3)

/* clang-format off: tables */
static const struct row rows_a64[] = {
    {A64(3, 3, 2, 4, 0), 1, 0, "RNDR"},
    {A64(3, 3, 2, 4, 1), 1, 0, "RNDRRS"},
    {A64(3, 0, 14, 1, 0), 1, 0, "CNTKCTL_EL1"},
    {A64(3, 3, 14, 0, 0), 1, 0, "CNTFRQ_EL0"},
    {A64(3, 3, 14, 0, 1), 1, 0, "CNTPCT_EL0"},
    {A64(3, 3, 14, 0, 2), 1, 0, "CNTVCT_EL0"},
    {A64(3, 3, 14, 0, 5), 1, 0, "CNTPCTSS_EL0"},
    {A64(3, 3, 14, 0, 6), 1, 0, "CNTVCTSS_EL0"},
    {A64(3, 3, 14, 2, 0), 1, 0, "CNTP_TVAL_EL0"},
    {A64(3, 3, 14, 2, 1), 1, 0, "CNTP_CTL_EL0"},
    {A64(3, 3, 14, 2, 2), 1, 0, "CNTP_CVAL_EL0"},
    {A64(3, 3, 14, 3, 0), 1, 0, "CNTV_TVAL_EL0"},
    {A64(3, 3, 14, 3, 1), 1, 0, "CNTV_CTL_EL0"},
    {A64(3, 3, 14, 3, 2), 1, 0, "CNTV_CVAL_EL0"},
    {A64(3, 4, 14, 0, 3), 1, 0, "CNTVOFF_EL2"},
    {A64(3, 4, 14, 0, 6), 1, 0, "CNTPOFF_EL2"},
    {A64(3, 4, 14, 1, 0), 1, 0, "CNTHCTL_EL2"},
    {A64(3, 4, 14, 2, 0), 1, 0, "CNTHP_TVAL_EL2"},
    {A64(3, 4, 14, 2, 1), 1, 0, "CNTHP_CTL_EL2"},
    {A64(3, 4, 14, 2, 2), 1, 0, "CNTHP_CVAL_EL2"},
    {A64(3, 4, 14, 3, 0), 1, 0, "CNTHV_TVAL_EL2"},
    {A64(3, 4, 14, 3, 1), 1, 0, "CNTHV_CTL_EL2"},
    {A64(3, 4, 14, 3, 2), 1, 0, "CNTHV_CVAL_EL2"},
    {A64(3, 4, 14, 4, 0), 1, 0, "CNTHVS_TVAL_EL2"},
    {A64(3, 4, 14, 4, 1), 1, 0, "CNTHVS_CTL_EL2"},
    {A64(3, 4, 14, 4, 2), 1, 0, "CNTHVS_CVAL_EL2"},
    {A64(3, 4, 14, 5, 0), 1, 0, "CNTHPS_TVAL_EL2"},
    {A64(3, 4, 14, 5, 1), 1, 0, "CNTHPS_CTL_EL2"},
    {A64(3, 4, 14, 5, 2), 1, 0, "CNTHPS_CVAL_EL2"},
    {A64(3, 5, 14, 1, 0), 1, 0, "CNTKCTL_EL12"},
    {A64(3, 5, 14, 2, 0), 1, 0, "CNTP_TVAL_EL02"},
    {A64(3, 5, 14, 2, 1), 1, 0, "CNTP_CTL_EL02"},
    {A64(3, 5, 14, 2, 2), 1, 0, "CNTP_CVAL_EL02"},
    {A64(3, 5, 14, 3, 0), 1, 0, "CNTV_TVAL_EL02"},
    {A64(3, 5, 14, 3, 1), 1, 0, "CNTV_CTL_EL02"},
    {A64(3, 5, 14, 3, 2), 1, 0, "CNTV_CVAL_EL02"},
    {A64(3, 7, 14, 2, 0), 1, 0, "CNTPS_TVAL_EL1"},
    {A64(3, 7, 14, 2, 1), 1, 0, "CNTPS_CTL_EL1"},
    {A64(3, 7, 14, 2, 2), 1, 0, "CNTPS_CVAL_EL1"},
    {A64(3, 3, 9, 12, 0), 1, 0, "PMCR_EL0"},
    {A64(3, 3, 9, 12, 1), 1, 0, "PMCNTENSET_EL0"},
    {A64(3, 3, 9, 12, 2), 1, 0, "PMCNTENCLR_EL0"},
    {A64(3, 3, 9, 12, 3), 1, 0, "PMOVSCLR_EL0"},
    {A64(3, 3, 9, 12, 4), 1, 0, "PMSWINC_EL0"},
    {A64(3, 3, 9, 12, 5), 1, 0, "PMSELR_EL0"},
    {A64(3, 3, 9, 12, 6), 1, 0, "PMCEID0_EL0"},
    {A64(3, 3, 9, 12, 7), 1, 0, "PMCEID1_EL0"},
    {A64(3, 3, 9, 13, 0), 1, 0, "PMCCNTR_EL0"},
    {A64(3, 3, 9, 13, 1), 1, 0, "PMXEVTYPER_EL0"},
    {A64(3, 3, 9, 13, 2), 1, 0, "PMXEVCNTR_EL0"},
    {A64(3, 3, 9, 14, 0), 1, 0, "PMUSERENR_EL0"},
    {A64(3, 3, 9, 14, 3), 1, 0, "PMOVSSET_EL0"},
    {A64(3, 0, 9, 14, 1), 1, 0, "PMINTENSET_EL1"},
    {A64(3, 0, 9, 14, 2), 1, 0, "PMINTENCLR_EL1"},
    {A64(3, 0, 9, 14, 6), 1, 0, "PMMIR_EL1"},
    {A64(3, 3, 14, 8, 0), 31, 0, "PMEVCNTR#_EL0"},
    {A64(3, 3, 14, 12, 0), 31, 0, "PMEVTYPER#_EL0"},
    {A64(3, 3, 14, 15, 7), 1, 0, "PMCCFILTR_EL0"},
    {A64(3, 0, 4, 6, 0), 1, 0, "ICC_PMR_EL1"},
    {A64(3, 0, 12, 8, 0), 1, 0, "ICC_IAR0_EL1"},
    {A64(3, 0, 12, 8, 1), 1, 0, "ICC_EOIR0_EL1"},
    {A64(3, 0, 12, 8, 2), 1, 0, "ICC_HPPIR0_EL1"},
    {A64(3, 0, 12, 8, 3), 1, 0, "ICC_BPR0_EL1"},
    {A64(3, 0, 12, 8, 4), 4, 0, "ICC_AP0R#_EL1"},
    {A64(3, 0, 12, 9, 0), 4, 0, "ICC_AP1R#_EL1"},
    {A64(3, 0, 12, 9, 5), 1, 0, "ICC_NMIAR1_EL1"},
    {A64(3, 0, 12, 11, 1), 1, 0, "ICC_DIR_EL1"},
    {A64(3, 0, 12, 11, 3), 1, 0, "ICC_RPR_EL1"},
    {A64(3, 0, 12, 11, 5), 1, 0, "ICC_SGI1R_EL1"},
    {A64(3, 0, 12, 11, 6), 1, 0, "ICC_ASGI1R_EL1"},
    {A64(3, 0, 12, 11, 7), 1, 0, "ICC_SGI0R_EL1"},
    {A64(3, 0, 12, 12, 0), 1, 0, "ICC_IAR1_EL1"},
    {A64(3, 0, 12, 12, 1), 1, 0, "ICC_EOIR1_EL1"},
    {A64(3, 0, 12, 12, 2), 1, 0, "ICC_HPPIR1_EL1"},
    {A64(3, 0, 12, 12, 3), 1, 0, "ICC_BPR1_EL1"},
    {A64(3, 0, 12, 12, 4), 1, 0, "ICC_CTLR_EL1"},
    {A64(3, 0, 12, 12, 5), 1, 0, "ICC_SRE_EL1"},
    {A64(3, 0, 12, 12, 6), 1, 0, "ICC_IGRPEN0_EL1"},
    {A64(3, 0, 12, 12, 7), 1, 0, "ICC_IGRPEN1_EL1"},
    {A64(3, 4, 12, 9, 5), 1, 0, "ICC_SRE_EL2"},
    {A64(3, 6, 12, 12, 4), 1, 0, "ICC_CTLR_EL3"},
    {A64(3, 6, 12, 12, 5), 1, 0, "ICC_SRE_EL3"},
    {A64(3, 6, 12, 12, 7), 1, 0, "ICC_IGRPEN1_EL3"},
    {A64(3, 4, 12, 8, 0), 4, 0, "ICH_AP0R#_EL2"},
    {A64(3, 4, 12, 9, 0), 4, 0, "ICH_AP1R#_EL2"},
    {A64(3, 4, 12, 11, 0), 1, 0, "ICH_HCR_EL2"},
    {A64(3, 4, 12, 11, 1), 1, 0, "ICH_VTR_EL2"},
    {A64(3, 4, 12, 11, 2), 1, 0, "ICH_MISR_EL2"},
    {A64(3, 4, 12, 11, 3), 1, 0, "ICH_EISR_EL2"},
    {A64(3, 4, 12, 11, 5), 1, 0, "ICH_ELRSR_EL2"},
    {A64(3, 4, 12, 11, 7), 1, 0, "ICH_VMCR_EL2"},
    {A64(3, 4, 12, 12, 0), 16, 0, "ICH_LR#_EL2"},
};

static const struct row rows_a32[] = {
    {A32(0, 14, 0, 0), 1, 0, "CNTFRQ"},       {A32(0, 14, 1, 0), 1, 0, "CNTKCTL"},
    {A32(0, 14, 2, 0), 1, 0, "CNTP_TVAL"},    {A32(0, 14, 2, 1), 1, 0, "CNTP_CTL"},
    {A32(0, 14, 3, 0), 1, 0, "CNTV_TVAL"},    {A32(0, 14, 3, 1), 1, 0, "CNTV_CTL"},
    {A32(4, 14, 1, 0), 1, 0, "CNTHCTL"},      {A32(4, 14, 2, 0), 1, 0, "CNTHP_TVAL"},
    {A32(4, 14, 2, 1), 1, 0, "CNTHP_CTL"},    {A32(0, 9, 12, 0), 1, 0, "PMCR"},
    {A32(0, 9, 12, 1), 1, 0, "PMCNTENSET"},   {A32(0, 9, 12, 2), 1, 0, "PMCNTENCLR"},
    {A32(0, 9, 12, 3), 1, 0, "PMOVSR"},       {A32(0, 9, 12, 4), 1, 0, "PMSWINC"},
    {A32(0, 9, 12, 5), 1, 0, "PMSELR"},       {A32(0, 9, 12, 6), 1, 0, "PMCEID0"},
    {A32(0, 9, 12, 7), 1, 0, "PMCEID1"},      {A32(0, 9, 13, 0), 1, 0, "PMCCNTR"},
    {A32(0, 9, 13, 1), 1, 0, "PMXEVTYPER"},   {A32(0, 9, 13, 2), 1, 0, "PMXEVCNTR"},
    {A32(0, 9, 14, 0), 1, 0, "PMUSERENR"},    {A32(0, 9, 14, 1), 1, 0, "PMINTENSET"},
    {A32(0, 9, 14, 2), 1, 0, "PMINTENCLR"},   {A32(0, 9, 14, 3), 1, 0, "PMOVSSET"},
    {A32(0, 9, 14, 4), 1, 0, "PMCEID2"},      {A32(0, 9, 14, 5), 1, 0, "PMCEID3"},
    {A32(0, 9, 14, 6), 1, 0, "PMMIR"},        {A32(0, 14, 8, 0), 8, 0, "PMEVCNTR#"},
    {A32(0, 14, 9, 0), 8, 8, "PMEVCNTR#"},    {A32(0, 14, 10, 0), 8, 16, "PMEVCNTR#"},
    {A32(0, 14, 11, 0), 7, 24, "PMEVCNTR#"},  {A32(0, 14, 12, 0), 8, 0, "PMEVTYPER#"},
    {A32(0, 14, 13, 0), 8, 8, "PMEVTYPER#"},  {A32(0, 14, 14, 0), 8, 16, "PMEVTYPER#"},
    {A32(0, 14, 15, 0), 7, 24, "PMEVTYPER#"}, {A32(0, 14, 15, 7), 1, 0, "PMCCFILTR"},
    {A32(0, 4, 6, 0), 1, 0, "ICC_PMR"},       {A32(0, 12, 8, 0), 1, 0, "ICC_IAR0"},
    {A32(0, 12, 8, 1), 1, 0, "ICC_EOIR0"},    {A32(0, 12, 8, 2), 1, 0, "ICC_HPPIR0"},
    {A32(0, 12, 8, 3), 1, 0, "ICC_BPR0"},     {A32(0, 12, 8, 4), 4, 0, "ICC_AP0R#"},
    {A32(0, 12, 9, 0), 4, 0, "ICC_AP1R#"},    {A32(0, 12, 11, 1), 1, 0, "ICC_DIR"},
    {A32(0, 12, 11, 3), 1, 0, "ICC_RPR"},     {A32(0, 12, 12, 0), 1, 0, "ICC_IAR1"},
    {A32(0, 12, 12, 1), 1, 0, "ICC_EOIR1"},   {A32(0, 12, 12, 2), 1, 0, "ICC_HPPIR1"},
    {A32(0, 12, 12, 3), 1, 0, "ICC_BPR1"},    {A32(0, 12, 12, 4), 1, 0, "ICC_CTLR"},
    {A32(0, 12, 12, 5), 1, 0, "ICC_SRE"},     {A32(0, 12, 12, 6), 1, 0, "ICC_IGRPEN0"},
    {A32(0, 12, 12, 7), 1, 0, "ICC_IGRPEN1"}, {A32(4, 12, 9, 5), 1, 0, "ICC_HSRE"},
    {A32(6, 12, 12, 4), 1, 0, "ICC_MCTLR"},   {A32(6, 12, 12, 5), 1, 0, "ICC_MSRE"},
    {A32(6, 12, 12, 7), 1, 0, "ICC_MGRPEN1"}, {A32(4, 12, 8, 0), 4, 0, "ICH_AP0R#"},
    {A32(4, 12, 9, 0), 4, 0, "ICH_AP1R#"},    {A32(4, 12, 11, 0), 1, 0, "ICH_HCR"},
    {A32(4, 12, 11, 1), 1, 0, "ICH_VTR"},     {A32(4, 12, 11, 2), 1, 0, "ICH_MISR"},
    {A32(4, 12, 11, 3), 1, 0, "ICH_EISR"},    {A32(4, 12, 11, 5), 1, 0, "ICH_ELRSR"},
    {A32(4, 12, 11, 7), 1, 0, "ICH_VMCR"},    {A32(4, 12, 12, 0), 8, 0, "ICH_LR#"},
    {A32(4, 12, 13, 0), 8, 8, "ICH_LR#"},     {A32(4, 12, 14, 0), 8, 0, "ICH_LRC#"},
    {A32(4, 12, 15, 0), 8, 8, "ICH_LRC#"},
};

static const struct row rows_a32_64[] = {
    {A32_64(0, 9), 1, 0, "PMCCNTR"},     {A32_64(0, 14), 1, 0, "CNTPCT"},
    {A32_64(1, 14), 1, 0, "CNTVCT"},     {A32_64(2, 14), 1, 0, "CNTP_CVAL"},
    {A32_64(3, 14), 1, 0, "CNTV_CVAL"},  {A32_64(4, 14), 1, 0, "CNTVOFF"},
    {A32_64(6, 14), 1, 0, "CNTHP_CVAL"}, {A32_64(8, 14), 1, 0, "CNTPCTSS"},
    {A32_64(9, 14), 1, 0, "CNTVCTSS"},   {A32_64(0, 12), 1, 0, "ICC_SGI1R"},
    {A32_64(1, 12), 1, 0, "ICC_ASGI1R"}, {A32_64(2, 12), 1, 0, "ICC_SGI0R"},
};
/* clang-format on */

/* Writes the name of the row that has the encoding; false: none has. */
static bool find(const struct row *rows, size_t count, uint16_t encoding, char *buffer)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        const char *number = strchr(row->name, '#');

        if (encoding < row->encoding || encoding - row->encoding >= row->count) {
            continue;
        }
        if (number) {
            snprintf(buffer, REGISTER_NAME_SIZE, "%.*s%d%s", (int)(number - row->name), row->name,
                     row->first + encoding - row->encoding, number + 1);
        } else {
            snprintf(buffer, REGISTER_NAME_SIZE, "%s", row->name);
        }
        return true;
    }
    return false;
}

#define FIND(rows, encoding, buffer) find(rows, sizeof(rows) / sizeof(rows[0]), encoding, buffer)

static void name_a64(uint16_t encoding, char *buffer)
{
    if (!FIND(rows_a64, encoding, buffer)) {
        snprintf(buffer, REGISTER_NAME_SIZE, "S%u_%u_C%u_C%u_%u", encoding >> 14,
                 encoding >> 11 & 7u, encoding >> 7 & 15u, encoding >> 3 & 15u, encoding & 7u);
    }
}

static void name_a32(uint16_t encoding, bool wide, char *buffer)
{
    unsigned opc1 = encoding >> 3 & 15u, crn = encoding >> 11 & 15u, crm = encoding >> 7 & 15u;

    if (wide && !FIND(rows_a32_64, encoding, buffer)) {
        snprintf(buffer, REGISTER_NAME_SIZE, "p15,%u,c%u", opc1, crm);
    } else if (!wide && !FIND(rows_a32, encoding, buffer)) {
        snprintf(buffer, REGISTER_NAME_SIZE, "p15,%u,c%u,c%u,%u", opc1, crn, crm, encoding & 7u);
    }
}

const char *register_name_of(uint64_t id, char buffer[REGISTER_NAME_SIZE])
{
    uint64_t architecture = id & ID_ARCHITECTURE;

    if (architecture == ID_ARM64 && (id & ID_COPROCESSOR) == ID_SYSREG) {
        name_a64((uint16_t)id, buffer);
    } else if (architecture == ID_ARM && (id & ID_COPROCESSOR) == ID_CP15) {
        name_a32((uint16_t)id, (id & ID_SIZE) == ID_U64, buffer);
        if (id & ID_SECURE) {
            strncat(buffer, "(S)", REGISTER_NAME_SIZE - strlen(buffer) - 1);
        }
    } else {
        snprintf(buffer, REGISTER_NAME_SIZE, "0x%08" PRIx64, id);
    }
    return buffer;
}
