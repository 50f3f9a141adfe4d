/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a line that is too long for the recorder to look at it in one piece, one that has no end,
 * and switches off at once.
 */
#include "guest.h"

#define PIECE 4096

int main(void)
{
    for (unsigned i = 0; i < PIECE; i++) {
        print("x");
    }
    print("y\nlastline: stuck> ");
    power_off();
}
