/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmarks ask about. How much of it there is stands in RAM, where the command line of
 * QEMU's has put it (tests/bench/workload.py), so that one program is as long as one wants. */
#include "guest.h"

#define PAGE 4096u
#define WORDS 256u

struct amount {
    uint64_t rounds;
    uint64_t steps;      /* in each round */
    uint64_t seldom;     /* so many rounds go by between two of the rare things */
    uint64_t long_steps; /* in the one long call */
};

#define AMOUNT ((const volatile struct amount *)0x41f00000)

/* Pages on which one word is left alone once it has been written, and the rest hardly ever is. */
static struct {
    volatile uint64_t words[WORDS];
    volatile uint64_t quiet;
} array __attribute__((aligned(PAGE)));
static struct {
    volatile uint64_t hot;
    volatile uint64_t equal; /* stored in each round, and always the same */
    volatile uint64_t quiet;
} global __attribute__((aligned(PAGE)));
static struct {
    volatile uint64_t cold;
    uint8_t rest[PAGE - sizeof(uint64_t)];
} alone __attribute__((aligned(PAGE)));
volatile uint64_t seldom_value;
volatile uint64_t *stack_quiet;

static void on_exception(struct exception *exception)
{
    check(exception->kind == EXCEPTION_CALL, "kind of exception");
}

/* Never called, and on the page of what is executed most: its alignment is half a page. */
__attribute__((noinline, aligned(2048))) void never(void)
{
    print("never\n");
}

__attribute__((noinline)) uint64_t work(uint64_t seed, uint64_t steps)
{
    for (uint64_t i = 0; i < steps; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        array.words[seed % WORDS] = seed;
    }
    return seed;
}

__attribute__((noinline)) void often(uint64_t x)
{
    global.hot = x;
    global.equal = 1;
}

__attribute__((noinline)) void rarely(uint64_t round)
{
    seldom_value = round;
    __asm__ volatile("svc #7" ::: "memory");
}

/* Called once, at the beginning and at the end. */
__attribute__((noinline)) void begun(void)
{
    alone.cold = 1;
    array.quiet = 1;
    global.quiet = 1;
    *stack_quiet = 1;
}

__attribute__((noinline)) void ended(void)
{
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    volatile uint64_t quiet = 0;
    uint64_t seed = 88172645463325252ull;

    if (AMOUNT->rounds == 0)
        never();
    stack_quiet = &quiet;
    set_exception_handler(on_exception);
    begun();
    seed = work(seed, AMOUNT->long_steps);                       /* mark: the long call */
    for (uint64_t round = 1; round <= AMOUNT->rounds; round++) { /* mark: behind it */
        often(1000 + round);
        seed = work(seed, AMOUNT->steps);
        if (round % AMOUNT->seldom == 0)
            rarely(round);
    }
    ended();
    print("workload: %X\n", seed);
    finish("workload");
}
