/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions as text, of all three instruction sets, and what is none. */
#include "cli/disassembler.h"

#include "unit.h"
#include "walls/probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(struct disassembler *disassembler, enum disassembly_set set, uint32_t code,
                  size_t bytes, unsigned size, const char *text)
{
    uint8_t memory[4] = {(uint8_t)code, (uint8_t)(code >> 8), (uint8_t)(code >> 16),
                         (uint8_t)(code >> 24)};
    struct disassembler_line line;
    struct ebb_error error;

    assert_int_equal(disassembler_show(disassembler, set, 0x40001000, memory, bytes, &line, &error),
                     0);
    assert_string_equal(line.text, text);
    assert_int_equal(line.size, size);
}

/* One after the other: what one set was told does not stay for the next. */
static void test_instructions(void **state)
{
    struct ebb_error error;
    struct disassembler *disassembler = disassembler_open(&error);

    (void)state;
    assert_non_null(disassembler);
    for (int i = 0; i < 2; i++) {
        check(disassembler, DISASSEMBLY_A64, 0x1b007c00, 4, 4, "mul w0, w0, w0");
        check(disassembler, DISASSEMBLY_A32, 0xe0000090, 4, 4, "mul r0, r0, r0");
        check(disassembler, DISASSEMBLY_T32, 0x4140, 4, 2, "adcs r0, r0");
        check(disassembler, DISASSEMBLY_T32, 0xf000fb00, 4, 4, "mul.w r0, r0, r0");
        check(disassembler, DISASSEMBLY_A64, 0xd503233f, 4, 4, "paciasp");
    }
    disassembler_close(disassembler);
}

static void test_target(void **state)
{
    static const uint8_t branch[] = {0x02, 0x00, 0x00, 0x94};
    struct ebb_error error;
    struct disassembler *disassembler = disassembler_open(&error);
    struct disassembler_line line;

    (void)state;
    assert_int_equal(disassembler_show(disassembler, DISASSEMBLY_A64, 0xffffffc010001000, branch, 4,
                                       &line, &error),
                     0);
    assert_string_equal(line.text, "bl 0xffffffc010001008");
    assert_true(line.has_target);
    assert_true(line.target == 0xffffffc010001008);
    disassembler_close(disassembler);
}

/* Also where memory ends in the middle of one. */
static void test_no_instruction(void **state)
{
    struct ebb_error error;
    struct disassembler *disassembler = disassembler_open(&error);

    (void)state;
    check(disassembler, DISASSEMBLY_T32, 0xf000fb00, 2, 2, ".short 0xfb00");
    check(disassembler, DISASSEMBLY_A64, 0x12, 2, 2, ".short 0x0012");
    disassembler_close(disassembler);
}

/* Any bytes have some text, which a terminal can have. */
static void test_any_bytes(void **state)
{
    struct ebb_error error;
    struct disassembler *disassembler = disassembler_open(&error);
    uint32_t random = 1;

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        struct disassembler_line line;
        uint8_t bytes[4];

        for (unsigned j = 0; j < 4; j++) {
            random = random * 1664525 + 1013904223;
            bytes[j] = (uint8_t)(random >> 24);
        }
        assert_int_equal(
            disassembler_show(disassembler, DISASSEMBLY_A64 + i % 3, i, bytes, 4, &line, &error),
            0);
        assert_in_range(line.size, 2, 4);
        assert_in_range(strlen(line.text), 1, 255);
        for (const char *at = line.text; *at; at++) {
            assert_in_range(*at, ' ', '~');
        }
    }
    disassembler_close(disassembler);
}

/* The only child of this process. */
static pid_t reader(void)
{
    char path[64];
    long pid = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    fclose(file);
    return (pid_t)pid;
}

static void test_behind_walls(void **state)
{
    static const uint8_t bytes[4];
    struct ebb_error error;
    struct disassembler *disassembler;
    struct disassembler_line line;
    char path[64], text[80], seen[256] = "";
    FILE *file;

    (void)state;
    if (walls_probe().parts != WALLS_ALL) {
        unit_skip("this system refuses some of the walls");
    }
    disassembler = disassembler_open(&error);
    /* It answers once the walls are up. */
    assert_int_equal(disassembler_show(disassembler, DISASSEMBLY_A64, 0, bytes, 4, &line, &error),
                     0);
    snprintf(path, sizeof(path), "/proc/%ld/status", (long)reader());
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(text, sizeof(text), file)) {
        if (strncmp(text, "NoNewPrivs:", 11) == 0 || strncmp(text, "Seccomp:", 8) == 0) {
            strncat(seen, text, sizeof(seen) - strlen(seen) - 1);
        }
    }
    fclose(file);
    assert_string_equal(seen, "NoNewPrivs:\t1\nSeccomp:\t2\n");
    disassembler_close(disassembler);
}

static void test_reader_dies(void **state)
{
    static const uint8_t bytes[4];
    struct ebb_error error;
    struct disassembler *disassembler = disassembler_open(&error);
    struct disassembler_line line;

    (void)state;
    assert_int_equal(kill(reader(), SIGKILL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            disassembler_show(disassembler, DISASSEMBLY_A64, 0, bytes, 4, &line, &error), -1);
        assert_non_null(strstr(error.message, "has died"));
    }
    disassembler_close(disassembler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instructions),   cmocka_unit_test(test_target),
        cmocka_unit_test(test_no_instruction), cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_behind_walls),   cmocka_unit_test(test_reader_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
