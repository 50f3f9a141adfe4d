/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditions of breakpoints: each instruction of gdb's agent expressions, and what makes no sense,
 * which counts as true. Expressions are written as hexadecimal digits.
 */
#include "unit.h"

#include "protocol/conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 0x1000, MEMORY_SIZE = 16, SIZE_MAX_HERE = 8192 };

static const uint8_t memory[MEMORY_SIZE] = {0x81, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88, 0xff};

/* Registers 0 to 3 are there. */
static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    static const uint64_t values[] = {42, 0xfffffffffffffffe, 0x80000000, 0};

    (void)opaque;
    if (number >= sizeof(values) / sizeof(values[0])) {
        return false;
    }
    *value = values[number];
    return true;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    unsigned *reads = opaque;

    (*reads)++;
    if (address < MEMORY || address - MEMORY > MEMORY_SIZE - length) {
        return false;
    }
    memcpy(bytes, memory + (address - MEMORY), length);
    return true;
}

static struct conditions_guest guest_of(unsigned *reads)
{
    return (struct conditions_guest){
        .opaque = reads, .read_register = read_register, .read_memory = read_memory};
}

/* Expressions, in memory of just their size: the sanitizers see what is read beyond it. */
struct list {
    uint8_t *bytes;
    size_t size;
};

static void add_bytes(struct list *list, const uint8_t *code, size_t length)
{
    list->bytes = realloc(list->bytes, list->size + 2 + length);
    list->bytes[list->size] = (uint8_t)(length >> 8);
    list->bytes[list->size + 1] = (uint8_t)length;
    if (length) {
        memcpy(list->bytes + list->size + 2, code, length);
    }
    list->size += 2 + length;
}

/* Spaces are for readers. */
static void add(struct list *list, const char *digits)
{
    uint8_t code[SIZE_MAX_HERE];
    size_t length = 0;

    while (*digits) {
        unsigned byte;

        if (*digits == ' ') {
            digits++;
            continue;
        }
        assert_int_equal(sscanf(digits, "%2x", &byte), 1);
        assert_true(length < sizeof(code));
        code[length++] = (uint8_t)byte;
        digits += 2;
    }
    add_bytes(list, code, length);
}

static bool hold(struct list *list, bool big_endian)
{
    unsigned reads = 0;
    struct conditions_guest guest = guest_of(&reads);
    bool result;

    guest.big_endian = big_endian;
    assert_true(conditions_are_whole(list->bytes, list->size));
    result = conditions_hold(list->bytes, list->size, &guest);
    free(list->bytes);
    *list = (struct list){0};
    return result;
}

static bool holds(const char *digits)
{
    struct list list = {0};

    add(&list, digits);
    return hold(&list, false);
}

/* What cannot be evaluated is true; so a value is compared with what it is, and with another. */
static void expect_in(const char *digits, uint64_t value, bool big_endian)
{
    char text[400];
    struct list list = {0};

    snprintf(text, sizeof(text), "%s 25%016llx 13 27", digits, (unsigned long long)value);
    add(&list, text);
    if (!hold(&list, big_endian)) {
        fail_msg("%s is not %llx", digits, (unsigned long long)value);
    }
    snprintf(text, sizeof(text), "%s 25%016llx 13 27", digits, (unsigned long long)value ^ 1);
    add(&list, text);
    if (hold(&list, big_endian)) {
        fail_msg("%s is %llx, or cannot be evaluated", digits, (unsigned long long)value ^ 1);
    }
}

static void expect(const char *digits, uint64_t value)
{
    expect_in(digits, value, false);
}

/* True, and so is its negation. */
static void expect_nonsense(const char *digits)
{
    char text[400];

    snprintf(text, sizeof(text), "%s 27", digits);
    assert_true(holds(text));
    snprintf(text, sizeof(text), "%s 0e 27", digits);
    if (!holds(text)) {
        fail_msg("%s can be evaluated", digits);
    }
}

