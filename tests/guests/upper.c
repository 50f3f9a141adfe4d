/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs in the upper half of the address space, as kernels do. Each interrupt makes another one,
 * which waits for the end of the first, and that one itself once more; behind the end of each the
 * guest sleeps and does not look at the interrupt controller again, so that nothing but the next
 * interrupt wakes it.
 */
#include "guest.h"

#define UPPER 0xffffffff00000000ul
#define FIRST_IRQ 3
#define SECOND_IRQ 4
#define ROUNDS 400

/* TCR_EL1, for TTBR1: as translation.c has it for TTBR0, and no walks disabled. */
#define UPPER_TCR (32ul << 16 | 1ul << 24 | 1ul << 26 | 3ul << 28 | 2ul << 30)
#define WALKS_DISABLED (1ul << 23)

static volatile unsigned seconds;
static volatile uint32_t checksum;

static void on_first(void)
{
    irq_send_to_self(SECOND_IRQ);
}

static void on_second(void)
{
    if (seconds++ % 2 == 0) {
        irq_send_to_self(SECOND_IRQ);
    }
    checksum = (checksum << 5 | checksum >> 27) ^ seconds;
}

/* The same tables for the upper half, for code and vectors; the stack stays where it is. */
static void go_up(void)
{
    uint64_t tables, control, vectors;

    __asm__ volatile("mrs %0, ttbr0_el1" : "=r"(tables));
    __asm__ volatile("mrs %0, tcr_el1" : "=r"(control));
    __asm__ volatile("mrs %0, vbar_el1" : "=r"(vectors));
    __asm__ volatile("msr ttbr1_el1, %0" ::"r"(tables));
    __asm__ volatile("msr tcr_el1, %0" ::"r"((control & ~WALKS_DISABLED) | UPPER_TCR));
    __asm__ volatile("msr vbar_el1, %0" ::"r"(vectors + UPPER));
    __asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    __asm__ volatile("adr x0, 1f\n\tadd x0, x0, %0\n\tbr x0\n1:" ::"r"(UPPER) : "x0", "memory");
}

static void play_round(unsigned until)
{
    irq_mask();
    irq_send_to_self(FIRST_IRQ);
    while (seconds < until) {
        wait_for_interrupt();
        irq_unmask();
        irq_mask();
    }
    irq_unmask();
}

int main(void)
{
    irq_init();
    irq_enable(FIRST_IRQ, on_first);
    irq_enable(SECOND_IRQ, on_second);
    go_up();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        play_round(2 * round);
    }
    print("upper: checksum %x\n", checksum);
    finish("upper");
}
