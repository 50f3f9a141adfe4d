/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EBB_LOG_THREAD_H
#define EBB_LOG_THREAD_H

#include <pthread.h>

/* Starts a thread that gets no signals: they are for the threads of the program. As
 * pthread_create(), returns 0 or what is wrong. */
int ebb_thread_start(pthread_t *thread, void *(*run)(void *), void *opaque);

#endif