static void has_constants(void **state)
{
    (void)state;
    expect("22fe", 0xfe);
    expect("23fedc", 0xfedc);
    expect("24fedcba98", 0xfedcba98);
    expect("25fedcba9876543210", 0xfedcba9876543210);
}

static void computes(void **state)
{
    (void)state;
    expect("2205 2207 02", 12);
    expect("25ffffffffffffffff 2202 02", 1);
    expect("2205 2207 03", UINT64_MAX - 1);
    expect("2205 2207 04", 35);
    expect("25ffffffffffffffff 2207 04", (uint64_t)-7);
    expect("25fffffffffffffff9 2202 05", (uint64_t)-3); /* -7 / 2 */
    expect("2207 25fffffffffffffffe 05", (uint64_t)-3);
    expect("25fffffffffffffff9 2202 06", 0x7ffffffffffffffc);
    expect("25fffffffffffffff9 2202 07", (uint64_t)-1); /* -7 % 2 */
    expect("2207 25fffffffffffffffe 07", 1);
    expect("25fffffffffffffff9 2205 08", 4);
    expect("2203 2204 09", 0x30);
    expect("2203 223f 09", 0x8000000000000000);
    expect("258000000000000000 2204 0a", 0xf800000000000000);
    expect("258000000000000000 2200 0a", 0x8000000000000000);
    expect("258000000000000000 223f 0a", UINT64_MAX);
    expect("254000000000000000 223e 0a", 1);
    expect("258000000000000000 2204 0b", 0x0800000000000000);
    expect("2200 0e", 1);
    expect("2205 0e", 0);
    expect("220c 220a 0f", 8);
    expect("220c 220a 10", 0xe);
    expect("220c 220a 11", 6);
    expect("220c 12", ~UINT64_C(0xc));
}

static void compares(void **state)
{
    (void)state;
    expect("2205 2205 13", 1);
    expect("2205 2206 13", 0);
    expect("25ffffffffffffffff 2200 14", 1);
    expect("2200 25ffffffffffffffff 14", 0);
    expect("2205 2205 14", 0);
    expect("258000000000000000 257fffffffffffffff 14", 1);
    expect("25ffffffffffffffff 2200 15", 0);
    expect("2200 25ffffffffffffffff 15", 1);
    expect("2205 2205 15", 0);
}

static void extends(void **state)
{
    (void)state;
    expect("24000080ff 1608", UINT64_MAX);
    expect("24000080ff 1610", 0xffffffffffff80ff);
    expect("240000807f 1608", 0x7f);
    expect("2480000000 1620", 0xffffffff80000000);
    expect("2201 1601", UINT64_MAX);
    expect("2202 1601", 0);
    expect("25fedcba9876543210 1640", 0xfedcba9876543210);
    expect("25fedcba9876543210 2a08", 0x10);
    expect("25fedcba9876543210 2a20", 0x76543210);
    expect("25fedcba9876543210 2a40", 0xfedcba9876543210);
    expect_nonsense("2201 1600");
    expect_nonsense("2201 1641");
    expect_nonsense("2201 2a00");
    expect_nonsense("2201 2aff");
    expect_nonsense("1608");
}

static void reads_memory(void **state)
{
    (void)state;
    expect("231000 17", 0x81);
    expect("231000 18", 0x0281);
    expect("231000 19", 0x84030281);
    expect("231000 1a", 0x8807060584030281);
    expect_in("231000 17", 0x81, true);
    expect_in("231000 18", 0x8102, true);
    expect_in("231000 19", 0x81020384, true);
    expect_in("231000 1a", 0x8102038405060788, true);
    expect("231001 18", 0x0302);
    expect("231008 1a", 0xff);
    expect_nonsense("2200 19"); /* a null pointer */
    expect_nonsense("231009 1a");
    expect_nonsense("25ffffffffffffffff 1a");
    expect_nonsense("19");
}

