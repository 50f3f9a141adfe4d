/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Works on 16 MiB of memory in no order, some hundred million instructions long, however much RAM
 * there is. */
#include "guest.h"

#define ROUNDS 400000
#define WORDS ((16u << 20) / sizeof(uint32_t))

static uint32_t words[WORDS];

__attribute__((noinline)) static uint32_t next(uint32_t number)
{
    for (unsigned i = 0; i < 32; i++) {
        number ^= number << 13;
        number ^= number >> 17;
        number ^= number << 5;
    }
    return number;
}

int main(void)
{
    uint32_t number = 1;

    for (unsigned round = 0; round < ROUNDS; round++) {
        number = next(number);
        words[number % WORDS] += number;
    }
    print("spread: %x\n", number);
    finish("spread");
}
