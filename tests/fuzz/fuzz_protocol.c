/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditions of breakpoints from strangers: expressions as gdb makes them, with random changes, and
 * random ones (rounds.h). Wanted are no crash, no sanitizer's report, an end, and that of a list
 * one that is true is enough.
 */
#include "protocol/conditions.h"
#include "rounds.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 100000, LENGTH_MAX = 64, REGISTERS = 34, MEMORY = 256 };

struct expression {
    uint8_t bytes[2 + LENGTH_MAX]; /* behind their length */
    size_t length;
};

static const struct {
    const char *bytes;
    size_t length;
} whole[] = {
    /* x == 5, in a register and in memory */
    {"\x26\x00\x00\x2a\x20\x22\x05\x13\x27", 9},
    {"\x26\x00\x1d\x22\x10\x02\x19\x16\x20\x22\x05\x13\x27", 13},
    /* (int) x < 0 && y != 0 */
    {"\x26\x00\x00\x16\x20\x22\x00\x14\x20\x00\x0c\x22\x26\x00\x01\x0e\x0e\x27", 18},
    /* x / y + x % y, x << y, a number of eight bytes at a far address */
    {"\x26\x00\x00\x26\x00\x01\x05\x26\x00\x00\x26\x00\x01\x07\x02\x27", 16},
    {"\x26\x00\x00\x26\x00\x01\x09\x27", 8},
    {"\x25\xff\xff\xff\xff\xff\xff\xff\xff\x1a\x27", 11},
    /* all that moves values, and an endless loop */
    {"\x22\x01\x22\x02\x22\x03\x33\x2b\x28\x32\x02\x29\x02\x03\x04\x27", 16},
    {"\x22\x01\x21\x00\x02", 5},
};

static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    uint64_t state = *(uint64_t *)opaque + number;

    *value = number % 3 ? rounds_random(&state) : number;
    return number < REGISTERS;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    rounds_check(length == 1 || length == 2 || length == 4 || length == 8, "a strange length");
    if (address > MEMORY - length) {
        return false;
    }
    memset(bytes, (int)(*(uint64_t *)opaque + address), length);
    return true;
}

static void put_length(struct expression *expression)
{
    expression->bytes[0] = 0;
    expression->bytes[1] = (uint8_t)expression->length;
}

static void change(struct expression *expression, uint64_t *random)
{
    size_t place = 2 + rounds_draw(random, (uint32_t)expression->length);

    switch (rounds_draw(random, 4)) {
    case 0:
        expression->bytes[place] = (uint8_t)rounds_draw(random, 256);
        break;
    case 1: /* another instruction */
        expression->bytes[place] = (uint8_t)rounds_draw(random, 0x34);
        break;
    case 2: /* it ends earlier */
        expression->length = place - 2 + 1;
        break;
    default: /* it goes on */
        for (size_t i = expression->length; i < LENGTH_MAX; i++) {
            expression->bytes[2 + i] = (uint8_t)rounds_draw(random, 0x34);
        }
        expression->length = LENGTH_MAX;
        break;
    }
}

static void make(struct expression *expression, uint64_t *random)
{
    size_t which = rounds_draw(random, sizeof(whole) / sizeof(whole[0]));

    expression->length = whole[which].length;
    memcpy(expression->bytes + 2, whole[which].bytes, expression->length);
    for (uint32_t changes = rounds_draw(random, 5); changes > 0; changes--) {
        change(expression, random);
    }
    put_length(expression);
}

/* The bytes in a block of their own size, so that the sanitizer sees a read beyond their end. */
static bool hold(const struct expression *list, size_t count, uint64_t seed, bool big_endian)
{
    const struct conditions_guest guest = {
        .opaque = &seed,
        .big_endian = big_endian,
        .read_register = read_register,
        .read_memory = read_memory,
    };
    size_t size = 0, at = 0;
    uint8_t *bytes;
    bool result;

    for (size_t i = 0; i < count; i++) {
        size += 2 + list[i].length;
    }
    bytes = malloc(size);
    rounds_check(bytes != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + at, list[i].bytes, 2 + list[i].length);
        at += 2 + list[i].length;
    }
    rounds_check(conditions_are_whole(bytes, size), "a list is not whole");
    rounds_check(!conditions_are_whole(bytes, size - 1), "a list that is cut off is whole");
    result = conditions_hold(bytes, size, &guest);
    free(bytes);
    return result;
}

int main(int argc, char **argv)
{
    uint64_t seed;

    rounds_begin(argc, argv, 1, ROUNDS);
    while (rounds_next(&seed)) {
        uint64_t random = seed;
        struct expression list[2];
        bool big_endian = rounds_draw(&random, 2), first;

        make(&list[0], &random);
        make(&list[1], &random);
        first = hold(list, 1, seed, big_endian);
        rounds_check(first == hold(list, 1, seed, big_endian), "a condition has two values");
        rounds_check(!first || hold(list, 2, seed, big_endian),
                     "one that is true is not enough of two");
    }
    return 0;
}
