/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "printable.h"

#include <stdbool.h>

/* C0 and DEL. */
static bool is_control(unsigned char byte)
{
    return byte == 0x7f || (byte < ' ' && byte != '\n' && byte != '\t');
}

/* C1: after C2 it is that in UTF-8, after ASCII in other codes. */
static bool is_high_control(unsigned char before, unsigned char byte)
{
    return byte >= 0x80 && byte <= 0x9f && (before == 0xc2 || before < 0x80);
}

void make_printable(char *text, size_t size)
{
    unsigned char before = 0;

    for (size_t i = 0; i < size && text[i]; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (is_high_control(before, byte)) {
            text[i] = '?';
            if (before == 0xc2) {
                text[i - 1] = '?';
            }
        } else if (is_control(byte)) {
            text[i] = '?';
        }
        /* What is in the place of one counts as ASCII for the next. */
        before = (unsigned char)text[i];
    }
}
