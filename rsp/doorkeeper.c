/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doorkeeper.h"

#include "packet.h"

#include "log/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Milliseconds. A client that has just left may be back before its session has ended. */
    PATIENCE = 200,
    FIRST_PACKET = 2000, /* for a client to say something */
    LAST_LOOK = 1000,    /* for a client to close its end */
};

/* Waits for input from fd. True: there is; *over: the session has ended meanwhile. */
static bool wait_for(struct rsp_doorkeeper *keeper, int fd, int milliseconds, bool *over)
{
    struct pollfd fds[2] = {{fd, POLLIN, 0}, {keeper->wake_fd, POLLIN, 0}};
    int count;

    do {
        count = poll(fds, 2, milliseconds);
    } while (count < 0 && errno == EINTR);
    *over = fds[1].revents != 0;
    return count > 0 && fds[0].revents;
}

/* As the reply to the client's first packet: gdb discards what comes before it has sent one. */
static void refuse(struct rsp_doorkeeper *keeper, int client)
{
    static const char text[] = "E.another debugger is connected to this recording; wait until it "
                               "has left, or serve the recording once more";
    uint8_t frame[2 * sizeof(text) + 8], input[4096];
    struct rsp_buffer buffer = {.bytes = frame, .capacity = sizeof(frame)};
    bool over;

    rsp_buffer_put_byte(&buffer, '+');
    rsp_encode(&buffer, (const uint8_t *)text, sizeof(text) - 1);
    (void)!read(client, input, sizeof(input));
    (void)!send(client, frame, buffer.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(client, SHUT_WR);
    /* What is not read when the connection is closed would take the text away from the client. */
    while (wait_for(keeper, client, LAST_LOOK, &over) && !over &&
           read(client, input, sizeof(input)) > 0) {
    }
    close(client);
}

/* True: the client is the server's now. */
static bool receive(struct rsp_doorkeeper *keeper, int client)
{
    bool over;

    if (!wait_for(keeper, client, FIRST_PACKET, &over) && !over) {
        close(client);
        return false;
    }
    if (!over) {
        wait_for(keeper, -1, PATIENCE, &over);
    }
    if (!over) {
        refuse(keeper, client);
        return false;
    }
    keeper->next = client;
    return true;
}

static void *run(void *opaque)
{
    struct rsp_doorkeeper *keeper = opaque;
    bool over = false;

    while (!over) {
        bool knocks = wait_for(keeper, keeper->listener, -1, &over);
        int client = knocks && !over ? accept4(keeper->listener, NULL, NULL, SOCK_CLOEXEC) : -1;

        if (client >= 0 && receive(keeper, client)) {
            break;
        }
        if (knocks && client < 0 && errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
            break; /* the server will meet it as well, and say so */
        }
    }
    return NULL;
}

void rsp_doorkeeper_start(struct rsp_doorkeeper *keeper, int listener)
{
    *keeper = (struct rsp_doorkeeper){.listener = listener, .next = -1};
    keeper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keeper->wake_fd < 0) {
        return;
    }
    keeper->started = ebb_thread_start(&keeper->thread, run, keeper) == 0;
}

int rsp_doorkeeper_stop(struct rsp_doorkeeper *keeper)
{
    const uint64_t one = 1;

    if (keeper->started) {
        (void)!write(keeper->wake_fd, &one, sizeof(one));
        pthread_join(keeper->thread, NULL);
    }
    if (keeper->wake_fd >= 0) {
        close(keeper->wake_fd);
    }
    return keeper->next;
}
