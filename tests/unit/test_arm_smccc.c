/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KVM's answers to hypercalls: Linux, arch/arm64/kvm/psci.c and hypercalls.c. */
#include "unit.h"

#include "ebb/arm/smccc.h"

#define PSCI_1_1 0x10001u
#define MPIDR 0x80000000u

static struct smccc_host host = {PSCI_1_1, MPIDR, false, {0, 1, 3, 2}};

static int64_t call(uint64_t function, uint64_t argument, enum smccc_effect expected)
{
    uint64_t arguments[4] = {function, argument, 0, 77};
    uint64_t results[4];

    assert_int_equal(smccc_answer(&host, arguments, results), expected);
    assert_int_equal(results[3], 0);
    return (int64_t)results[0];
}

static void test_psci(void **state)
{
    (void)state;
    assert_int_equal(call(0x84000000, 0, SMCCC_RETURNS), PSCI_1_1);
    assert_int_equal(call(0x84000006, 0, SMCCC_RETURNS), 2);
    assert_int_equal(call(0xc4000003, MPIDR & 0xff, SMCCC_RETURNS), -4);
    assert_int_equal(call(0xc4000003, 1, SMCCC_RETURNS), -2);
    assert_int_equal(call(0xc4000004, 0, SMCCC_RETURNS), 0);
    assert_int_equal(call(0xc4000001, 0, SMCCC_WAITS), 0);
    assert_int_equal(call(0x84000008, 0, SMCCC_OFF), -6);
    assert_int_equal(call(0x84000009, 0, SMCCC_RESETS), -6);
    assert_int_equal(call(0xc4000012, 0, SMCCC_RESETS), -6);
    assert_int_equal(call(0xc4000012, 5, SMCCC_RETURNS), -2);
    assert_int_equal(call(0x84000030, 0, SMCCC_RETURNS), -1);
}

static void test_features(void **state)
{
    (void)state;
    assert_int_equal(call(0x80000000, 0, SMCCC_RETURNS), 0x10001);
    assert_int_equal(call(0x8400000a, 0xc4000003, SMCCC_RETURNS), 0);
    assert_int_equal(call(0x8400000a, 0x80000000, SMCCC_RETURNS), 0);
    assert_int_equal(call(0x8400000a, 0x8400000e, SMCCC_RETURNS), -1);
    assert_int_equal(call(0x80000001, 0x80008000, SMCCC_RETURNS), 0);
    assert_int_equal(call(0x80000001, 0x80007fff, SMCCC_RETURNS), -2);
    assert_int_equal(call(0x80000001, 0x80003fff, SMCCC_RETURNS), 1);
    assert_int_equal(call(0x80000001, 0x84000050, SMCCC_RETURNS), -1);
}

static void test_32_bit_guests_have_no_64_bit_calls(void **state)
{
    (void)state;
    host.aarch32 = true;
    assert_int_equal(call(0xc4000003, 0, SMCCC_RETURNS), -1);
    assert_int_equal(call(0x8400000a, 0xc4000003, SMCCC_RETURNS), -1);
    assert_int_equal(call(0x84000003, 0, SMCCC_RETURNS), -4);
    host.aarch32 = false;
}

/* The exception vector answers, and keeps what it does not use. */
static void test_workaround_keeps_registers(void **state)
{
    uint64_t arguments[4] = {0x80008000, 1, 2, 3};
    uint64_t results[4];

    (void)state;
    assert_int_equal(smccc_answer(&host, arguments, results), SMCCC_RETURNS);
    assert_int_equal(results[0], 0);
    assert_int_equal(results[1], 0);
    assert_int_equal(results[2], 2);
    assert_int_equal(results[3], 3);
    assert_true(smccc_is_architecture_call(0x80008000));
    assert_false(smccc_is_architecture_call(0x84000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_psci),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_32_bit_guests_have_no_64_bit_calls),
        cmocka_unit_test(test_workaround_keeps_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
