/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long history: some three thousand million instructions of which little is to be said. The tests
 * know the marked line. */
#include "guest.h"

#define ROUNDS 6000
#define WORDS 4096

static uint32_t words[WORDS];
volatile unsigned rounds;
volatile unsigned first_word_writes;

__attribute__((noinline)) static void shuffle(uint32_t seed)
{
    for (unsigned i = 0; i < WORDS; i++) {
        for (unsigned j = 0; j < 16; j++) {
            seed ^= seed << 13; /* mark: hot */
            seed ^= seed >> 17;
            seed ^= seed << 5;
        }
        words[i] += seed;
    }
}

int main(void)
{
    while (rounds < ROUNDS) {
        shuffle(rounds + 1);
        rounds++;
    }
    print("long: %x\n", words[0] ^ words[WORDS - 1]);
    finish("long");
}
