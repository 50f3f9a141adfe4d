/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Has the CPU ignore the top byte of addresses, as kernels and programs do that keep tags there,
 * and accesses one object by several names. AArch64 only. The tests know the names and the counts.
 */
#include "guest.h"

#define ROUNDS 10
#define TOP_BYTE_IGNORED (1ull << 37)
#define TAGS 4

volatile uint64_t object[4] __attribute__((aligned(64)));
volatile uint64_t *names[TAGS];
volatile unsigned faults;

static void on_exception(struct exception *exception)
{
    check(exception->kind == EXCEPTION_DATA_ABORT, "kind of exception");
    faults++;
    exception->pc += 4;
}

static void ignore_top_byte(bool on)
{
    uint64_t control;

    __asm__ volatile("mrs %0, tcr_el1" : "=r"(control));
    control = on ? control | TOP_BYTE_IGNORED : control & ~TOP_BYTE_IGNORED;
    __asm__ volatile("msr tcr_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::"r"(control)
                     : "memory");
}

__attribute__((noinline)) static void store(volatile uint64_t *to, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(to) : "memory");
}

__attribute__((noinline)) static void store_pair(volatile uint64_t *to, uint64_t value)
{
    __asm__ volatile("stp %0, %0, [%1]" ::"r"(value), "r"(to) : "memory");
}

__attribute__((noinline)) static uint64_t load(volatile uint64_t *from)
{
    return *from;
}

static void one_round(unsigned round)
{
    unsigned i;

    for (i = 0; i < TAGS; i++) {
        store(names[i] + 1, round * 0x100 + i);
        check(load(names[TAGS - 1 - i] + 1) == round * 0x100 + i, "one object by two names");
        store(names[i] + 3, round);
    }
    store_pair(names[round % TAGS], round);
    check(object[1] == round, "a pair through a tagged pointer");
}

__attribute__((noinline)) void rounds_end(void)
{
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    static const uint8_t tags[TAGS] = {0, 0x5a, 0xa5, 0xff};
    unsigned i;

    set_exception_handler(on_exception);
    flat_map_on();
    ignore_top_byte(true);
    for (i = 0; i < TAGS; i++) {
        names[i] = (volatile uint64_t *)((uintptr_t)object | (uint64_t)tags[i] << 56);
    }
    for (i = 1; i <= ROUNDS; i++) {
        one_round(i);
    }
    rounds_end();
    check(faults == 0, "no faults while the tag is ignored");
    ignore_top_byte(false);
    store(names[1] + 1, 0xbad);
    check(faults == 1, "a fault when it is not");
    check(object[1] == ROUNDS, "the store was not made");
    finish("tags");
}
