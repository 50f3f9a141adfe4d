/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace says of an instruction: whether it passes its condition, whose registers it sees. */
#include "cli/exports/conditional.h"
#include "cli/exports/visible_registers.h"

#include "unit.h"

#define ALL_FLAGS 16u
#define CONDITIONS 16u
#define ZERO_FLAG 0x40000000u

/* Arm ARM, F1.3.1. */
static bool holds(uint32_t condition, uint32_t flags)
{
    bool n = flags & 8, z = flags & 4, c = flags & 2, v = flags & 1;
    bool results[CONDITIONS] = {
        z,       !z,     c,      !c,           n,           !n,   v,    !v, c && !z,
        !c || z, n == v, n != v, !z && n == v, z || n != v, true, true,
    };

    return results[condition];
}

static void test_conditions(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ALL_FLAGS * CONDITIONS; i++) {
        uint32_t flags = i / CONDITIONS, condition = i % CONDITIONS;
        bool passes = holds(condition, flags);

        assert_int_equal(
            conditional_passes(DISASSEMBLY_A64, 0x54000000 | condition, 4, flags << 28), passes);
        assert_int_equal(conditional_passes(DISASSEMBLY_A32, condition << 28, 4, flags << 28),
                         passes);
        assert_int_equal(
            conditional_passes(DISASSEMBLY_T32, 0xd000 | condition << 8, 2, flags << 28), passes);
        assert_int_equal(
            conditional_passes(DISASSEMBLY_T32, 0xf0008000 | condition << 22, 4, flags << 28),
            passes);
    }
}

static void test_without_condition(void **state)
{
    (void)state;
    assert_true(conditional_passes(DISASSEMBLY_A64, 0x9a8103e0, 4, 0)); /* CSEL executes */
    assert_true(conditional_passes(DISASSEMBLY_T32, 0x2000, 2, 0));     /* MOVS */
    assert_true(conditional_passes(DISASSEMBLY_T32, 0xf000b800, 4, 0)); /* B.W */
}

/* ITSTATE 0x08 is the last instruction of "IT EQ", 0x18 the same of NE; its two lowest bits are the
 * CPSR's 26 and 25. */
static void test_it_block(void **state)
{
    (void)state;
    assert_false(conditional_passes(DISASSEMBLY_T32, 0x2000, 2, 0x08 << 8));
    assert_true(conditional_passes(DISASSEMBLY_T32, 0x2000, 2, 0x08 << 8 | ZERO_FLAG));
    assert_true(conditional_passes(DISASSEMBLY_T32, 0x2000, 2, 0x18 << 8));
    assert_false(conditional_passes(DISASSEMBLY_T32, 0xf04f0000, 4, 0x1 << 25));
}

static uint64_t registers[32];

static struct timeline_row row_of(size_t count, uint32_t cpsr)
{
    for (size_t i = 0; i < 32; i++) {
        registers[i] = 0xffffffff00000100 + i;
    }
    return (struct timeline_row){
        .registers = registers, .register_count = count, .state = cpsr, .stack = 0x77};
}

static void check(const struct visible_registers *visible, unsigned number, const char *name,
                  uint64_t value)
{
    char found[VISIBLE_NAME_SIZE];

    assert_true(visible->known >> number & 1);
    visible_register_name(visible, number, found);
    assert_string_equal(found, name);
    assert_int_equal(visible->values[number], value);
}

static void test_aarch64(void **state)
{
    static const struct {
        uint32_t mode;
        const char *name;
    } stacks[] = {{0, "SP_EL0"}, {4, "SP_EL0"}, {5, "SP_EL1"}, {9, "SP_EL2"}, {0xd, "SP_EL3"}};
    struct visible_registers visible;

    (void)state;
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        struct timeline_row row = row_of(32, 0xf0000000 | stacks[i].mode);

        visible_registers_of(&row, &visible);
        check(&visible, 0, "X0", 0xffffffff00000100);
        check(&visible, 30, "X30", 0xffffffff0000011e);
        check(&visible, 31, stacks[i].name, 0xffffffff0000011f);
    }
}

/* Arm ARM, D1.20.1. */
static void test_modes_on_aarch64(void **state)
{
    static const struct {
        uint32_t mode;
        const char *stack, *link;
        unsigned stack_at, link_at;
    } modes[] = {
        {0x10, "r13_usr", "r14_usr", 13, 14}, {0x1f, "r13_usr", "r14_usr", 13, 14},
        {0x12, "r13_irq", "r14_irq", 17, 16}, {0x13, "r13_svc", "r14_svc", 19, 18},
        {0x17, "r13_abt", "r14_abt", 21, 20}, {0x1b, "r13_und", "r14_und", 23, 22},
        {0x11, "r13_fiq", "r14_fiq", 29, 30}, {0x1a, "r13_hyp", "r14_hyp", 15, 14},
    };
    struct visible_registers visible;

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct timeline_row row = row_of(32, modes[i].mode);
        bool fiq = modes[i].mode == 0x11;

        visible_registers_of(&row, &visible);
        check(&visible, 7, "r7", 0x107);
        check(&visible, 8, fiq ? "r8_fiq" : "r8", fiq ? 0x118 : 0x108);
        check(&visible, 13, modes[i].stack, 0x100 + modes[i].stack_at);
        check(&visible, 14, modes[i].link, 0x100 + modes[i].link_at);
        assert_int_equal(visible.known >> 15, 0);
    }
}

/* Of a CPU without AArch64 a row has what the handler's mode sees. */
static void test_interrupted(void **state)
{
    struct timeline_row row = row_of(15, 0x12);
    struct visible_registers visible;

    (void)state;
    row.mode = 0x13;
    row.to_mode = 0x12;
    visible_registers_interrupted(&row, &visible);
    assert_int_equal(visible.known, 0x3fff);
    check(&visible, 12, "r12", 0x10c);
    check(&visible, 13, "r13_svc", 0x77);
    row.to_mode = 0x11;
    visible_registers_interrupted(&row, &visible);
    assert_int_equal(visible.known, 0x20ff);
    row = row_of(32, 5);
    visible_registers_interrupted(&row, &visible);
    assert_int_equal(visible.known, UINT32_MAX);
    check(&visible, 31, "SP_EL0", 0x77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),       cmocka_unit_test(test_without_condition),
        cmocka_unit_test(test_it_block),         cmocka_unit_test(test_aarch64),
        cmocka_unit_test(test_modes_on_aarch64), cmocka_unit_test(test_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
