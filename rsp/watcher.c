/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watcher.h"

#include "log/thread.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

void rsp_watcher_init(struct rsp_watcher *watcher, struct rsp_connection *connection)
{
    memset(watcher, 0, sizeof(*watcher));
    watcher->connection = connection;
    watcher->wake_fd = -1;
    atomic_init(&watcher->requested, false);
    atomic_init(&watcher->given_up, false);
    pthread_mutex_init(&watcher->lock, NULL);
    pthread_cond_init(&watcher->changed, NULL);
}

static void request(struct rsp_watcher *watcher)
{
    atomic_store(&watcher->requested, true);
    timeline_interrupt(watcher->timeline);
}

/* 0x03 is an interrupt between packets; inside of one it is data. */
static void scan(struct rsp_watcher *watcher, size_t from)
{
    struct rsp_connection *connection = watcher->connection;

    for (size_t i = from; i < connection->end; i++) {
        uint8_t byte = connection->input[i];

        if (byte == '$' || byte == '#') {
            watcher->inside_packet = byte == '$';
        } else if (byte == 3 && !watcher->inside_packet) {
            request(watcher);
        }
    }
    /* With no room left an interrupt would not be heard, so whoever floods interrupts. */
    if (connection->closed || connection->stopped || rsp_connection_room(connection) == 0) {
        request(watcher);
    }
}

static void watch(struct rsp_watcher *watcher)
{
    struct rsp_connection *connection = watcher->connection;
    bool deaf = connection->closed || rsp_connection_room(connection) == 0;
    struct pollfd fds[3] = {
        {watcher->wake_fd, POLLIN, 0},
        {deaf ? -1 : connection->in, POLLIN, 0},
        {connection->stopped ? -1 : connection->stop_fd, POLLIN, 0},
    };
    size_t received = connection->end;
    uint64_t count;

    if (poll(fds, 3, -1) < 0) {
        return; /* EINTR: the caller looks again */
    }
    if (fds[0].revents) {
        /* Only says that something changed; the caller looks. */
        (void)!read(watcher->wake_fd, &count, sizeof(count));
    }
    if (fds[1].revents) {
        rsp_connection_receive(connection);
        if (watcher->no_wait &&
            memchr(connection->input + received, '$', connection->end - received)) {
            atomic_store(&watcher->given_up, true);
            request(watcher);
        }
        scan(watcher, received);
    }
    if (fds[2].revents) {
        connection->stopped = true;
        request(watcher);
    }
}

static void *run(void *opaque)
{
    struct rsp_watcher *watcher = opaque;

    pthread_mutex_lock(&watcher->lock);
    while (!watcher->quit) {
        if (!watcher->watching) {
            if (watcher->busy) {
                watcher->busy = false;
                pthread_cond_broadcast(&watcher->changed);
            }
            pthread_cond_wait(&watcher->changed, &watcher->lock);
            continue;
        }
        watcher->busy = true;
        pthread_mutex_unlock(&watcher->lock);
        watch(watcher);
        pthread_mutex_lock(&watcher->lock);
    }
    pthread_mutex_unlock(&watcher->lock);
    return NULL;
}

static int start(struct rsp_watcher *watcher, struct ebb_error *error)
{
    int status;

    watcher->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watcher->wake_fd < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot make an eventfd: %s", strerror(errno));
    }
    status = ebb_thread_start(&watcher->thread, run, watcher);
    if (status != 0) {
        close(watcher->wake_fd);
        watcher->wake_fd = -1;
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(status));
    }
    watcher->started = true;
    return 0;
}

int rsp_watcher_begin(struct rsp_watcher *watcher, struct timeline *timeline, bool no_wait,
                      struct ebb_error *error)
{
    watcher->timeline =
        timeline; /* the thread looks at it while it watches, which it does not yet */
    if (!watcher->started && start(watcher, error) < 0) {
        return -1;
    }
    atomic_store(&watcher->requested, false);
    atomic_store(&watcher->given_up, false);
    watcher->inside_packet = false;
    watcher->no_wait = no_wait;
    scan(watcher, watcher->connection->start); /* it may have come along with the packet */
    pthread_mutex_lock(&watcher->lock);
    watcher->watching = true;
    pthread_cond_broadcast(&watcher->changed);
    pthread_mutex_unlock(&watcher->lock);
    return 0;
}

static void wake(struct rsp_watcher *watcher)
{
    const uint64_t one = 1;

    (void)!write(watcher->wake_fd, &one, sizeof(one));
}

void rsp_watcher_end(struct rsp_watcher *watcher)
{
    pthread_mutex_lock(&watcher->lock);
    watcher->watching = false;
    if (watcher->busy) {
        wake(watcher);
    }
    while (watcher->busy) {
        pthread_cond_wait(&watcher->changed, &watcher->lock);
    }
    pthread_mutex_unlock(&watcher->lock);
}

bool rsp_watcher_requested(struct rsp_watcher *watcher)
{
    return atomic_load(&watcher->requested);
}

bool rsp_watcher_given_up(struct rsp_watcher *watcher)
{
    return atomic_load(&watcher->given_up);
}

void rsp_watcher_destroy(struct rsp_watcher *watcher)
{
    if (watcher->started) {
        pthread_mutex_lock(&watcher->lock);
        watcher->quit = true;
        pthread_cond_broadcast(&watcher->changed);
        pthread_mutex_unlock(&watcher->lock);
        pthread_join(watcher->thread, NULL);
        close(watcher->wake_fd);
    }
    pthread_cond_destroy(&watcher->changed);
    pthread_mutex_destroy(&watcher->lock);
}
