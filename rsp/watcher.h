/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watcher: listens to the connection while the timeline moves, in a thread of its own, and
 * interrupts the move when the client asks for it (0x03), goes away, or the server has to end.
 * What else arrives is kept in the connection's input for later.
 */
#ifndef EBB_RSP_WATCHER_H
#define EBB_RSP_WATCHER_H

#include "transport.h"
#include "../replay/timeline.h"

#include <pthread.h>
#include <stdatomic.h>

struct rsp_watcher {
    struct timeline *timeline;
    struct rsp_connection *connection; /* the watcher's while busy, else the session's */
    pthread_t thread;
    bool started;
    int wake_fd;
    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t changed;
    bool watching; /* what the session wants */
    bool busy;     /* what the thread does */
    bool quit;
    bool inside_packet;    /* where the scan of the input stands */
    atomic_bool requested; /* this move was asked to stop */
};

void rsp_watcher_init(struct rsp_watcher *watcher, struct timeline *timeline,
                      struct rsp_connection *connection);

/* Begins to watch. The connection's input is not to be touched until rsp_watcher_end(). */
int rsp_watcher_begin(struct rsp_watcher *watcher, struct ebb_error *error);
void rsp_watcher_end(struct rsp_watcher *watcher);

/* True if the move since rsp_watcher_begin() was asked to stop. */
bool rsp_watcher_requested(struct rsp_watcher *watcher);

void rsp_watcher_destroy(struct rsp_watcher *watcher);

#endif
