/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols, of this test program itself: its functions are known, and where the compiler has put
 * them follows from their addresses and from where the program was loaded.
 */
#include "cli/symbols.h"
#include "recording_fixture.h"

#include "unit.h"
#include "walls/probe.h"
#include "walls/walls.h"

#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define SELF "/proc/self/exe"

/* A landmark: no other function may be folded into it, and it must not move into a caller. */
__attribute__((noinline, used)) static int landmark(int number);
__attribute__((used)) static const unsigned landmark_line = __LINE__ + 1;
__attribute__((noinline, used)) static int landmark(int number)
{
    __asm__ volatile("" : "+r"(number));
    return number * 2 + 1;
}

static int take_base(struct dl_phdr_info *info, size_t size, void *opaque)
{
    (void)size;
    *(uint64_t *)opaque = info->dlpi_addr;
    return 1; /* the first is the program */
}

/* The address in the file of one in memory. */
static uint64_t file_address(uintptr_t address)
{
    uint64_t base = 0;

    dl_iterate_phdr(take_base, &base);
    return address - base;
}

static void test_function(void **state)
{
    uint64_t address = file_address((uintptr_t)landmark);
    struct symbols_location location;
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    char text[512], wanted[64];

    (void)state;
    assert_non_null(symbols);
    symbols_find(symbols, address, &location);
    assert_string_equal(location.function, "landmark");
    assert_true(location.offset == 0);
    assert_non_null(strstr(location.file, "test_cli_symbols.c"));
    /* Any line of it: an optimized function begins with whichever comes first. */
    assert_in_range(location.line, landmark_line, landmark_line + 3);
    symbols_find(symbols, address + 1, &location);
    assert_string_equal(location.function, "landmark");
    assert_true(location.offset == 1);
    symbols_describe(symbols, address, text, sizeof(text));
    assert_int_equal(strncmp(text, "landmark+0x0 (", 14), 0);
    snprintf(wanted, sizeof(wanted), "test_cli_symbols.c:%u)", location.line);
    assert_non_null(strstr(text, wanted));
    symbols_close(symbols);
}

/* Names of data as well, the file's own bytes, and code that was loaded elsewhere. */
static void test_file(void **state)
{
    uint64_t address = file_address((uintptr_t)landmark), found = 0;
    struct symbols_location location;
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    unsigned line = 0;

    (void)state;
    assert_true(symbols_are_wide(symbols) == (sizeof(void *) == 8));
    assert_true(symbols_lookup(symbols, "landmark", &found));
    assert_true(found == address);
    assert_true(symbols_lookup(symbols, "landmark_line", &found));
    assert_false(symbols_lookup(symbols, "landmar", &found));
    assert_int_equal(symbols_read(symbols, found, &line, sizeof(line)), sizeof(line));
    assert_int_equal(line, landmark_line);
    assert_int_equal(symbols_read(symbols, UINT64_MAX - 7, &line, sizeof(line)), 0);
    assert_true(symbols_has_code_at(symbols, address));
    assert_false(symbols_has_code_at(symbols, address + 1));
    symbols_move(symbols, 0xffff000012340000ull);
    symbols_find(symbols, address + 0xffff000012340000ull, &location);
    assert_string_equal(location.function, "landmark");
    symbols_find(symbols, address, &location);
    assert_null(location.function);
    symbols_close(symbols);
}

static void test_outside(void **state)
{
    static const uint64_t addresses[] = {0, 1, 0xffff000000000000ull, UINT64_MAX};
    struct symbols_location location;
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    char text[64];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        symbols_find(symbols, addresses[i], &location);
        assert_null(location.function);
        assert_null(location.file);
        symbols_describe(symbols, addresses[i], text, sizeof(text));
        assert_string_equal(text, "");
    }
    /* Data is no place of code. */
    symbols_find(symbols, file_address((uintptr_t)&landmark_line), &location);
    assert_null(location.function);
    symbols_close(symbols);
}

static void test_small_buffer(void **state)
{
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    char text[6];

    (void)state;
    symbols_describe(symbols, file_address((uintptr_t)landmark), text, sizeof(text));
    assert_string_equal(text, "landm");
    symbols_close(symbols);
}

