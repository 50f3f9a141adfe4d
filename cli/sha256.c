/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sha256.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 64, WORDS = 8 };

/* The first 32 bits behind the point of a square or cube root, which is what the standard's
 * constants are: those of the largest number whose power is at most the prime. */
static uint32_t root_bits(uint32_t prime, unsigned power)
{
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 37;

    while (high - low > 1) {
        unsigned __int128 middle = (low + high) / 2, value = middle * middle;

        value = power == 3 ? value * middle : value;
        if (value <= (unsigned __int128)prime << (32 * power)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static uint32_t next_prime(uint32_t number)
{
    for (number++;; number++) {
        uint32_t divisor = 2;

        while (divisor * divisor <= number && number % divisor) {
            divisor++;
        }
        if (divisor * divisor > number) {
            return number;
        }
    }
}

static uint32_t rotate(uint32_t word, unsigned count)
{
    return word >> count | word << (32 - count);
}

/* The words of the block, and those that follow from them. */
static void expand(const uint8_t block[64], uint32_t schedule[ROUNDS])
{
    for (unsigned i = 0; i < 16; i++) {
        schedule[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                      (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (unsigned i = 16; i < ROUNDS; i++) {
        uint32_t a = schedule[i - 15], b = schedule[i - 2];

        schedule[i] = schedule[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + schedule[i - 7] +
                      (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

static void mix(uint32_t state[WORDS], uint32_t word, uint32_t constant)
{
    uint32_t a = state[0], e = state[4];
    uint32_t first = state[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                     ((e & state[5]) ^ (~e & state[6])) + constant + word;
    uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & state[1]) ^ (a & state[2]) ^ (state[1] & state[2]));

    memmove(state + 1, state, (WORDS - 1) * sizeof(*state));
    state[4] += first;
    state[0] = first + second;
}

void sha256_text(const uint8_t *bytes, size_t length, char text[SHA256_TEXT_SIZE])
{
    uint32_t start[WORDS], state[WORDS], schedule[ROUNDS], prime = 1;
    uint8_t block[64] = {0};

    memcpy(block, bytes, length);
    block[length] = 0x80;
    block[62] = (uint8_t)(length * 8 >> 8);
    block[63] = (uint8_t)(length * 8);
    expand(block, schedule);
    for (unsigned i = 0; i < WORDS; i++) {
        prime = next_prime(prime);
        start[i] = state[i] = root_bits(prime, 2);
    }
    prime = 1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        prime = next_prime(prime);
        mix(state, schedule[i], root_bits(prime, 3));
    }
    for (unsigned i = 0; i < WORDS; i++) {
        snprintf(text + (size_t)8 * i, 9, "%08x", (unsigned)(start[i] + state[i]));
    }
}
