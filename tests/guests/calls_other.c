/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other file of calls.c, with functions of the same names. */
#include "guest.h"

typedef __WCHAR_TYPE__ wchar_t;

unsigned other_chosen(unsigned count);
extern volatile unsigned effects;

__attribute__((noinline, noclone)) static unsigned chosen(unsigned number)
{
    effects += number;
    return number * 3;
}

__attribute__((noinline, noclone)) static short letter(wchar_t which, short less)
{
    effects += which;
    return less;
}

unsigned other_chosen(unsigned count)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < count; i++) {
        sum += chosen(i);
    }
    effects += letter('a', -2);
    return sum;
}
