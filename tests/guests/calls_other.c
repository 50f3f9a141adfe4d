/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other file of calls.c, with functions of the same names. */
#include "guest.h"

unsigned other_chosen(unsigned count);
extern volatile unsigned effects;

__attribute__((noinline, noclone)) static unsigned chosen(unsigned number)
{
    effects += number;
    return number * 3;
}

unsigned other_chosen(unsigned count)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < count; i++) {
        sum += chosen(i);
    }
    return sum;
}
