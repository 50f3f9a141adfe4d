/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_channel.h"

#include "printable.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#define START_PATIENCE 10u /* times that of a request: it reads the log meanwhile */
#define MICROSECONDS 1000000u

void worker_channel_open(struct worker_channel *channel)
{
    int socket = channel->process.socket;
    uint64_t wait;
    struct timeval time;

    channel->patience = worker_patience_new();
    wait = worker_patience_interval(&channel->patience) / 1000;
    time = (struct timeval){(time_t)(wait / MICROSECONDS), (suseconds_t)(wait % MICROSECONDS)};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
    channel->patience.limit *= START_PATIENCE;
}

void worker_channel_look(struct worker_channel *channel)
{
    uint32_t signs = channel->patience.signs;

    if (channel->control && !__atomic_load_n(&channel->stop_requested, __ATOMIC_RELAXED)) {
        signs = __atomic_load_n(&channel->control->signs, __ATOMIC_RELAXED);
    }
    if (!channel->silent &&
        worker_patience_is_spent(&channel->patience, channel->process.pid, signs)) {
        channel->silent = true;
        worker_process_kill(&channel->process);
    }
}

/* After a system call on the socket that has failed: true if it is to be tried again. */
static bool try_again(struct worker_channel *channel)
{
    if (errno == EAGAIN) {
        worker_channel_look(channel);
        return true;
    }
    return errno == EINTR;
}

/* A worker that cannot do what the recording asks for says so by its exit status. */
static enum ebb_error_kind kind_of_exit(int status)
{
    return status == EBB_ERROR_CORRUPT || status == EBB_ERROR_UNSUPPORTED
               ? (enum ebb_error_kind)status
               : EBB_ERROR_FAILED;
}

int worker_channel_died(struct worker_channel *channel, struct ebb_error *error)
{
    char words[400];

    if (!channel->died) {
        channel->exit_status = worker_process_exit_status(&channel->process);
        channel->why = kind_of_exit(channel->exit_status);
    }
    channel->died = true;
    if (channel->silent) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the worker neither answered nor got on for %g seconds, and was ended; if "
                        "it should be given longer, EBB_PATIENCE=SECONDS does that",
                        (double)channel->patience.limit / 1e9);
    }
    if (worker_process_hit_walls(&channel->process)) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the worker was stopped by its walls (SIGSYS): it asked the system for "
                        "something that no replay needs; the kernel's log may name the call");
    }
    worker_process_last_words(&channel->process, words, sizeof(words));
    return ebb_fail(error, channel->why ? channel->why : EBB_ERROR_FAILED, "the worker died%s%s",
                    *words ? ": " : "", words);
}

int worker_channel_nonsense(struct worker_channel *channel, struct ebb_error *error)
{
    channel->died = true;
    channel->why = EBB_ERROR_FAILED;
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "the worker gave an unexpected reply; is it of the same build as ebb?");
}

static int send_all(struct worker_channel *channel, struct iovec *parts, size_t count,
                    struct ebb_error *error)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

    while (message.msg_iovlen) {
        ssize_t sent = sendmsg(channel->process.socket, &message, MSG_NOSIGNAL);

        if (sent < 0 && try_again(channel)) {
            continue;
        }
        if (sent < 0) {
            return worker_channel_died(channel, error);
        }
        while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len) {
            sent -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= (size_t)sent;
        }
    }
    return 0;
}

int worker_channel_receive(struct worker_channel *channel, void *buffer, size_t size,
                           struct ebb_error *error)
{
    char *to = buffer;

    while (size) {
        ssize_t got = recv(channel->process.socket, to, size, 0);

        if (got < 0 && try_again(channel)) {
            continue;
        }
        if (got <= 0) {
            return worker_channel_died(channel, error);
        }
        to += got;
        size -= (size_t)got;
    }
    return 0;
}

ssize_t worker_channel_receive_message(struct worker_channel *channel, struct msghdr *message)
{
    ssize_t got;

    do {
        got = recvmsg(channel->process.socket, message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && try_again(channel));
    return got;
}

int worker_channel_send(struct worker_channel *channel, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error)
{
    struct worker_message header = {.type = type};
    struct iovec all[4] = {{.iov_base = &header, .iov_len = sizeof(header)}};
    size_t length = 0;

    if (channel->died) {
        return worker_channel_died(channel, error);
    }
    for (size_t i = 0; i < parts; i++) {
        all[i + 1] = payload[i];
        length += payload[i].iov_len;
    }
    if (length > WORKER_MAX_MESSAGE) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a request of %zu bytes is too long for a worker",
                        length);
    }
    header.length = (uint32_t)length;
    channel->requests++;
    worker_patience_renew(&channel->patience);
    return send_all(channel, all, parts + 1, error);
}

/* The kind of an error is an exit status, too: one that is none would pass for success. */
static enum ebb_error_kind kind_of(uint32_t kind)
{
    return kind > EBB_ERROR_NONE && kind <= EBB_ERROR_INTERRUPTED ? (enum ebb_error_kind)kind
                                                                  : EBB_ERROR_FAILED;
}

int worker_channel_receive_error(struct worker_channel *channel, uint32_t length,
                                 struct ebb_error *error)
{
    struct worker_error reply;

    if (length != sizeof(reply)) {
        return worker_channel_nonsense(channel, error);
    }
    if (worker_channel_receive(channel, &reply, sizeof(reply), error)) {
        return -1;
    }
    reply.message[sizeof(reply.message) - 1] = '\0';
    make_printable(reply.message, sizeof(reply.message));
    return ebb_fail(error, kind_of(reply.kind), "%s", reply.message);
}

int worker_channel_receive_header(struct worker_channel *channel, uint32_t type, uint32_t *length,
                                  struct ebb_error *error)
{
    struct worker_message header;

    if (worker_channel_receive(channel, &header, sizeof(header), error)) {
        return -1;
    }
    if (header.length > WORKER_MAX_MESSAGE) {
        return worker_channel_nonsense(channel, error);
    }
    if (header.type == WORKER_ERROR) {
        return worker_channel_receive_error(channel, header.length, error);
    }
    if (header.type != type) {
        return worker_channel_nonsense(channel, error);
    }
    *length = header.length;
    return 0;
}

int worker_channel_receive_text(struct worker_channel *channel, uint32_t length, char **text,
                                struct ebb_error *error)
{
    *text = NULL;
    if (!length) {
        return 0;
    }
    *text = calloc(1, (size_t)length + 1);
    if (!*text) {
        channel->died = true; /* what it says next would be taken for a reply */
        channel->why = EBB_ERROR_FAILED;
        return ebb_fail_memory(error);
    }
    if (worker_channel_receive(channel, *text, length, error)) {
        free(*text);
        *text = NULL;
        return -1;
    }
    make_printable(*text, length);
    return 0;
}
