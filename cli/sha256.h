/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), for names that others make in the same way, and to tell what was changed.
 */
#ifndef EBB_CLI_SHA256_H
#define EBB_CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT_SIZE 65u
#define SHA256_WORDS 8u
#define SHA256_ROUNDS 64u
#define SHA256_BLOCK 64u /* bytes */

/* One digest in the making. */
struct sha256 {
    uint32_t state[SHA256_WORDS];
    uint32_t constants[SHA256_ROUNDS];
    uint8_t block[SHA256_BLOCK]; /* length % SHA256_BLOCK bytes that wait for more */
    uint64_t length;
};

void sha256_begin(struct sha256 *digest);
void sha256_add(struct sha256 *digest, const void *bytes, size_t length);
/* Hexadecimal digits of all that was added; nothing may be added any more. */
void sha256_end(struct sha256 *digest, char text[SHA256_TEXT_SIZE]);

/* All three. */
void sha256_text(const void *bytes, size_t length, char text[SHA256_TEXT_SIZE]);

#endif
