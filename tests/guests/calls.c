/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of all kinds: recursion, tail calls, calls left by longjmp(), in an interrupt, in two
 * threads by turns, of two functions of one name, with arguments of many types, and one that never
 * returns.
 */
#include "guest.h"

#define APART __attribute__((noinline, noclone))
#define PERIOD 200 /* microseconds */
#define STACK 4096

enum colour { RED, GREEN = 7, BLUE };

struct pair {
    int first, second;
};

struct saved {
    uintptr_t registers[16];
};

int save(struct saved *where);
_Noreturn void restore(const struct saved *where, int value);
void change(struct saved *from, const struct saved *to);
unsigned other_chosen(unsigned count);

volatile unsigned effects;
static volatile unsigned ticks;
static struct saved place, first, second;
static _Alignas(16) unsigned char stack[STACK];

/* As setjmp(), longjmp() and a change of threads are made. */
#ifdef __aarch64__
__asm__(".pushsection .text\n"
        ".global save\n.type save, %function\nsave:\n"
        "stp x19, x20, [x0]\nstp x21, x22, [x0, 16]\nstp x23, x24, [x0, 32]\n"
        "stp x25, x26, [x0, 48]\nstp x27, x28, [x0, 64]\nstp x29, x30, [x0, 80]\n"
        "mov x9, sp\nstr x9, [x0, 96]\nmov w0, 0\nret\n"
        ".global restore\n.type restore, %function\nrestore:\n"
        "ldp x19, x20, [x0]\nldp x21, x22, [x0, 16]\nldp x23, x24, [x0, 32]\n"
        "ldp x25, x26, [x0, 48]\nldp x27, x28, [x0, 64]\nldp x29, x30, [x0, 80]\n"
        "ldr x9, [x0, 96]\nmov sp, x9\nmov w0, w1\nret\n"
        ".global change\n.type change, %function\nchange:\n"
        "mov x10, x1\nmov x11, x30\nmov x12, x0\nbl save\nstr x11, [x12, 88]\nmov x0, x10\nmov w1, "
        "1\nb restore\n"
        ".popsection\n");
#define STACK_POINTER 12
#define LINK 11
#else
__asm__(".pushsection .text\n.arm\n"
        ".global save\n.type save, %function\nsave:\n"
        "stm r0, {r4-r11, sp, lr}\nmov r0, #0\nbx lr\n"
        ".global restore\n.type restore, %function\nrestore:\n"
        "ldm r0, {r4-r11, sp, lr}\nmov r0, r1\nbx lr\n"
        ".global change\n.type change, %function\nchange:\n"
        "stm r0, {r4-r11, sp, lr}\nmov r0, r1\nb restore\n"
        ".popsection\n");
#define STACK_POINTER 8
#define LINK 9
#endif

APART static unsigned chosen(unsigned number)
{
    effects ^= number;
    return number * 2;
}

APART unsigned fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

APART bool is_odd(unsigned n);

APART bool is_even(unsigned n)
{
    effects++;
    return n == 0 ? true : is_odd(n - 1);
}

APART bool is_odd(unsigned n)
{
    effects--;
    return n == 0 ? false : is_even(n - 1);
}

APART int describe(enum colour colour, const char *name, long long big, struct pair pair,
                   signed char small, bool flag)
{
    effects += (unsigned)colour + (unsigned)big;
    return flag ? (int)name[0] + pair.first : small - pair.second;
}

APART long long many(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
    effects += (unsigned)(a + b + c + d + e + f + g + h);
    return (long long)i << 32 | (unsigned)a;
}

APART struct pair both(int number)
{
    effects++;
    return (struct pair){number, -number};
}

APART void tick(unsigned number)
{
    effects ^= number << 3;
}

static void on_tick(void)
{
    tick(++ticks);
    timer_start(PERIOD);
}

/* A caller that does something else goes on right behind the call. */
APART void risky(unsigned number)
{
    effects += number;
    if (number % 2) {
        restore(&place, 1);
    }
    effects -= number;
}

APART unsigned attempt(unsigned count)
{
    volatile unsigned done = 0;

    while (done < count) {
        if (!save(&place)) {
            risky(done);
        }
        done++;
    }
    return done;
}

APART unsigned in_turn(unsigned number, struct saved *mine, struct saved *others)
{
    effects += number;
    change(mine, others);
    return number + 1;
}

static void second_thread(void)
{
    for (unsigned i = 100;; i++) {
        in_turn(i, &second, &first);
    }
}

APART static void threads(unsigned count)
{
    second.registers[STACK_POINTER] = (uintptr_t)(stack + sizeof(stack));
    second.registers[LINK] = (uintptr_t)second_thread;
    for (unsigned i = 0; i < count; i++) {
        in_turn(i, &first, &second);
    }
}

APART unsigned busy(unsigned rounds)
{
    while (ticks < rounds) {
        effects = effects * 1664525 + 1013904223;
    }
    return ticks;
}

__attribute__((always_inline)) static inline unsigned everywhere(unsigned number)
{
    return number * effects;
}

__attribute__((used)) APART unsigned never(void)
{
    return effects;
}

APART _Noreturn void last(const char *name)
{
    effects += everywhere(5);
    finish(name);
}

int main(void)
{
    struct pair pair;

    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    check(fibonacci(7) == 13, "recursion");
    check(is_even(6) && !is_even(3), "tail calls");
    describe(GREEN, "green", 0x123456789abcll, (struct pair){1, 2}, -3, true);
    describe((enum colour)99, "none", -1, (struct pair){3, 4}, 5, false);
    many(1, 2, 3, 4, 5, 6, 7, 8, 9);
    pair = both(4);
    check(pair.second == -4, "a struct");
    check(chosen(1) + other_chosen(3) == 11, "one name");
    check(attempt(6) == 6, "longjmp");
    threads(5);
    irq_unmask();
    timer_start(PERIOD);
    busy(6);
    timer_stop();
    irq_mask();
    last("calls");
}
