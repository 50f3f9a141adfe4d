/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of system registers, against the encodings that the Arm ARM gives them. */
#include "cli/register_name.h"

#include "unit.h"

#include <string.h>

/* Ids as KVM has them (KVM API, section 4.68). */
static uint64_t a64(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return 0x6030000000130000ull | op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
}

static uint64_t a32(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
    return 0x40200000000f0000ull | crn << 11 | crm << 7 | opc1 << 3 | opc2;
}

static uint64_t a32_wide(unsigned opc1, unsigned crm)
{
    return 0x40300000000f0000ull | crm << 7 | opc1 << 3;
}

static void test_names(void **state)
{
    const struct {
        uint64_t id;
        const char *name;
    } registers[] = {
        {a64(3, 3, 14, 0, 2), "CNTVCT_EL0"},
        {a64(3, 3, 14, 3, 1), "CNTV_CTL_EL0"},
        {a64(3, 3, 14, 2, 2), "CNTP_CVAL_EL0"},
        {a64(3, 4, 14, 3, 2), "CNTHV_CVAL_EL2"},
        {a64(3, 3, 2, 4, 1), "RNDRRS"},
        {a64(3, 3, 9, 13, 0), "PMCCNTR_EL0"},
        {a64(3, 0, 9, 14, 1), "PMINTENSET_EL1"},
        {a64(3, 3, 14, 8, 0), "PMEVCNTR0_EL0"},
        {a64(3, 3, 14, 11, 6), "PMEVCNTR30_EL0"},
        {a64(3, 3, 14, 13, 2), "PMEVTYPER10_EL0"},
        {a64(3, 3, 14, 15, 7), "PMCCFILTR_EL0"},
        {a64(3, 0, 4, 6, 0), "ICC_PMR_EL1"},
        {a64(3, 0, 12, 12, 0), "ICC_IAR1_EL1"},
        {a64(3, 0, 12, 12, 1), "ICC_EOIR1_EL1"},
        {a64(3, 0, 12, 8, 6), "ICC_AP0R2_EL1"},
        {a64(3, 4, 12, 13, 7), "ICH_LR15_EL2"},
        {a64(3, 3, 14, 7, 5), "S3_3_C14_C7_5"},
        {a32(0, 14, 3, 1), "CNTV_CTL"},
        {a32(0, 14, 2, 0), "CNTP_TVAL"},
        {a32(0, 14, 2, 1) | 1u << 29, "CNTP_CTL(S)"},
        {a32(0, 9, 12, 3), "PMOVSR"},
        {a32(0, 14, 10, 7), "PMEVCNTR23"},
        {a32(0, 12, 12, 0), "ICC_IAR1"},
        {a32(6, 12, 12, 5), "ICC_MSRE"},
        {a32(0, 14, 7, 5), "p15,0,c14,c7,5"},
        {a32_wide(1, 14), "CNTVCT"},
        {a32_wide(3, 14), "CNTV_CVAL"},
        {a32_wide(0, 12), "ICC_SGI1R"},
        {a32_wide(7, 2), "p15,7,c2"},
        {0xebb0000000000001ull, "0xebb0000000000001"},
        {0x40200000000e0000ull, "0x40200000000e0000"},
    };
    char buffer[REGISTER_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        assert_string_equal(register_name_of(registers[i].id, buffer), registers[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
