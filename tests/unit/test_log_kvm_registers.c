/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registers that a replay of a KVM recording reproduces. */
#include "log/kvm_registers.h"

#include "log/event.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* Ids as the documentation of KVM and the headers of Linux give them. */
static const struct {
    const char *name;
    uint64_t id;
    bool aarch64, aarch32;
} known[] = {
    {"X0", 0x6030000000100000, true, true},
    {"X15", 0x603000000010001e, true, false},
    {"X30", 0x603000000010003c, true, true},
    {"SP_EL0", 0x603000000010003e, true, false},
    {"PC", 0x6030000000100040, true, true},
    {"PSTATE", 0x6030000000100042, true, false},
    {"CPSR", 0x6030000000100042, false, true},
    {"SP_EL1", 0x6030000000100044, true, false},
    {"ELR_EL1", 0x6030000000100046, true, false},
    {"SPSR_EL1", 0x6030000000100048, true, false},
    {"SPSR_svc", 0x6030000000100048, false, true},
    {"SPSR_abt", 0x603000000010004a, false, true},
    {"SPSR_fiq", 0x6030000000100050, false, true},
    {"V0", 0x6040000000100054, true, true},
    {"V15", 0x6040000000100090, true, true},
    {"V31", 0x60400000001000d0, true, false},
    {"FPSR", 0x60200000001000d4, true, true},
    {"FPCR", 0x60200000001000d5, true, true},
    {"MDSCR_EL1", 0x6030000000138012, true, true},
    {"SCTLR_EL1", 0x603000000013c080, true, true},
    {"CPACR_EL1", 0x603000000013c082, true, true},
    {"TTBR0_EL1", 0x603000000013c100, true, true},
    {"TTBR1_EL1", 0x603000000013c101, true, true},
    {"TCR_EL1", 0x603000000013c102, true, true},
    {"AFSR0_EL1", 0x603000000013c288, true, true},
    {"AFSR1_EL1", 0x603000000013c289, true, true},
    {"ESR_EL1", 0x603000000013c290, true, true},
    {"FAR_EL1", 0x603000000013c300, true, true},
    {"PAR_EL1", 0x603000000013c3a0, true, true},
    {"MAIR_EL1", 0x603000000013c510, true, true},
    {"AMAIR_EL1", 0x603000000013c518, true, true},
    {"VBAR_EL1", 0x603000000013c600, true, true},
    {"CONTEXTIDR_EL1", 0x603000000013c681, true, true},
    {"TPIDR_EL1", 0x603000000013c684, true, true},
    {"CNTKCTL_EL1", 0x603000000013c708, true, true},
    {"CSSELR_EL1", 0x603000000013d000, true, true},
    {"TPIDR_EL0", 0x603000000013de82, true, true},
    {"TPIDRRO_EL0", 0x603000000013de83, true, true},
    {"DACR32_EL2", 0x603000000013e180, false, true},
    {"IFSR32_EL2", 0x603000000013e281, false, true},
    {"FPEXC32_EL2", 0x603000000013e298, false, true},
};

static const struct ebb_kvm_register *find(bool aarch64, const char *name)
{
    size_t count, i;
    const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &count);

    for (i = 0; i < count; i++) {
        if (strcmp(registers[i].name, name) == 0) {
            return &registers[i];
        }
    }
    return NULL;
}

static void test_known_ids(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct ebb_kvm_register *wide = find(true, known[i].name);
        const struct ebb_kvm_register *narrow = find(false, known[i].name);

        assert_int_equal(wide != NULL, known[i].aarch64);
        assert_int_equal(narrow != NULL, known[i].aarch32);
        assert_true(!wide || wide->id == known[i].id);
        assert_true(!narrow || narrow->id == known[i].id);
    }
    assert_int_equal(find(true, "PSTATE")->mask, EBB_ANCHOR_PSTATE);
    assert_int_equal(find(false, "CPSR")->mask, EBB_ANCHOR_CPSR);
    assert_int_equal(find(true, "X0")->mask, UINT64_MAX);
    assert_int_equal(find(false, "X0")->mask, UINT32_MAX);
}

/* The numbered ones are all there, and nothing twice. */
static void test_tables(void **state)
{
    static const size_t counts[] = {30 + 7 + 16 + 2 + 23, 31 + 6 + 32 + 2 + 20};
    size_t count, i, k;

    (void)state;
    for (int aarch64 = 0; aarch64 < 2; aarch64++) {
        const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &count);

        assert_int_equal(count, counts[aarch64]);
        for (i = 0; i < count; i++) {
            assert_true(registers[i].mask != 0);
            for (k = 0; k < i; k++) {
                assert_true(registers[i].id != registers[k].id);
                assert_string_not_equal(registers[i].name, registers[k].name);
            }
        }
    }
}

/* A whole list of registers, and some that are not reproduced. */
#define LIST_MAX 128
struct list {
    struct ebb_register registers[LIST_MAX];
    uint8_t values[LIST_MAX][16];
    size_t count;
};

static void add(struct list *list, uint64_t id)
{
    struct ebb_register *reg = &list->registers[list->count];
    uint8_t *value = list->values[list->count];
    size_t i;

    assert_in_range(++list->count, 1, LIST_MAX);
    reg->id = id;
    reg->size = 1u << (id >> 52 & 15);
    reg->value = value;
    for (i = 0; i < 16; i++) {
        value[i] = id * 7 + i * 13;
    }
}