static void test_not_a_symbol_file(void **state)
{
    char *directory = fixture_directory(), path[4096];
    struct ebb_error error;

    (void)state;
    snprintf(path, sizeof(path), "%s/log", directory);
    assert_null(symbols_open(path, &error));
    fixture_write(directory, "log", "hello", 5);
    assert_null(symbols_open(path, &error));
    fixture_write(directory, "log", "\177ELF\2\1\1", 7);
    assert_null(symbols_open(path, &error));
    assert_non_null(strstr(error.message, path));
    fixture_remove(directory);
}

/* Without its second half this program has no section headers, hence no symbols. */
static void test_cut_off(void **state)
{
    char *directory = fixture_directory(), path[4096];
    struct ebb_error error;
    struct symbols *symbols;
    size_t size;
    uint8_t *bytes = fixture_read("/proc/self", "exe", &size);
    char text[64] = "";

    (void)state;
    snprintf(path, sizeof(path), "%s/log", directory);
    fixture_write(directory, "log", bytes, size / 2);
    symbols = symbols_open(path, &error);
    if (symbols) {
        symbols_describe(symbols, file_address((uintptr_t)landmark), text, sizeof(text));
        symbols_close(symbols);
    }
    assert_string_equal(text, "");
    free(bytes);
    fixture_remove(directory);
}

/* The process that reads symbols: the only child of this one. */
static pid_t reader(void)
{
    FILE *file = fopen("/proc/thread-self/children", "r");
    int pid = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

static void test_behind_walls(void **state)
{
    struct walls walls = walls_probe();
    struct ebb_error error;
    struct symbols *symbols;
    char path[64], line[256], seen[256] = "";
    FILE *file;

    (void)state;
    if (walls.parts != WALLS_ALL) {
        unit_skip("this system refuses some of the walls");
    }
    symbols = symbols_open(SELF, &error);
    assert_non_null(symbols);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)reader());
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "CapEff:", 7) == 0 || strncmp(line, "NoNewPrivs:", 11) == 0 ||
            strncmp(line, "Seccomp:", 8) == 0) {
            strncat(seen, line, sizeof(seen) - strlen(seen) - 1);
        }
    }
    fclose(file);
    assert_string_equal(seen, "CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    symbols_close(symbols);
}

/* Whoever asks is told that nothing is known any more, and not kept. */
static void check_lost(int signal, const char *why)
{
    uint64_t address = file_address((uintptr_t)landmark), value;
    struct symbols_location location;
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    char text[512];

    assert_non_null(symbols);
    assert_int_equal(kill(reader(), signal), 0);
    symbols_describe(symbols, address, text, sizeof(text));
    assert_non_null(strstr(text, why));
    symbols_find(symbols, address, &location);
    assert_null(location.function);
    assert_null(location.file);
    assert_false(symbols_lookup(symbols, "landmark", &value));
    assert_int_equal(symbols_read(symbols, address, text, 4), 0);
    symbols_close(symbols);
}

static void test_reader_dies(void **state)
{
    (void)state;
    check_lost(SIGKILL, "the process that reads them has died");
    check_lost(SIGSYS, "stopped by its walls");
}

/* The same questions as to the file itself, in one piece and in many. */
static void test_contents(void **state)
{
    uint64_t address = file_address((uintptr_t)landmark), found = 0;
    struct ebb_error error;
    struct symbols *symbols = symbols_open(SELF, &error);
    static uint8_t many[20000];
    size_t got;

    (void)state;
    assert_non_null(symbols);
    assert_int_equal(symbols_are_wide(symbols), sizeof(void *) == 8);
    assert_true(symbols_lookup(symbols, "landmark", &found));
    assert_true(found == address);
    assert_false(symbols_lookup(symbols, "no such thing", &found));
    assert_true(symbols_has_code_at(symbols, address));
    assert_false(symbols_has_code_at(symbols, address + 1));
    got = symbols_read(symbols, address, many, sizeof(many));
    assert_true(got >= 4 && got <= sizeof(many));
    assert_memory_equal(many, (const void *)(uintptr_t)landmark, 4);
    assert_int_equal(symbols_read(symbols, UINT64_MAX - 8, many, 8), 0);
    symbols_close(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function),          cmocka_unit_test(test_file),
        cmocka_unit_test(test_outside),           cmocka_unit_test(test_small_buffer),
        cmocka_unit_test(test_not_a_symbol_file), cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_behind_walls),      cmocka_unit_test(test_reader_dies),
        cmocka_unit_test(test_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
