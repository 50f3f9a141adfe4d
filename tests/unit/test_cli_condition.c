/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain conditions: what they are worth, and what is left to gdb. */
#include "cli/condition.h"
#include "cli/target_registers.h"

#include "unit.h"

#include <string.h>

#define MEMORY_BASE 0x40001000u

struct guest {
    uint64_t registers[8];
    uint8_t memory[16];
};

static const char core[] = "<?xml version=\"1.0\"?><!-- <reg> --><feature name=\"core\">\n"
                           "  <reg name=\"x0\" bitsize=\"64\"/>\n"
                           "  <reg name=\"x1\" bitsize=\"64\" type=\"int\"/>\n"
                           "  <reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>\n"
                           "  <reg name=\"r0\" bitsize=\"32\" type=\"uint32\"/>\n"
                           "  <reg name=\"flags\" bitsize=\"32\" type=\"cpsr_flags\"/>\n"
                           "</feature>";
static const char more[] = "<feature><reg group=\"x\" name=\"TTBR0\" bitsize=\"64\" regnum=\"7\" "
                           "type=\"int\"/><reg name=\"v0\" bitsize=\"128\"/></feature>";

static int read_register(void *opaque, unsigned number, uint64_t *value, struct ebb_error *error)
{
    (void)error;
    *value = ((struct guest *)opaque)->registers[number];
    return 1;
}

static int read_memory(void *opaque, uint64_t address, void *buffer, size_t size,
                       struct ebb_error *error)
{
    struct guest *guest = opaque;

    (void)error;
    if (address < MEMORY_BASE || address + size > MEMORY_BASE + sizeof(guest->memory)) {
        return 0;
    }
    memcpy(buffer, guest->memory + (address - MEMORY_BASE), size);
    return 1;
}

static bool find_register(void *opaque, const char *name, size_t length,
                          struct condition_register *found)
{
    const struct target_register *reg = target_registers_find(opaque, name, length);

    if (reg && reg->is_integer) {
        *found = (struct condition_register){reg->number, reg->bits, reg->is_signed};
    }
    return reg && reg->is_integer;
}

static void make_registers(struct target_registers *registers)
{
    unsigned next = 0;

    assert_int_equal(target_registers_add(registers, core, &next, NULL), 0);
    assert_int_equal(next, 5);
    assert_int_equal(target_registers_add(registers, more, &next, NULL), 0);
    assert_int_equal(next, 9);
}

static struct condition *parse(const char *text, struct target_registers *registers, unsigned bits)
{
    struct condition_target target = {
        .opaque = registers, .find_register = find_register, .long_bits = bits};

    return condition_parse(text, &target);
}

static void test_registers(void **state)
{
    struct target_registers registers = {0};
    const struct target_register *found;

    (void)state;
    make_registers(&registers);
    assert_int_equal(registers.count, 7);
    found = target_registers_find(&registers, "TTBR0", 5);
    assert_int_equal(found->number, 7);
    assert_int_equal(target_registers_find(&registers, "v0", 2)->number, 8);
    assert_false(target_registers_find(&registers, "v0", 2)->is_integer);
    assert_false(target_registers_find(&registers, "flags", 5)->is_integer);
    assert_null(target_registers_find(&registers, "x", 1));
    target_registers_free(&registers);
}