static void reads_registers(void **state)
{
    (void)state;
    expect("260000", 42);
    expect("260001 1620", (uint64_t)-2);
    expect("260002", 0x80000000);
    expect_nonsense("260004");
    expect_nonsense("26ffff");
}

static void moves_values(void **state)
{
    (void)state;
    expect("2205 28 02", 10);
    expect("2205 2206 29", 5);
    expect("2205 2207 2b 03", 2);
    expect("2205 2206 2207 3200", 7);
    expect("2205 2206 2207 3202", 5);
    /* a b c becomes c a b: 1 2 3 becomes 3 1 2, and (1 << 4 | 2) << 4 | 3 is made of it */
    expect("2201 2202 2203 33 2b 2204 09 10 2204 09 10", 0x123);
    expect_nonsense("28");
    expect_nonsense("29");
    expect_nonsense("2205 2b");
    expect_nonsense("2205 2206 33");
    expect_nonsense("2205 3201");
    expect_nonsense("2205 32ff");
}

static void jumps(void **state)
{
    (void)state;
    /* 0: const8 N, 2: if_goto 10, 5: const8 7, 7: goto 12, 10: const8 9, 12: */
    expect("2201 20000a 2207 21000c 2209", 9);
    expect("2200 20000a 2207 21000c 2209", 7);
    /* Adds 5 up to 1: 0: const8 0, 2: const8 5, 4: swap, 5: pick 1, 7: add, 8: swap, 9: const8 1,
     * 11: sub, 12: dup, 13: if_goto 4, 16: pop */
    expect("2200 2205 2b 3201 02 2b 2201 03 28 200004 29", 15);
    expect_nonsense("210100");
    expect_nonsense("21ffff");
    expect_nonsense("2201 200100");
    expect_nonsense("200000");
}

static void takes_nonsense_for_true(void **state)
{
    static const char *const unknown[] = {"00", "01", "0c", "0d", "1b", "1c", "1d",
                                          "1e", "1f", "2c", "2d", "2e", "2f", "30",
                                          "31", "34", "35", "7f", "ff"};
    static const char *const of_two[] = {"02", "03", "04", "05", "06", "07", "08", "09",
                                         "0a", "0b", "0f", "10", "11", "13", "14", "15"};
    static const char *const short_of_bytes[] = {
        "22",      "2300",    "24000000",  "25000000", "2500000000000000", "2600", "2200 16",
        "2200 2a", "2200 32", "2200 2000", "2100"};
    char text[40];

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        snprintf(text, sizeof(text), "2200 %s 2200 27", unknown[i]);
        assert_true(holds(text));
    }
    for (size_t i = 0; i < sizeof(of_two) / sizeof(of_two[0]); i++) {
        expect_nonsense(of_two[i]);
        snprintf(text, sizeof(text), "2200 %s", of_two[i]);
        expect_nonsense(text);
    }
    for (size_t i = 0; i < sizeof(short_of_bytes) / sizeof(short_of_bytes[0]); i++) {
        assert_true(holds(short_of_bytes[i]));
    }
    assert_true(holds(""));
    assert_true(holds("2200")); /* no end */
    assert_true(holds("27"));   /* no value */
    assert_false(holds("2200 27"));
    expect_nonsense("2205 2200 05");
    expect_nonsense("2205 2200 06");
    expect_nonsense("2205 2200 07");
    expect_nonsense("2205 2200 08");
    expect_nonsense("258000000000000000 25ffffffffffffffff 05");
    expect_nonsense("258000000000000000 25ffffffffffffffff 07");
    expect_nonsense("2205 2240 09");
    expect_nonsense("2205 25ffffffffffffffff 0a");
    expect_nonsense("2205 2240 0b");
}

