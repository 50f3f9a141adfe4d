/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program below a hypervisor whose tables it can write to itself. It changes them in many ways,
 * those behind its own tables as well, and nobody invalidates a TLB: see stale.c. AArch64 only; run
 * with -M virt,virtualization=on.
 */
#include "guest.h"

#define ROUNDS 8u
#define ENTRIES 512u
#define PAGE_SIZE 4096u
#define RAM 0x40000000u
#define BLOCK_0 (RAM + 0x1000000u)
#define BLOCK_1 (RAM + 0x1200000u)
#define WINDOW 0x80000000ul /* the hypervisor decides what is there */
#define BEHIND 0xc0000000ul /* mapped by a table that is in the window's first page */

#define TABLE 3ull
#define PAGE 0x703ull
#define BLOCK 0x701ull
#define DEVICES (0x405ull | 3ull << 53)

/* Of the hypervisor's tables, in which memory has its type and permissions in the same entry. */
#define STAGE_2 0xfcull /* normal memory, to be read and written */
#define WRITABLE (1ull << 7)
#define STAGE_2_DEVICES (0x7c5ull & ~0x38ull)

#define HCR (1ul << 31 | 1ul) /* EL1 is AArch64; two stages */
#define VTCR (1ul << 31 | 3ul << 12 | 1ul << 10 | 1ul << 8 | 1ul << 6 | 32ul)

static uint64_t root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t moving[2][ENTRIES] __attribute__((aligned(4096)));
static uint64_t below_root[2][ENTRIES] __attribute__((aligned(4096)));
static uint64_t below_middle[2][ENTRIES] __attribute__((aligned(4096)));
static uint64_t below[2][ENTRIES] __attribute__((aligned(4096)));
static volatile uint32_t pages[4][PAGE_SIZE / 4] __attribute__((aligned(4096)));
static uint8_t hypervisor_stack[0x1000] __attribute__((aligned(16), used));

volatile uint64_t hypervisor_faults;

/* Skips what faults, sets its tables when told to, and passes other calls on. */
__asm__(".balign 0x800\n"
        "hypervisor_vectors: .space 0x400\n"
        "    stp x2, x3, [sp, #-16]!\n"
        "    mrs x2, esr_el2\n"
        "    lsr x2, x2, #26\n"
        "    cmp x2, #0x16\n"
        "    b.eq 1f\n"
        "    ldr x2, =hypervisor_faults\n"
        "    ldr x3, [x2]\n"
        "    add x3, x3, #1\n"
        "    str x3, [x2]\n"
        "    mrs x2, elr_el2\n"
        "    add x2, x2, #4\n"
        "    msr elr_el2, x2\n"
        "    b 3f\n"
        "1:  cmp x0, #1\n"
        "    b.ne 2f\n"
        "    msr vttbr_el2, x1\n"
        "    isb\n"
        "    b 3f\n"
        "2:  smc #0\n"
        "3:  ldp x2, x3, [sp], #16\n"
        "    eret\n"
        "    .ltorg\n");

/* Goes on at EL1, with the stack that it has. */
static void leave_hypervisor(void)
{
    __asm__ volatile("ldr x0, =hypervisor_vectors\n\tmsr vbar_el2, x0\n\t"
                     "ldr x0, =vectors\n\tmsr vbar_el1, x0\n\t"
                     "msr vtcr_el2, %2\n\tmsr vttbr_el2, %3\n\t"
                     "msr hcr_el2, %0\n\tmsr sctlr_el1, %1\n\t"
                     "mov x0, sp\n\tmsr sp_el1, x0\n\t"
                     "mov x0, #0x3c5\n\tmsr spsr_el2, x0\n\t" /* EL1, all masked */
                     "adr x0, 1f\n\tmsr elr_el2, x0\n\t"
                     "ldr x0, =hypervisor_stack + 0x1000\n\tmov sp, x0\n\t"
                     "isb\n\teret\n1:" ::"r"(HCR),
                     "r"(0x30d00800ul), "r"(VTCR), "r"(below_root[0])
                     : "x0", "memory");
}

