/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stop_signals.h"

#include "hangup.h"

void stop_signals_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    hangup_add(set);
}
