/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4) of a few bytes, for names that others make in the same way. */
#ifndef EBB_CLI_SHA256_H
#define EBB_CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SHORT 55u /* bytes that fit in one block */
#define SHA256_TEXT_SIZE 65u

/* Hexadecimal digits, of at most SHA256_SHORT bytes. */
void sha256_text(const uint8_t *bytes, size_t length, char text[SHA256_TEXT_SIZE]);

#endif