static void test_values(void **state)
{
    static const struct {
        const char *text;
        int value;
    } cases[] = {
        {"$x0 == 5", 1},
        {"$x0==5", 1},
        {"$x0 != 5", 0},
        {"5 == $x0", 1},
        {"$x0", 1},
        {"0", 0},
        {"$x1 == -1", 1},
        {"$x1 < 0", 1},
        {"$x1 < 1", 1},
        /* int and unsigned int: the latter. */
        {"$r0 == -1", 1},
        {"$r0 < 0", 0},
        {"$r0 > 5", 1},
        /* unsigned int and long: long, which holds both. */
        {"$r0 == $x1", 0},
        {"$sp > 0xffff000000000000", 1},
        {"$sp == $TTBR0", 1},
        {"*(unsigned int *)0x40001000 == 0x04030201", 1},
        {"*(unsigned int*)0x40001000!=0", 1},
        {"* ( uint32_t * ) 1073745920 == 67305985", 1},
        {"*(short *)0x40001000 == 513", 1},
        {"*(signed char *)0x40001004 == -2", 1},
        {"*(char *)0x40001004 == 254", 1},
        {"*(int8_t *)0x40001004 < 0", 1},
        {"*(unsigned char *)0x40001004 < 0", 0},
        {"*(long long *)0x40001008 == -1", 1},
        {"*(unsigned long *)0x40001008 > 1", 1},
        {"*(volatile unsigned *)0x40001000 == 1", 0},
        {"*(int *)0x50000000 == 0", CONDITION_UNKNOWN},
        {"*(int *)$x0 == 0", CONDITION_UNKNOWN},
        {"$x0 == 4 && *(int *)0x50000000 == 0", 0},
        {"$x0 == 5 && *(int *)0x50000000 == 0", CONDITION_UNKNOWN},
        {"$x0 == 5 || *(int *)0x50000000 == 0", 1},
        {"$x0 == 5 && ($r0 == 3 || $x1 == -1)", 1},
        {"($x0 == 4) || ($x0 == 6) || $x0 > 4", 1},
        {"$x0 == 4 && $x0 == 4 || $x0 == 5", 1},
        {"*(unsigned char *)($x0 + 0x40000ffc) == 2", 1},
        {"*(unsigned char *)($x0 - 5) == 2", CONDITION_UNKNOWN},
    };
    struct target_registers registers = {0};
    struct guest guest = {
        .registers = {5, UINT64_MAX, 0xffff800000000000, 0xffffffff, [7] = 0xffff800000000000},
        .memory = {1, 2, 3, 4, 254, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255},
    };
    struct condition_state now = {
        .opaque = &guest, .read_register = read_register, .read_memory = read_memory};

    (void)state;
    make_registers(&registers);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct condition *condition = parse(cases[i].text, &registers, 64);

        if (!condition || condition_evaluate(condition, &now, NULL) != cases[i].value) {
            fail_msg("%s", cases[i].text);
        }
        condition_free(condition);
    }
    target_registers_free(&registers);
}

static void test_left_to_gdb(void **state)
{
    static const char *const texts[] = {
        "",
        "   ",
        "counter == 5",
        "$x0 == counter",
        "$x0 = 5",
        "$x0 =! 5",
        "$x0 == ",
        "== 5",
        "$x0 == 5 &&",
        "$x0 == 5 & 1",
        "$x0 == 5)",
        "($x0 == 5",
        "$x0 << 1 == 4",
        "$x0 + 1 == 4",
        "$x0 == 010",
        "$x0 == 5u",
        "$x0 == 1.5",
        "$x0 == 'a'",
        "$x0 == 99999999999999999999",
        "$x0 == 0x1ffffffffffffffff",
        "$x0 == -0x10000000000000000",
        "1 < $x0 < 3",
        "$x0 == 1 == 1",
        "$nothing == 5",
        "$v0 == 5",
        "$flags == 5",
        "$ x0 == 5",
        "*(float *)0x40001000 == 0",
        "*(struct job *)0x40001000 == 0",
        "*(unsigned short long *)0x40001000 == 0",
        "*(int)0x40001000 == 0",
        "*(int **)0x40001000 == 0",
        "*0x40001000 == 0",
        "!$x0",
        "((((((((((((((((((($x0)))))))))))))))))))",
    };
    struct target_registers registers = {0};

    (void)state;
    make_registers(&registers);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct condition *condition = parse(texts[i], &registers, 64);

        if (condition) {
            fail_msg("%s", texts[i]);
        }
    }
    target_registers_free(&registers);
}

