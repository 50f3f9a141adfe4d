/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signals that ask ebb to end; progress_is_interrupted() tells that a blocked one has come. */
#ifndef EBB_CLI_STOP_SIGNALS_H
#define EBB_CLI_STOP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * SIGTERM, SIGINT if interrupt is set, and SIGHUP unless that is ignored: who has started this,
 * such as nohup, wants it to go on then. Blocked, it would be waited for all the same: Linux keeps
 * a blocked signal, ignored or not. Any thread.
 */
void stop_signals_set(sigset_t *set, bool interrupt);

#endif
