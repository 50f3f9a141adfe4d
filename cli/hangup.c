/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hangup.h"

void hangup_add(sigset_t *set)
{
    struct sigaction now;

    if (sigaction(SIGHUP, NULL, &now) < 0 || now.sa_handler != SIG_IGN) {
        sigaddset(set, SIGHUP);
    }
}