/* A big-endian guest of 32 bits: addresses and longs are shorter. */
static void test_other_guest(void **state)
{
    struct target_registers registers = {0};
    struct guest guest = {.registers = {0xffffffff40001000}, .memory = {1, 2, 3, 4}};
    struct condition_state now = {.opaque = &guest,
                                  .read_register = read_register,
                                  .read_memory = read_memory,
                                  .big_endian = true};
    struct condition *condition;

    (void)state;
    make_registers(&registers);
    condition = parse("*(unsigned long *)$x0 == 0x01020304", &registers, 32);
    assert_int_equal(condition_evaluate(condition, &now, NULL), CONDITION_TRUE);
    condition_free(condition);
    target_registers_free(&registers);
}

static void test_operands(void **state)
{
    struct target_registers registers = {0};
    struct guest guest = {.registers = {7}, .memory = {0xff, 0xff}};
    struct condition_state now = {
        .opaque = &guest, .read_register = read_register, .read_memory = read_memory};
    struct condition_operand operand;
    struct condition *condition;

    (void)state;
    make_registers(&registers);
    condition = parse("$x0 == 3 || *(short *)0x40001000 != 5", &registers, 64);
    assert_int_equal(condition_operand_count(condition), 2);
    assert_false(condition_is_of_memory(condition));
    assert_int_equal(condition_operand(condition, 0, &now, &operand, NULL), 0);
    assert_string_equal(operand.text, "$x0");
    assert_int_equal(operand.value, 7);
    assert_int_equal(operand.size, 0);
    assert_int_equal(condition_operand(condition, 1, &now, &operand, NULL), 0);
    assert_string_equal(operand.text, "*(short *)0x40001000");
    assert_int_equal(operand.value, UINT64_MAX);
    assert_true(operand.is_signed && operand.known);
    assert_int_equal(operand.address, 0x40001000);
    assert_int_equal(operand.size, 2);
    condition_free(condition);
    condition = parse("*(short *)0x40001000 != 5", &registers, 64);
    assert_true(condition_is_of_memory(condition));
    condition_free(condition);
    condition = parse("*(short *)$sp != 5", &registers, 64);
    assert_false(condition_is_of_memory(condition));
    condition_free(condition);
    condition = parse("1 == 1", &registers, 64);
    assert_false(condition_is_of_memory(condition));
    condition_free(condition);
    target_registers_free(&registers);
}

static bool find_symbol(void *opaque, const char *name, uint64_t *address)
{
    (void)opaque;
    *address = 0x40002000;
    return strcmp(name, "total") == 0;
}

/* The address of one is as good as a number, where there are symbols. */
static void test_symbols(void **state)
{
    struct target_registers registers = {0};
    struct condition_target target = {.opaque = &registers,
                                      .find_register = find_register,
                                      .long_bits = 64,
                                      .find_symbol = find_symbol};
    static const char *const wrong[] = {"&total == 1", "*(int *)&other == 1", "*(int *)& == 1",
                                        "*(int *)&total+4 == 1", "*(int *)total == 1"};
    struct condition_operand operand;
    struct condition *condition;

    (void)state;
    make_registers(&registers);
    condition = condition_parse("*(short *)(& total) > 1", &target);
    assert_non_null(condition);
    assert_true(condition_is_of_memory(condition));
    assert_int_equal(condition_operand(condition, 0, NULL, &operand, NULL), 0);
    assert_int_equal(operand.address, 0x40002000);
    assert_int_equal(operand.size, 2);
    condition_free(condition);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(condition_parse(wrong[i], &target));
    }
    target.find_symbol = NULL;
    assert_null(condition_parse("*(short *)&total > 1", &target));
    target_registers_free(&registers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_left_to_gdb), cmocka_unit_test(test_other_guest),
        cmocka_unit_test(test_operands),    cmocka_unit_test(test_symbols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