static struct list *make_list(bool aarch64)
{
    struct list *list = calloc(1, sizeof(*list));
    size_t count, i;
    const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &count);

    assert_non_null(list);
    add(list, 0x603000000013df1a); /* a timer */
    for (i = 0; i < count; i++) {
        add(list, registers[i].id);
    }
    add(list, 0x603000000013c000); /* MIDR_EL1 */
    return list;
}

static uint8_t *value_of(struct list *list, uint64_t id)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (list->registers[i].id == id) {
            return list->values[0] + (list->registers[i].value - list->values[0]);
        }
    }
    fail_msg("no such register");
    return NULL;
}

static void drop(struct list *list, uint64_t id)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (list->registers[i].id == id) {
            list->registers[i] = list->registers[--list->count];
        }
    }
}

static const struct ebb_kvm_register *compare(const struct list *a, const struct list *b,
                                              bool aarch64, uint64_t *left, uint64_t *right)
{
    return ebb_compare_kvm_registers(a->registers, a->count, b->registers, b->count, aarch64, left,
                                     right);
}

static void expect_same(const struct list *a, const struct list *b, bool aarch64)
{
    uint64_t left, right;

    assert_null(compare(a, b, aarch64, &left, &right));
    assert_true(ebb_digest_kvm_registers(a->registers, a->count, aarch64) ==
                ebb_digest_kvm_registers(b->registers, b->count, aarch64));
}

static void expect_difference(const struct list *a, const struct list *b, bool aarch64, uint64_t id)
{
    const struct ebb_kvm_register *found;
    uint64_t left, right;

    found = compare(a, b, aarch64, &left, &right);
    assert_non_null(found);
    assert_true(found->id == id);
    assert_true(ebb_digest_kvm_registers(a->registers, a->count, aarch64) !=
                ebb_digest_kvm_registers(b->registers, b->count, aarch64));
}

/* Order and what is not reproduced make no difference; each reproduced register does. */
static void test_comparison(void **state)
{
    size_t count, i;

    (void)state;
    for (int aarch64 = 0; aarch64 < 2; aarch64++) {
        const struct ebb_kvm_register *registers = ebb_kvm_registers(aarch64, &count);
        struct list *a = make_list(aarch64), *b = make_list(aarch64);
        struct ebb_register swap = b->registers[5];

        b->registers[5] = b->registers[70];
        b->registers[70] = swap;
        value_of(b, 0x603000000013df1a)[0] ^= 1;
        drop(b, 0x603000000013c000);
        expect_same(a, b, aarch64);
        for (i = 0; i < count; i++) {
            uint8_t *value = value_of(b, registers[i].id);

            value[0] ^= 1;
            expect_difference(a, b, aarch64, registers[i].id);
            value[0] ^= 1;
            expect_same(a, b, aarch64);
        }
        free(a);
        free(b);
    }
}

static void test_masks(void **state)
{
    const uint64_t pstate = find(true, "PSTATE")->id, v3 = find(true, "V3")->id;
    struct list *a = make_list(true), *b = make_list(true);
    uint64_t left, right;

    (void)state;
    value_of(b, pstate)[2] ^= 0x20; /* bit 21: SS */
    expect_same(a, b, true);
    value_of(b, pstate)[3] ^= 0x80; /* bit 31: N */
    expect_difference(a, b, true, pstate);
    assert_non_null(compare(a, b, true, &left, &right));
    assert_true((left ^ right) == 0x80000000);
    assert_true((left & ~(uint64_t)EBB_ANCHOR_PSTATE) == 0);
    value_of(b, pstate)[3] ^= 0x80;
    value_of(b, v3)[15] ^= 1; /* the upper half */
    expect_difference(a, b, true, v3);
    free(a);
    free(b);

    a = make_list(false);
    b = make_list(false);
    value_of(b, find(false, "X5")->id)[4] ^= 1;
    value_of(b, find(false, "TPIDR_EL0")->id)[7] ^= 1;
    expect_same(a, b, false);
    value_of(b, find(false, "FAR_EL1")->id)[4] ^= 1;
    expect_difference(a, b, false, find(false, "FAR_EL1")->id);
    free(a);
    free(b);
}

static void test_missing(void **state)
{
    const uint64_t vbar = find(true, "VBAR_EL1")->id;
    struct list *a = make_list(true), *b = make_list(true);
    uint64_t left, right;

    (void)state;
    drop(b, vbar);
    expect_difference(a, b, true, vbar);
    expect_difference(b, a, true, vbar);
    assert_non_null(compare(b, a, true, &left, &right));
    assert_int_equal(left, 0);
    assert_true(right != 0);
    drop(a, vbar);
    expect_same(a, b, true);
    /* A size that the id does not announce: nothing is read beyond the value. */
    b->registers[3].size = 1;
    assert_non_null(compare(a, b, true, &left, &right));
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_ids),  cmocka_unit_test(test_tables),
        cmocka_unit_test(test_comparison), cmocka_unit_test(test_masks),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests_name("log: registers of KVM", tests, NULL, NULL);
}
