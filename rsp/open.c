/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "open.h"

#include <poll.h>

/* gdb waits two seconds, or as long as "set remotetimeout" says. */
enum { TELL_EVERY = 1000 };

/* Whether there is nobody to open it for any more. */
static bool is_over(struct rsp_session *session)
{
    struct rsp_connection *connection = &session->connection;
    struct pollfd fds[2] = {{connection->in, 0, 0}, {connection->stop_fd, POLLIN, 0}};

    if (poll(fds, 2, 0) > 0) {
        connection->closed |= (fds[0].revents & (POLLHUP | POLLERR)) != 0;
        connection->stopped |= fds[1].revents != 0;
    }
    return connection->closed || connection->stopped;
}

bool rsp_open_timeline(struct rsp_session *session, bool tell)
{
    char progress[200];

    while (!session->timeline) {
        int status = session->opening->wait(session->opening->opaque, TELL_EVERY,
                                            &session->timeline, progress, sizeof(progress));

        if (status < 0) {
            session->end = RSP_END_NOT_OPENED;
            session->silent = true;
            return false;
        }
        if (status == 0 && is_over(session)) {
            session->end = session->connection.stopped ? RSP_END_STOPPED : RSP_END_DISCONNECTED;
            session->silent = true;
            return false;
        }
        if (status == 0 && tell) {
            rsp_session_printf(session, "ebb: %s\n", progress);
        }
    }
    return true;
}
