/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values that go through memory and registers in all ways that a value can be copied, and of which
 * it is known where they began: each way ends in a variable whose name begins with end_.
 */
#include "board.h"
#include "fw_cfg.h"
#include "guest.h"

#define APART __attribute__((noinline, noclone))
#define PERIOD 100    /* microseconds */
#define UART_ID 0xfe0 /* PL011, UARTPeriphID0 */

struct pair {
    uintptr_t first, second;
};

struct packet {
    uint32_t words[12];
};

/* Where values begin, and what is on their way. */
volatile uintptr_t seed = 0x1234;
struct packet packet_begin, packet_between;
struct pair pair_begin;
volatile uint32_t signature, word_begin = 0x89abcdef;
volatile uint8_t byte_begin = 0x80;
volatile uintptr_t made, swapped_begin;
volatile uint32_t ticks;

/* The ends. */
volatile uintptr_t end_copied, end_computed, end_constant, end_selected, end_swapped, end_compared;
volatile uintptr_t end_interrupted, end_called, end_status, end_initial;
volatile uint32_t end_word, end_byte, end_device, end_dma, end_turned, end_signed, end_extracted;
volatile uint16_t end_half;
struct pair end_pair;
struct packet end_packet;

/* Says nothing of its value to the compiler, and is one register. */
#define HIDE(value) __asm__ volatile("" : "+r"(value))

APART static uintptr_t compute(uintptr_t value)
{
    HIDE(value);
    return value * 3 + 7;
}

static void on_tick(void)
{
    timer_stop();
    ticks++;
}

/* The value is in a register that the interrupt's entry saves and its return restores. */
APART static uintptr_t through_interrupt(uintptr_t value)
{
    uint32_t before = ticks;

    timer_start(PERIOD);
    irq_unmask();
    while (ticks == before) {
        HIDE(value);
    }
    irq_mask();
    return value;
}

/* As a function that is in need of registers does. */
APART static uintptr_t through_stack(uintptr_t value)
{
#ifdef __aarch64__
    __asm__ volatile("stp %0, xzr, [sp, -32]!\n"
                     "mov %0, 0\n"
                     "ldr %0, [sp], 32\n"
                     : "+r"(value)
                     :
                     : "memory");
#else
    __asm__ volatile("push {%0, lr}\n"
                     "mov %0, #0\n"
                     "pop {%0, lr}\n"
                     : "+r"(value)
                     :
                     : "memory");
#endif
    return value;
}

APART static uintptr_t swap(volatile uintptr_t *where, uintptr_t value)
{
#ifdef __aarch64__
    uintptr_t old;

    __asm__ volatile(".arch_extension lse\n"
                     "swpal %1, %0, [%2]\n"
                     : "=r"(old)
                     : "r"(value), "r"(where)
                     : "memory");
    return old;
#else
    return __atomic_exchange_n(where, value, __ATOMIC_SEQ_CST);
#endif
}

/* Stores if the comparison holds; if not, it looks like a store. */
APART static void store_if(volatile uintptr_t *where, uintptr_t expected, uintptr_t value)
{
#ifdef __aarch64__
    __asm__ volatile(".arch_extension lse\n"
                     "cas %0, %1, [%2]\n"
                     : "+r"(expected)
                     : "r"(value), "r"(where)
                     : "memory");
#else
    __atomic_compare_exchange_n(where, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
#endif
}

APART static uintptr_t select_one(uintptr_t first, uintptr_t second, uintptr_t flag)
{
    uintptr_t result;

#ifdef __aarch64__
    __asm__ volatile("cmp %3, 0\n"
                     "csel %0, %1, %2, ne\n"
                     : "=r"(result)
                     : "r"(first), "r"(second), "r"(flag)
                     : "cc");
#else
    __asm__ volatile("mov %0, %2\n"
                     "cmp %3, #0\n"
                     "it ne\n"
                     "movne %0, %1\n"
                     "it eq\n"
                     "moveq %0, %2\n"
                     : "=&r"(result)
                     : "r"(first), "r"(second), "r"(flag)
                     : "cc");
#endif
    return result;
}

APART static uintptr_t status(void)
{
    uintptr_t value;

#ifdef __aarch64__
    __asm__ volatile("mrs %0, vbar_el1" : "=r"(value));
#else
    __asm__ volatile("mrc p15, 0, %0, c12, c0, 0" : "=r"(value));
#endif
    return value;
}

APART static void copy_words(void)
{
    for (unsigned i = 0; i < 12; i++) {
        packet_begin.words[i] = (uint32_t)compute(i);
    }
    packet_between = packet_begin;
    memcpy(&end_packet, &packet_between, sizeof(end_packet));
}

APART static void copy_parts(void)
{
    uint32_t word = word_begin;
    int8_t byte = (int8_t)byte_begin;

    end_word = word;
    end_half = (uint16_t)(word >> 16);
    end_turned = __builtin_bswap32(word);
    end_extracted = word >> 8 & 0xff;
    end_signed = (uint32_t)(int32_t)byte;
    end_byte = byte_begin;
}

APART static void copy_pair(struct pair *to, const struct pair *from)
{
#ifdef __aarch64__
    uintptr_t first, second;

    __asm__ volatile("ldp %0, %1, [%3]\n"
                     "stp %0, %1, [%2]\n"
                     : "=&r"(first), "=&r"(second)
                     : "r"(to), "r"(from)
                     : "memory");
#else
    __asm__ volatile("ldrd r2, r3, [%1]\n"
                     "strd r2, r3, [%0]\n"
                     :
                     : "r"(to), "r"(from)
                     : "r2", "r3", "memory");
#endif
}

APART static void read_devices(void)
{
    fw_cfg_read(FW_CFG_SIGNATURE, (uintptr_t)&signature, sizeof(signature));
    end_dma = signature;
    end_device = read32(UART_BASE + UART_ID);
}

APART static void go_ways(void)
{
    made = compute(seed);
    end_computed = made;
    end_copied = through_stack(made);
    end_called = through_interrupt(end_copied);
    end_constant = 0x42;
    end_selected = select_one(made, seed, ticks);
    swapped_begin = made;
    end_swapped = swap(&swapped_begin, end_constant);
    end_compared = swapped_begin;
    store_if(&end_compared, end_constant, made);
    store_if(&end_compared, end_constant, seed);
    end_status = status();
    end_initial = seed;
    pair_begin.first = made;
    pair_begin.second = compute(made);
    copy_pair(&end_pair, &pair_begin);
}

int main(void)
{
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    copy_words();
    copy_parts();
    read_devices();
    go_ways();
    end_interrupted = through_interrupt(made);
    check(end_interrupted == made && end_swapped == made, "values are whole");
    finish("origin");
}
