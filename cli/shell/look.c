/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include "address.h"
#include "place.h"
#include "words.h"

#include "cli/guest_state.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_DEFAULT 64u
#define BYTES_MAX 4096u

/* A register's value, the highest byte first. */
static void print_value(const uint8_t *bytes, int size)
{
    printf("0x");
    for (int i = size; i > 0; i--) {
        printf("%02x", bytes[i - 1]);
    }
}

static int print_register(struct shell *shell, const struct target_register *reg,
                          struct ebb_error *error)
{
    uint8_t bytes[ADDRESS_REGISTER_BYTES];
    int size = address_register_bytes(shell, reg, bytes, error);
    char place[1024] = "";
    uint64_t value = 0;

    if (size < 0) {
        return -1;
    }
    for (int i = size < 8 ? size : 8; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    if (reg->is_integer && value) {
        place_describe(shell, value, place, sizeof(place));
    }
    printf("%-16s  ", reg->name);
    print_value(bytes, size);
    printf("%s%s\n", *place ? "  " : "", place);
    return 0;
}

static int print_all(struct shell *shell, struct ebb_error *error)
{
    for (size_t i = 0; i < shell->registers.count; i++) {
        if (print_register(shell, &shell->registers.list[i], error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The general registers, four on a line. */
static int print_general(struct shell *shell, struct ebb_error *error)
{
    static const char *const wide_names[] = {"sp", "pc", "cpsr"};
    static const char *const narrow_names[] = {"sp", "lr", "pc", "cpsr"};
    bool wide = guest_state_is_wide(shell->timeline);
    unsigned special = wide ? 31 : 13, shown = wide ? 34 : 17;

    for (unsigned i = 0; i < shown; i++) {
        /* gdb's numbering */
        unsigned number = !wide && i == 16 ? 25 : i;
        uint8_t bytes[ADDRESS_REGISTER_BYTES] = {0};
        int size = timeline_read_register(shell->timeline, number, bytes, sizeof(bytes), error);
        char name[12]; /* a letter and any unsigned number */

        if (size < 0) {
            return -1;
        }
        if (i < special) {
            snprintf(name, sizeof(name), "%c%u", wide ? 'x' : 'r', i);
        } else {
            snprintf(name, sizeof(name), "%s", (wide ? wide_names : narrow_names)[i - special]);
        }
        printf("%-5s ", name);
        print_value(bytes, size);
        printf("%s", i % 4 == 3 || i + 1 == shown ? "\n" : "   ");
    }
    return 0;
}

int look_registers(struct shell *shell, char *argument, struct ebb_error *error)
{
    const char *name = words_next(&argument);

    if (!name) {
        return print_general(shell, error);
    }
    if (strcmp(name, "all") == 0 && !*argument) {
        return print_all(shell, error);
    }
    for (; name; name = words_next(&argument)) {
        const struct target_register *reg = address_register(shell, name, error);

        if (!reg || print_register(shell, reg, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static void print_line(uint64_t address, const uint8_t *bytes, long count)
{
    printf("%016" PRIx64 " ", address);
    for (long i = 0; i < 16; i++) {
        printf(i < count ? " %02x" : "   ", i < count ? bytes[i] : 0);
    }
    printf("  ");
    for (long i = 0; i < 16 && i < count; i++) {
        putchar(isprint(bytes[i]) && bytes[i] < 128 ? bytes[i] : '.');
    }
    putchar('\n');
}

int look_memory(struct shell *shell, char *argument, struct ebb_error *error)
{
    bool physical = words_take(&argument, "-p");
    const char *where = words_next(&argument), *many = words_next(&argument);
    unsigned long long length = BYTES_DEFAULT;
    uint8_t bytes[BYTES_MAX];
    uint64_t address;
    long got;

    if (!where || *argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "write: x [-p] ADDRESS [BYTES]");
    }
    if (address_read(shell, where, &address, error) < 0 ||
        (many && options_number(many, "length", BYTES_MAX, &length, error) < 0)) {
        return -1;
    }
    got = physical ? timeline_read_physical(shell->timeline, address, bytes, (size_t)length, error)
                   : timeline_read_memory(shell->timeline, address, bytes, (size_t)length, error);
    if (got < 0) {
        return -1;
    }
    for (long i = 0; i < got; i += 16) {
        print_line(address + (uint64_t)i, bytes + i, got - i);
    }
    if ((unsigned long long)got < length) {
        printf("No memory is mapped at 0x%" PRIx64 ".\n", address + (uint64_t)got);
    }
    return 0;
}

/* What no function is at, by the name that it was asked for by: "total+0x4 (no function)", or
 * "total-0x4"; "" for what has none. */
static void describe_data(const struct shell *shell, const char *argument, uint64_t address,
                          char *buffer, size_t size)
{
    int length = (int)strcspn(argument, "+-");
    bool below;
    uint64_t base;
    char *name;

    *buffer = '\0';
    if (!shell->symbols || asprintf(&name, "%.*s", length, argument) < 0) {
        return;
    }
    if (symbols_lookup(shell->symbols, name, &base)) {
        base += symbols_offset(shell->symbols);
        below = address < base;
        snprintf(buffer, size, "%s%c0x%" PRIx64 " (no function)", name, below ? '-' : '+',
                 below ? base - address : address - base);
    }
    free(name);
}

int look_symbol(struct shell *shell, char *argument, struct ebb_error *error)
{
    char place[1024];
    uint64_t address;

    if (!*argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "write: symbol ADDRESS");
    }
    if (address_read(shell, argument, &address, error) < 0) {
        return -1;
    }
    place_describe(shell, address, place, sizeof(place));
    if (!*place) {
        describe_data(shell, argument, address, place, sizeof(place));
    }
    printf("0x%016" PRIx64 "  %s\n", address,
           *place           ? place
           : shell->symbols ? "no function is there"
                            : "there are no symbols");
    return 0;
}
