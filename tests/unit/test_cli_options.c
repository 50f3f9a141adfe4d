/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser of command lines, and the numbers on them. */
#include "cli/options.h"

#include "unit.h"

#include <stdbool.h>
#include <string.h>

enum { OUTPUT, DEPTH, LOUD, REPORT };

static const struct option_spec options[] = {
    [OUTPUT] = {"output", 'o', "DIR", "Where to."},
    [DEPTH] = {"depth", 0, "N", "How deep."},
    [LOUD] = {"loud", 'l', NULL, "Noise."},
    [REPORT] = {"report", 0, "[FILE]", "Tells."},
    {0},
};

static const struct command plain = {
    .name = "plain", .operands = "[RECORDING]", .operands_max = 1, .options = options};
static const struct command passing = {.name = "passing",
                                       .operands = "[RECORDING]",
                                       .operands_max = 1,
                                       .rest = "WORD...",
                                       .options = options};
static const struct command behind = {.name = "behind",
                                      .operands = "[RECORDING]",
                                      .operands_max = 1,
                                      .rest = "WORD...",
                                      .rest_option = "loud",
                                      .options = options};
static const struct command leading = {
    .name = "leading", .rest = "WORD...", .own_options_first = true, .options = options};

/* Splits the line at spaces and parses it; the words live in static storage until the next call. */
static int parse(const struct command *command, const char *line, struct arguments *arguments,
                 struct ebb_error *error)
{
    static char copy[256];
    static char *words[32];
    char *save = NULL;
    int count = 0;

    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    return options_parse(command, count, words, arguments, error);
}

static void test_options_and_operands(void **state)
{
    static const char *const lines[] = {"-o there --loud --depth 3 rec",
                                        "rec --output=there -l --depth=3",
                                        "--depth 3 rec -lothere"};
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(parse(&plain, lines[i], &arguments, &error), 0);
        assert_string_equal(arguments.values[OUTPUT], "there");
        assert_string_equal(arguments.values[DEPTH], "3");
        assert_string_equal(arguments.values[LOUD], "");
        assert_null(arguments.values[REPORT]);
        assert_int_equal(arguments.operand_count, 1);
        assert_string_equal(arguments.operands[0], "rec");
    }
    assert_int_equal(parse(&plain, "", &arguments, &error), 0);
    assert_int_equal(arguments.operand_count, 0);
    assert_null(arguments.values[OUTPUT]);
}

static void test_optional_argument(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&plain, "--report rec", &arguments, &error), 0);
    assert_string_equal(arguments.values[REPORT], "");
    assert_string_equal(arguments.operands[0], "rec");
    assert_int_equal(parse(&plain, "--report=file", &arguments, &error), 0);
    assert_string_equal(arguments.values[REPORT], "file");
}

static void test_double_dash_protects_operands(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&plain, "-l -- -rec", &arguments, &error), 0);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "-rec");
    assert_int_equal(arguments.rest_count, 0);
}

static void test_rest_behind_double_dash(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&passing, "rec -l -- -ex help rec -- -l", &arguments, &error), 0);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "rec");
    assert_int_equal(arguments.rest_count, 5);
    assert_string_equal(arguments.rest[0], "-ex");
    assert_string_equal(arguments.rest[4], "-l");
    assert_int_equal(parse(&passing, "-- rec", &arguments, &error), 0);
    assert_int_equal(arguments.operand_count, 0);
    assert_int_equal(arguments.rest_count, 1);
}

static void test_rest_behind_option(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&behind, "rec -l --loud ./check.sh -l --depth", &arguments, &error), 0);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "rec");
    assert_non_null(arguments.values[LOUD]);
    assert_int_equal(arguments.rest_count, 3);
    assert_string_equal(arguments.rest[0], "./check.sh");
    assert_string_equal(arguments.rest[2], "--depth");
    /* A "--" between them is not part of it; the option's name may be another one's argument. */
    assert_int_equal(parse(&behind, "--loud -- sh -c --", &arguments, &error), 0);
    assert_int_equal(arguments.rest_count, 3);
    assert_string_equal(arguments.rest[2], "--");
    assert_int_equal(parse(&behind, "--output --loud rec", &arguments, &error), 0);
    assert_string_equal(arguments.values[OUTPUT], "--loud");
    assert_null(arguments.values[LOUD]);
    assert_string_equal(arguments.operands[0], "rec");
    assert_int_equal(parse(&behind, "rec --loud", &arguments, &error), 0);
    assert_non_null(arguments.values[LOUD]);
    assert_int_equal(arguments.rest_count, 0);
}