static void set_hypervisor_root(unsigned which)
{
    register uint64_t x0 __asm__("x0") = 1;
    register uint64_t x1 __asm__("x1") = (uintptr_t)below_root[which];

    __asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1) : "memory");
}

static void build_tables(void)
{
    root[0] = DEVICES;
    root[1] = RAM | BLOCK;
    root[2] = WINDOW | BLOCK;
    root[3] = WINDOW | TABLE;
    moving[0][0] = BLOCK_0 | BLOCK;
    moving[1][0] = BLOCK_1 | BLOCK;
    for (unsigned tree = 0; tree < 2; tree++) {
        below_root[tree][0] = STAGE_2_DEVICES;
        below_root[tree][1] = RAM | BLOCK | STAGE_2;
        below_root[tree][2] = (uintptr_t)below_middle[tree] | TABLE;
        below_middle[tree][0] = (uintptr_t)below[tree] | TABLE;
    }
    *(volatile uint32_t *)(uintptr_t)BLOCK_0 = 0xb0;
    *(volatile uint32_t *)(uintptr_t)BLOCK_1 = 0xb1;
    for (unsigned i = 0; i < 4; i++) {
        pages[i][0] = 0x1111u * (i + 1);
    }
}

static void set(uint64_t *entry, uint64_t value)
{
    *(volatile uint64_t *)entry = value;
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

static uint64_t page_of(const volatile void *physical)
{
    return (uintptr_t)physical | PAGE | STAGE_2;
}

static void check_page(unsigned index, unsigned number, const char *what)
{
    check(load_word(WINDOW + index * PAGE_SIZE) == 0x1111u * (number + 1), what);
}

static void check_fault(const char *what)
{
    check(hypervisor_faults == 1, what);
    hypervisor_faults = 0;
}

static void map(unsigned index, unsigned number)
{
    set(&below[0][index], page_of(pages[number]));
    check_page(index, number, "a page is mapped");
}

static void change_page(unsigned i)
{
    map(i, 0);
    map(i, 1);
    *(volatile uint32_t *)(WINDOW + i * PAGE_SIZE + 4) = i;
    set(&below[0][i], below[0][i] & ~WRITABLE);
    *(volatile uint32_t *)(WINDOW + i * PAGE_SIZE + 4) = ~i;
    check_fault("it is read-only");
    check(pages[1][1] == i, "and was not written to");
    set(&below[0][i], 0);
    load_word(WINDOW + i * PAGE_SIZE);
    check_fault("it is not there any more");
}

static void change_above(unsigned i)
{
    map(i, 0);
    map(i + 1, 1);
    below[1][i] = page_of(pages[2]);
    below[1][i + 1] = page_of(pages[3]);
    set(&below_middle[0][0], (uintptr_t)below[1] | TABLE);
    check_page(i, 2, "another table: one page");
    check_page(i + 1, 3, "another table: one more");
    set(&below_middle[0][0], (uintptr_t)below[0] | TABLE);
    check_page(i + 1, 1, "the first table again");
    set_hypervisor_root(1);
    check_page(i, 2, "another root: one page");
    check_page(i + 1, 3, "another root: one more");
    set_hypervisor_root(0);
    check_page(i, 0, "the first root again");
}

/* What the program's own table is, as seen from below. */
static void move_table(void)
{
    set(&below[0][0], page_of(moving[0]));
    check(load_word(BEHIND) == 0xb0, "behind the first table");
    set(&below[0][0], page_of(moving[1]));
    check(load_word(BEHIND) == 0xb1, "behind the second table");
    set(&moving[1][0], BLOCK_0 | BLOCK);
    check(load_word(BEHIND) == 0xb0, "behind the second table, which has changed");
    *(volatile uint64_t *)WINDOW = BLOCK_1 | BLOCK;
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
    check(load_word(BEHIND) == 0xb1, "changed through the window");
    set(&below[0][0], 0);
    load_word(BEHIND);
    check_fault("behind no table");
}

int main(void)
{
    build_tables();
    leave_hypervisor();
    translation_on(root);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        change_page(8 * round);
        change_above(8 * round);
        move_table();
    }
    finish("stage2");
}
