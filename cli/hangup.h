/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of the terminal. */
#ifndef EBB_CLI_HANGUP_H
#define EBB_CLI_HANGUP_H

#include <signal.h>

/*
 * Adds SIGHUP to a set of signals that are to be blocked and waited for, unless it is ignored: who
 * has started this, such as nohup, wants it to go on then. Blocked, it would be waited for all the
 * same: Linux keeps a blocked signal, ignored or not. Any thread.
 */
void hangup_add(sigset_t *set);

#endif
