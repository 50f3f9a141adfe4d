/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floating point and vectors: results that depend on the last bit, rounding modes, cumulative
 * flags. No output but bit patterns.
 */
#include "guest.h"

typedef float float_vector __attribute__((vector_size(16)));
typedef uint32_t word_vector __attribute__((vector_size(16)));

static uint64_t bits(double value)
{
    union {
        double value;
        uint64_t bits;
    } pun = {.value = value};

    return pun.bits;
}

#ifdef __aarch64__
static void set_control(uint32_t control)
{
    __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)control));
}

static uint32_t flags(void)
{
    uint64_t status;

    __asm__ volatile("mrs %0, fpsr" : "=r"(status));
    return status;
}

static void clear_flags(void)
{
    __asm__ volatile("msr fpsr, xzr");
}
#else
static void set_control(uint32_t control)
{
    __asm__ volatile("vmsr fpscr, %0" ::"r"(control));
}

static uint32_t flags(void)
{
    uint32_t status;

    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    return status & 0x9f;
}

static void clear_flags(void)
{
    set_control(0);
}
#endif

static double logistic(unsigned rounds)
{
    volatile double x = 0.375;

    while (rounds--) {
        x = 3.999 * x * (1.0 - x);
    }
    return x;
}

/* Rounds to nearest, up, down, to zero: the control register's bits 23:22. */
static void rounding(void)
{
    volatile double one = 1.0, three = 3.0;
    uint64_t results[4];

    for (unsigned mode = 0; mode < 4; mode++) {
        set_control(mode << 22);
        results[mode] = bits(one / three);
        print("float: mode %u gives %X\n", mode, results[mode]);
    }
    set_control(0);
    check(results[1] == results[2] + 1, "up and down differ in the last bit");
    check(results[3] == results[2], "down and to zero agree");
}

static void cumulative_flags(void)
{
    volatile double zero = 0.0, one = 1.0, three = 3.0, result;

    clear_flags();
    result = one / zero;
    check(flags() == 2, "division by zero");
    clear_flags();
    result = zero / zero;
    check(flags() == 1, "invalid operation");
    clear_flags();
    result = one / three;
    check(flags() == 16, "inexact");
    (void)result;
}

static void vectors(void)
{
    float_vector sum = {0.0f, 0.25f, 0.5f, 0.75f};
    word_vector hash = {1, 2, 3, 4};
    const float_vector factor = {1.0009f, 0.9991f, 1.0003f, 0.9997f};
    union {
        float_vector floats;
        uint32_t words[4];
    } result;

    for (uint32_t i = 0; i < 20000; i++) {
        sum = sum * factor + (float_vector){0.001f, 0.002f, 0.003f, 0.004f};
        hash = (hash << 7 | hash >> 25) ^ (hash + i);
    }
    result.floats = sum;
    print("float: vectors %x %x %x %x, %x %x %x %x\n", result.words[0], result.words[1],
          result.words[2], result.words[3], hash[0], hash[1], hash[2], hash[3]);
}

int main(void)
{
    rounding();
    cumulative_flags();
    print("float: logistic %X\n", bits(logistic(100000)));
    print("float: square root %X\n", bits(__builtin_sqrt(2.0 + logistic(0))));
    vectors();
    finish("float");
}
