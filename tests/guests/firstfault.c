/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loads with the instructions of SVE that stop at the first element which they cannot load, and say
 * so in FFR: at the end of a page, and where a watchpoint of the CPU's debug registers is. The
 * tests know the names, the rounds, and which instruction loads what.
 */
#include "guest.h"

#define ROUNDS 5
#define PAGE 4096u
#define VECTOR 256u /* bytes, with -cpu max */
#define OWN_WATCHPOINT 0x180u

volatile uint8_t text[2 * PAGE] __attribute__((aligned(4096)));
static volatile uint8_t loaded[VECTOR];
static uint8_t wanted[VECTOR];

/* Loads to z0; returns how many elements there are by FFR, and leaves z0 in loaded. */
#define LOAD(label, size, prepare, load)                                                           \
    __attribute__((noinline)) static unsigned label(const volatile uint8_t *from, uint64_t active) \
    {                                                                                              \
        uint64_t count;                                                                            \
        __asm__ volatile(".arch_extension sve\n\t"                                                 \
                         "setffr\n\tptrue p0.b\n\tdup z0.b, #0x55\n\t"                             \
                         "whilelo p1." size ", xzr, %2\n\t" prepare ".globl at_" #label "\n"       \
                         "at_" #label ": " load "\n\t"                                             \
                         "rdffr p2.b\n\tcntp %0, p1, p2." size "\n\t"                              \
                         "st1b {z0.b}, p0, [%3]"                                                   \
                         : "=&r"(count)                                                            \
                         : "r"(from), "r"(active), "r"(loaded)                                     \
                         : "memory", "cc");                                                        \
        return (unsigned)count;                                                                    \
    }

LOAD(bytes, "b", "", "ldff1b {z0.b}, p1/z, [%1, xzr]")
LOAD(halves, "h", "", "ldff1h {z0.h}, p1/z, [%1, xzr, lsl #1]")
LOAD(halves_no_fault, "h", "", "ldnf1h {z0.h}, p1/z, [%1]")
LOAD(gathered, "s", "index z0.s, #0, #8\n\t", "ldff1w {z0.s}, p1/z, [%1, z0.s, uxtw]")

/* Whether bytes of the vector are what the page has at from, and the rest are zeroes. */
static bool has(const uint8_t *expected, unsigned size)
{
    uint8_t zeroes[VECTOR];

    memset(zeroes, 0, sizeof(zeroes));
    return memcmp((const uint8_t *)loaded, expected, size) == 0 &&
           memcmp((const uint8_t *)loaded + size, zeroes, VECTOR - size) == 0;
}

/* What text is filled with; nothing but the loads above reads text itself. */
static uint8_t content(unsigned offset)
{
    return (uint8_t)(offset * 7 + offset / 256 + 1);
}

/* size bytes, the beginnings of its groups of four step bytes from one another. */
static const uint8_t *contents(unsigned offset, unsigned size, unsigned step)
{
    unsigned i;

    for (i = 0; i < size; i++) {
        wanted[i] = content(offset + i / 4 * step + i % 4);
    }
    return wanted;
}

#define WRITE(name, value) __asm__ volatile("msr " name ", %0\n\tisb" ::"r"((uint64_t)(value)))

static void vectors_on(void)
{
    WRITE("cpacr_el1", 3u << 20 | 3u << 16);
    WRITE("s3_0_c1_c2_0", 15); /* ZCR_EL1: as long as there are */
}

/* Loads of four bytes, at any level. */
static void own_watchpoint(bool on)
{
    WRITE("oslar_el1", 0);
    WRITE("mdscr_el1", 1u << 15 | 1u << 13);
    WRITE("dbgwvr0_el1", (uintptr_t)text + OWN_WATCHPOINT);
    WRITE("dbgwcr0_el1", on ? 1u | 3u << 1 | 1u << 3 | 0xfu << 5 : 0);
    __asm__ volatile("msr daifclr, #8\n\tisb"); /* debug exceptions */
}

__attribute__((noinline)) void one_round(void)
{
    check(bytes(text + 0x100, VECTOR) == VECTOR, "all bytes of a page");
    check(has(contents(0x100, VECTOR, 4), VECTOR), "their contents");
    check(bytes(text + PAGE - 100, VECTOR) == 100, "bytes up to the page's end");
    check(has(contents(PAGE - 100, 100, 4), 100), "their contents");
    check(bytes(text + PAGE - 1, 2) == 1, "the last byte of a page");
    check(has(contents(PAGE - 1, 1, 4), 1), "its contents");
    check(halves(text + PAGE - 1, 4) == 1, "the first element lies on both pages");
    check(has(contents(PAGE - 1, 2, 4), 2), "its contents");
    check(halves_no_fault(text + PAGE - 1, 4) == 1, "the same without faults");
    check(has(contents(PAGE - 1, 2, 4), 2), "its contents");
    check(gathered(text + PAGE - 256, VECTOR / 4) == VECTOR / 4, "elements of both pages");
    check(has(contents(PAGE - 256, VECTOR, 8), VECTOR), "their contents");
    own_watchpoint(true);
    check(bytes(text + 0x100, VECTOR) == OWN_WATCHPOINT - 0x100, "bytes up to a watchpoint");
    check(has(contents(0x100, OWN_WATCHPOINT - 0x100, 4), OWN_WATCHPOINT - 0x100),
          "their contents");
    own_watchpoint(false);
}

int main(void)
{
    unsigned i;

    flat_map_on();
    vectors_on();
    for (i = 0; i < sizeof(text); i++) {
        text[i] = content(i);
    }
    for (i = 0; i < ROUNDS; i++) {
        one_round();
    }
    finish("firstfault");
}
