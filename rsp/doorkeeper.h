/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The doorkeeper: while one client is served, it tells others that connect that the place is taken,
 * in a thread of its own. One that comes while the session is ending is kept for the server.
 */
#ifndef EBB_RSP_DOORKEEPER_H
#define EBB_RSP_DOORKEEPER_H

#include <pthread.h>
#include <stdbool.h>

struct rsp_doorkeeper {
    int listener;
    int wake_fd; /* readable once the session is over */
    int next;    /* the client that is kept, or -1 */
    bool started;
    pthread_t thread;
};

/* Begins to watch the door. Where that is impossible others wait, unanswered. */
void rsp_doorkeeper_start(struct rsp_doorkeeper *keeper, int listener);

/* The session is over. Returns a client that has come meanwhile, or -1. */
int rsp_doorkeeper_stop(struct rsp_doorkeeper *keeper);

#endif
