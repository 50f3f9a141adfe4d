/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stop_signals.h"

static bool is_hangup_ignored(void)
{
    struct sigaction now;

    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void stop_signals_set(sigset_t *set, bool interrupt)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    if (!is_hangup_ignored()) {
        sigaddset(set, SIGHUP);
    }
    if (interrupt) {
        sigaddset(set, SIGINT);
    }
}