static void test_rest_begins_at_foreign_word(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&leading, "-o there --loud -M virt -o -l", &arguments, &error), 0);
    assert_string_equal(arguments.values[OUTPUT], "there");
    assert_int_equal(arguments.rest_count, 4);
    assert_string_equal(arguments.rest[0], "-M");
    assert_string_equal(arguments.rest[3], "-l");
    /* -object is not -o bject. */
    assert_int_equal(parse(&leading, "--report -object x", &arguments, &error), 0);
    assert_null(arguments.values[OUTPUT]);
    assert_string_equal(arguments.rest[0], "-object");
    assert_int_equal(parse(&leading, "--depth=2 -- --loud", &arguments, &error), 0);
    assert_string_equal(arguments.values[DEPTH], "2");
    assert_null(arguments.values[LOUD]);
    assert_int_equal(arguments.rest_count, 1);
}

/* Who writes "--" means what stands before it for us. */
static void test_foreign_word_before_the_end(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&leading, "--dept3 3 -- -M virt", &arguments, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    assert_non_null(strstr(error.message, "there is no option --dept3"));
    assert_int_equal(parse(&leading, "-o there -M virt -- -l", &arguments, &error), -1);
    assert_non_null(strstr(error.message, "there is no option -M"));
}

static void test_errors(void **state)
{
    static const struct {
        const char *line, *word;
    } cases[] = {
        {"--bogus", "--bogus"},       {"-x", "-x"},       {"--depth", "--depth"},
        {"--loud=much", "--loud"},    {"one two", "two"}, {"-- one -two", "-two"},
        {"--out there --de", "--de"},
    };
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(&plain, cases[i].line, &arguments, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
        assert_non_null(strstr(error.message, cases[i].word));
    }
}

static void test_help_needs_no_more(void **state)
{
    struct arguments arguments;
    struct ebb_error error;

    (void)state;
    assert_int_equal(parse(&plain, "--help", &arguments, &error), 0);
    assert_true(arguments.help);
    assert_int_equal(parse(&leading, "-h -M virt", &arguments, &error), 0);
    assert_true(arguments.help);
    assert_int_equal(parse(&leading, "-M virt -h", &arguments, &error), 0);
    assert_false(arguments.help);
}

static void test_numbers(void **state)
{
    static const char *const wrong[] = {
        "", "x", "-1", "+1", "1 ", " 1", "0x", "1g", "_1", "0xg", "18446744073709551616", "1.5"};
    struct ebb_error error;
    unsigned long long number;

    (void)state;
    assert_int_equal(options_number("1_000_000", "n", 1000000, &number, &error), 0);
    assert_true(number == 1000000);
    assert_int_equal(options_number("0xFFFF_ffff", "n", ~0ull, &number, &error), 0);
    assert_true(number == 0xffffffff);
    assert_int_equal(options_number("18446744073709551615", "n", ~0ull, &number, &error), 0);
    assert_true(number == ~0ull);
    assert_int_equal(options_number("5", "n", 4, &number, &error), -1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(options_number(wrong[i], "n", ~0ull, &number, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
    }
}

/* Groups are of three digits, and divided by one thing throughout. */
static void test_positions(void **state)
{
    static const struct {
        const char *text;
        unsigned long long wanted;
    } right[] = {
        {"0", 0},
        {"1000", 1000},
        {"1 000", 1000},
        {"12,345,678", 12345678},
        {"123 456", 123456},
        {"1_00_0", 1000},
        {"0x1_0", 16},
        {"18 446 744 073 709 551 615", ~0ull},
    };
    static const char *const wrong[] = {"",
                                        " ",
                                        " 1",
                                        "1 ",
                                        "1,",
                                        "1 00",
                                        "1,00",
                                        "12 34",
                                        "1234 567",
                                        "1,000 000",
                                        "1  000",
                                        "1 000_000",
                                        "1_000 000",
                                        "1 0000",
                                        "0x1 000",
                                        "+1",
                                        "-1",
                                        "begin",
                                        "18,446,744,073,709,551,616"};
    struct ebb_error error;
    unsigned long long number;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(options_position(right[i].text, "p", &number, &error), 0);
        assert_true(number == right[i].wanted);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(options_position(wrong[i], "p", &number, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
    }
}

static void test_sizes(void **state)
{
    static const char *const wrong[] = {"", "K", "1X", "1KB", "-1", "99999999T", "20000000000G"};
    struct ebb_error error;
    unsigned long long bytes;

    (void)state;
    assert_int_equal(options_size("4096", "s", &bytes, &error), 0);
    assert_true(bytes == 4096);
    assert_int_equal(options_size("2G", "s", &bytes, &error), 0);
    assert_true(bytes == 2ull << 30);
    assert_int_equal(options_size("3k", "s", &bytes, &error), 0);
    assert_true(bytes == 3072);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(options_size(wrong[i], "s", &bytes, &error), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_and_operands),
        cmocka_unit_test(test_optional_argument),
        cmocka_unit_test(test_double_dash_protects_operands),
        cmocka_unit_test(test_rest_behind_double_dash),
        cmocka_unit_test(test_rest_behind_option),
        cmocka_unit_test(test_rest_begins_at_foreign_word),
        cmocka_unit_test(test_foreign_word_before_the_end),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_help_needs_no_more),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
