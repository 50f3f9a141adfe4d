/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sha256.h"

#include <stdio.h>
#include <string.h>

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
static void expand(const uint8_t block[64], uint32_t schedule[SHA256_ROUNDS])
{
    for (unsigned i = 0; i < 16; i++) {
        schedule[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                      (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (unsigned i = 16; i < SHA256_ROUNDS; i++) {
        uint32_t a = schedule[i - 15], b = schedule[i - 2];

        schedule[i] = schedule[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + schedule[i - 7] +
                      (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

static void mix(uint32_t state[SHA256_WORDS], uint32_t word, uint32_t constant)
{
    uint32_t a = state[0], e = state[4];
    uint32_t first = state[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                     ((e & state[5]) ^ (~e & state[6])) + constant + word;
    uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & state[1]) ^ (a & state[2]) ^ (state[1] & state[2]));

    memmove(state + 1, state, (SHA256_WORDS - 1) * sizeof(*state));
    state[4] += first;
    state[0] = first + second;
}

static void digest_block(struct sha256 *digest, const uint8_t block[SHA256_BLOCK])
{
    uint32_t state[SHA256_WORDS], schedule[SHA256_ROUNDS];

    memcpy(state, digest->state, sizeof(state));
    expand(block, schedule);
    for (unsigned i = 0; i < SHA256_ROUNDS; i++) {
        mix(state, schedule[i], digest->constants[i]);
    }
    for (unsigned i = 0; i < SHA256_WORDS; i++) {
        digest->state[i] += state[i];
    }
}

void sha256_begin(struct sha256 *digest)
{
    uint32_t prime = 1;

    digest->length = 0;
    for (unsigned i = 0; i < SHA256_ROUNDS; i++) {
        prime = next_prime(prime);
        digest->constants[i] = root_bits(prime, 3);
        if (i < SHA256_WORDS) {
            digest->state[i] = root_bits(prime, 2);
        }
    }
}

void sha256_add(struct sha256 *digest, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    while (length) {
        size_t used = digest->length % SHA256_BLOCK, room = SHA256_BLOCK - used;
        size_t taken = length < room ? length : room;

        memcpy(digest->block + used, from, taken);
        digest->length += taken;
        from += taken;
        length -= taken;
        if (taken == room) {
            digest_block(digest, digest->block);
        }
    }
}

void sha256_end(struct sha256 *digest, char text[SHA256_TEXT_SIZE])
{
    static const uint8_t padding[SHA256_BLOCK] = {0x80};
    uint64_t bits = digest->length * 8;
    size_t used = digest->length % SHA256_BLOCK;
    uint8_t length[8];

    for (unsigned i = 0; i < sizeof(length); i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    sha256_add(digest, padding,
               (used < SHA256_BLOCK - sizeof(length) ? SHA256_BLOCK : 2 * SHA256_BLOCK) -
                   sizeof(length) - used);
    sha256_add(digest, length, sizeof(length));
    for (unsigned i = 0; i < SHA256_WORDS; i++) {
        snprintf(text + (size_t)8 * i, 9, "%08x", (unsigned)digest->state[i]);
    }
}

void sha256_text(const void *bytes, size_t length, char text[SHA256_TEXT_SIZE])
{
    struct sha256 digest;

    sha256_begin(&digest);
    sha256_add(&digest, bytes, length);
    sha256_end(&digest, text);
}
