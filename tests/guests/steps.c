/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Something to debug: calls, recursion, loops, and variables whose every value is known, while a
 * timer interrupt comes by. The tests of gdb know this program's functions and the lines that are
 * marked.
 */
#include "guest.h"

/* Microseconds; in an emulated host, interrupts that came faster would leave time for nothing. */
#ifdef FOR_KVM
#define PERIOD 1000
#else
#define PERIOD 100
#endif
#define ITEMS 8

struct item {
    unsigned number;
    unsigned value;
    struct item *next;
};

volatile unsigned total;
volatile unsigned ticks;
volatile unsigned spins;
struct item items[ITEMS];
struct item *head;

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
}

__attribute__((noinline)) unsigned square(unsigned x)
{
    return x * x; /* mark: square */
}

__attribute__((noinline)) unsigned factorial(unsigned n)
{
    if (n <= 1) {
        return 1; /* mark: factorial bottom */
    }
    return n * factorial(n - 1);
}

__attribute__((noinline)) void add_to_total(unsigned amount)
{
    total += amount; /* mark: add */
}

__attribute__((noinline)) void sum_squares(unsigned count)
{
    unsigned i;

    for (i = 1; i <= count; i++) {
        add_to_total(square(i)); /* mark: loop */
    }
} /* mark: sum end */

__attribute__((noinline)) void build_list(void)
{
    unsigned i;

    head = NULL;
    for (i = 0; i < ITEMS; i++) {
        items[i].number = i;
        items[i].value = factorial(i);
        items[i].next = head;
        head = &items[i]; /* mark: head */
    }
}

__attribute__((noinline)) unsigned walk_list(void)
{
    unsigned sum = 0;
    struct item *item;

    for (item = head; item; item = item->next) {
        sum += item->value;
    }
    return sum;
}

__attribute__((noinline)) void spin(unsigned rounds)
{
    while (rounds--) {
        spins++;
    }
}

int main(void)
{
    unsigned sum;

    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    sum_squares(10); /* mark: call sum_squares */
    build_list();    /* mark: call build_list */
    sum = walk_list();
    spin(100000);
    while (!ticks) {
        spin(1000);
    }
    timer_stop();
    irq_mask();
    print("steps: total %u, list %u\n", total, sum);
    check(total == 385, "sum of squares");
    check(sum == 5914, "sum of the list");
    finish("steps");
}
