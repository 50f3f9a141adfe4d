/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accesses pages in every way that the CPU has, around what the tests watch: 8 bytes at word, 8 in
 * front of and behind the end of the first page, 8 close to the end of the second, behind which
 * nothing is mapped. Values are one byte, repeated, so that many stores change nothing.
 *
 * Each instruction that accesses them has a label. In the first function: write_..., read_...,
 * both_... where it accesses the bytes at word so, near_... where it misses them; in the second,
 * cross_write_... and so on for those at the page's end; faults_... ends in an exception when it
 * has stored some.
 */
#include "guest.h"

#define ROUNDS 6
#define PAGE 4096u
#define TABLE 3ull
#define ENTRY 0x703ull /* accessed, inner shareable, normal memory */
#define BLOCK_SIZE 0x200000ull
#define RAM 0x40000000ull

volatile uint8_t pages[3 * PAGE] __attribute__((aligned(0x4000)));
uint8_t *const word = (uint8_t *)pages + 0x100;
uint8_t *const edge = (uint8_t *)pages + PAGE;
uint8_t *const end = (uint8_t *)pages + 2 * PAGE;
static uint64_t level1[4] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t level3[512] __attribute__((aligned(4096)));
static volatile unsigned faults;

static void on_exception(struct exception *exception)
{
    check(exception->kind == EXCEPTION_DATA_ABORT && exception->write, "kind of exception");
    faults++;
    exception->pc += 4;
}

/* hotpage-aarch64.s, hotpage-arm.s */
void around_word(uint8_t *address, uintptr_t value);
void around_edge(uint8_t *address, uintptr_t value);
void before_end(uint8_t *address, uintptr_t value);
#ifdef __aarch64__
__asm__(".include \"tests/guests/hotpage-aarch64.s\"");
#else
__asm__(".include \"tests/guests/hotpage-arm.s\"");
#endif

/* Every address to itself, but for the page behind end. */
static void map_on(void)
{
    uintptr_t hole = (uintptr_t)end;

    for (unsigned i = 0; i < 512; i++) {
        level2[i] = (RAM + i * BLOCK_SIZE) | (ENTRY & ~2ull);
        level3[i] = ((hole & ~(BLOCK_SIZE - 1)) + i * PAGE) | ENTRY;
    }
    level3[hole / PAGE % 512] = 0;
    level2[hole / BLOCK_SIZE % 512] = (uintptr_t)level3 | TABLE;
    level1[0] = 0x405 | 3ull << 53; /* devices */
    level1[1] = (uintptr_t)level2 | TABLE;
    __asm__ volatile("dsb sy" ::: "memory");
    translation_on(level1);
#ifdef __aarch64__
    uint64_t control;

    __asm__ volatile("msr cpacr_el1, %0\n\tisb" ::"r"(0x330000ull)); /* SVE */
    __asm__ volatile("mrs %0, tcr_el1" : "=r"(control));
    control |= 1ull << 37; /* the top byte is ignored */
    __asm__ volatile("msr tcr_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::"r"(control)
                     : "memory");
#endif
}

int main(void)
{
    set_exception_handler(on_exception);
    map_on();
    for (unsigned i = 0; i < ROUNDS; i++) {
        uintptr_t value = (uintptr_t)0x0101010101010101ull * (i / 2 + 1);

        around_word(word, value);
        around_edge(edge, value);
        before_end(end, value);
    }
    check(faults == 2 * ROUNDS, "count of faults");
    finish("hotpage");
}
