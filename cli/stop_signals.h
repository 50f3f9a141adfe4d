/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signals that ask ebb to end; progress_is_interrupted() tells that a blocked one has come. */
#ifndef EBB_CLI_STOP_SIGNALS_H
#define EBB_CLI_STOP_SIGNALS_H

#include <signal.h>

void stop_signals_set(sigset_t *set);

#endif
