/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rsp.h"

#include "breakpoints.h"
#include "dispatch.h"
#include "doorkeeper.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * A pipe whose reader is gone raises SIGPIPE. What the program does about that signal is not ours
 * to change, so it is held back for the session and taken off if it came.
 */
struct sigpipe_hold {
    sigset_t set;
    sigset_t before;
    bool pending_before;
};

static void hold_sigpipe(struct sigpipe_hold *hold)
{
    sigset_t pending;

    sigpending(&pending);
    hold->pending_before = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&hold->set);
    sigaddset(&hold->set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &hold->set, &hold->before);
}

static void release_sigpipe(const struct sigpipe_hold *hold)
{
    const struct timespec now = {0};

    while (!hold->pending_before && sigtimedwait(&hold->set, NULL, &now) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
}

int rsp_serve_fds(struct timeline *timeline, int in, int out, const struct rsp_options *options,
                  struct rsp_result *result, struct ebb_error *error)
{
    struct rsp_session *session = rsp_session_new(timeline, in, out, options, error);
    struct sigpipe_hold hold;
    int status = 0;

    if (!session) {
        return -1;
    }
    hold_sigpipe(&hold);
    rsp_dispatch_packets(session);
    release_sigpipe(&hold);
    timeline = session->timeline;
    if (timeline) {
        timeline_clear_breakpoints(timeline);
    }
    if (timeline && timeline_in_diversion(timeline)) {
        status = timeline_drop_diversion(timeline, error);
    }
    result->end = session->end;
    result->sessions++;
    result->packets += session->packets;
    result->diverged |= session->diverged;
    result->damaged |= session->damaged;
    rsp_breakpoints_forget(session);
    rsp_session_free(session);
    return status;
}

/* Returns a connected client, -1 on error, or -2 when the server has to stop. */
static int accept_client(int listener, int stop_fd, struct ebb_error *error)
{
    const int one = 1;

    for (;;) {
        struct pollfd fds[2] = {{listener, POLLIN, 0}, {stop_fd, POLLIN, 0}};
        int client;

        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return ebb_fail(error, EBB_ERROR_FAILED, "cannot wait for a debugger: %s",
                            strerror(errno));
        }
        if (fds[1].revents) {
            return -2;
        }
        if (!fds[0].revents) {
            continue;
        }
        client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0) {
            /* Small packets, each waited for; has no meaning on a Unix socket. */
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
            return client;
        }
        if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
            return ebb_fail(error, EBB_ERROR_FAILED, "cannot accept a debugger's connection: %s",
                            strerror(errno));
        }
    }
}

/* Serves a client, and closes the connection. *next becomes one that has come meanwhile, or -1. */
static int serve_client(struct timeline *timeline, int listener, int client, int *next,
                        const struct rsp_options *options, struct rsp_result *result,
                        struct ebb_error *error)
{
    struct rsp_doorkeeper keeper;
    int status;

    rsp_doorkeeper_start(&keeper, listener);
    status = rsp_serve_fds(timeline, client, client, options, result, error);
    *next = rsp_doorkeeper_stop(&keeper);
    close(client);
    return status;
}

static bool is_last(const struct rsp_options *options, enum rsp_end end)
{
    return options->once || end == RSP_END_KILLED || end == RSP_END_STOPPED ||
           end == RSP_END_NOT_OPENED;
}

int rsp_serve_listener(struct timeline *timeline, int listener, const struct rsp_options *options,
                       struct rsp_result *result, struct ebb_error *error)
{
    int next = -1, status;

    do {
        int client = next >= 0 ? next : accept_client(listener, options->stop_fd, error);

        if (client == -2) {
            result->end = RSP_END_STOPPED;
            return 0;
        }
        if (client < 0) {
            return -1;
        }
        status = serve_client(timeline, listener, client, &next, options, result, error);
    } while (status == 0 && !is_last(options, result->end));
    if (next >= 0) {
        close(next);
    }
    return status;
}
