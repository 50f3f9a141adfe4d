/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watcher: listens to the connection while the timeline moves, in a thread of its own, and
 * interrupts the move when the client asks for it (0x03), goes away, or the server has to end.
 * What else arrives is kept in the connection's input for later.
 */
#ifndef EBB_RSP_WATCHER_H
#define EBB_RSP_WATCHER_H

#include "transport.h"
#include "replay/timeline/timeline.h"

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
    bool no_wait;          /* a new packet means that the client gave up on the move */
    atomic_bool given_up;  /* and it did */
    atomic_bool requested; /* this move was asked to stop */
};

void rsp_watcher_init(struct rsp_watcher *watcher, struct rsp_connection *connection);

/*
 * Begins to watch, for a move of this timeline. The connection's input is not to be touched until
 * rsp_watcher_end(). With no_wait the beginning of a packet interrupts as well: gdb has no way to
 * interrupt a command of the server's, it goes on to something else.
 */
int rsp_watcher_begin(struct rsp_watcher *watcher, struct timeline *timeline, bool no_wait,
                      struct ebb_error *error);
void rsp_watcher_end(struct rsp_watcher *watcher);

/* True if the move since rsp_watcher_begin() was asked to stop. */
bool rsp_watcher_requested(struct rsp_watcher *watcher);

/* True if, with no_wait, a packet came. Valid after rsp_watcher_end() too, as is the one above. */
bool rsp_watcher_given_up(struct rsp_watcher *watcher);

void rsp_watcher_destroy(struct rsp_watcher *watcher);

#endif
