/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the compiler may call by itself. */
#include "guest.h"

void *memset(void *to, int value, size_t size)
{
    volatile unsigned char *bytes = to;

    while (size--) {
        *bytes++ = value;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    volatile unsigned char *bytes = to;
    const unsigned char *source = from;

    while (size--) {
        *bytes++ = *source++;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;

    for (; size; size--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}