static void is_bounded(void **state)
{
    uint8_t code[2 * CONDITIONS_STACK_MAX + 8];
    struct list list = {0};
    size_t i;

    (void)state;
    assert_true(holds("210000")); /* for ever */
    /* 0: const8 0, 2: dup, 3: pop, 4: goto 2 */
    assert_true(holds("2200 28 29 210002"));
    /* As many values as there may be, of which the last is false; and one more. */
    for (i = 0; i < CONDITIONS_STACK_MAX; i++) {
        code[2 * i] = 0x22;
        code[2 * i + 1] = 0;
    }
    code[2 * i] = 0x27;
    add_bytes(&list, code, 2 * i + 1);
    assert_false(hold(&list, false));
    code[2 * i] = 0x28;
    code[2 * i + 1] = 0x27;
    add_bytes(&list, code, 2 * i + 2);
    assert_true(hold(&list, false));
}

/* Counts down from N, 65536 steps of five instructions at most. */
static void counts_steps_of_all(void **state)
{
    struct list list = {0};
    char text[80];
    /* 0: const16 N, 3: const8 1, 5: sub, 6: dup, 7: if_goto 3, 10: end */
    const unsigned within = CONDITIONS_STEPS_MAX / 4 - 2;

    (void)state;
    snprintf(text, sizeof(text), "23%04x 2201 03 28 200003 27", within);
    add(&list, text);
    assert_false(hold(&list, false));
    snprintf(text, sizeof(text), "23%04x 2201 03 28 200003 27", within + 2);
    add(&list, text);
    assert_true(hold(&list, false));
    /* The steps are of all of them together. */
    snprintf(text, sizeof(text), "23%04x 2201 03 28 200003 27", within);
    add(&list, text);
    add(&list, text);
    assert_true(hold(&list, false));
}

static void one_that_holds_is_enough(void **state)
{
    struct list list = {0};

    (void)state;
    assert_true(conditions_hold(NULL, 0, NULL)); /* there are none */
    add(&list, "2200 27");
    add(&list, "2200 27");
    assert_false(hold(&list, false));
    add(&list, "2200 27");
    add(&list, "2201 27");
    add(&list, "2200 27");
    assert_true(hold(&list, false));
    add(&list, "2200 27");
    add(&list, "");
    assert_true(hold(&list, false));
}

static void knows_whole_lists(void **state)
{
    const uint8_t bytes[] = {0, 2, 0x22, 0, 0, 0, 0, 1, 0x27};

    (void)state;
    assert_true(conditions_are_whole(NULL, 0));
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        uint8_t *copy = malloc(size + 1);
        bool whole = size == 0 || size == 4 || size == 6 || size == 9;

        memcpy(copy, bytes, size);
        copy = realloc(copy, size ? size : 1);
        assert_int_equal(conditions_are_whole(copy, size), whole);
        free(copy);
    }
}

/* Noise ends, reads nothing outside, and is evaluated the same way each time. */
static void survives_noise(void **state)
{
    uint64_t random = 88172645463325252;
    uint8_t code[64];

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t length = random % sizeof(code);
        struct list list = {0};
        bool once;

        for (size_t i = 0; i < length; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            code[i] = (uint8_t)(random % 0x40);
        }
        random = random * 6364136223846793005 + 1;
        add_bytes(&list, code, length);
        once = hold(&list, false);
        add_bytes(&list, code, length);
        assert_int_equal(hold(&list, false), once);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_constants),
        cmocka_unit_test(computes),
        cmocka_unit_test(compares),
        cmocka_unit_test(extends),
        cmocka_unit_test(reads_memory),
        cmocka_unit_test(reads_registers),
        cmocka_unit_test(moves_values),
        cmocka_unit_test(jumps),
        cmocka_unit_test(takes_nonsense_for_true),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(counts_steps_of_all),
        cmocka_unit_test(one_that_holds_is_enough),
        cmocka_unit_test(knows_whole_lists),
        cmocka_unit_test(survives_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
