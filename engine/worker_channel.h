/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The socket between the engine and a worker: messages of protocol/messages.h, whole or not at all.
 *
 * Functions return 0, or -1 and fill *error. Once a channel has died, which an unexpected reply
 * makes it do as well, sending fails. One thread uses a channel.
 */
#ifndef EBB_ENGINE_WORKER_CHANNEL_H
#define EBB_ENGINE_WORKER_CHANNEL_H

#include "log/error.h"
#include "protocol/messages.h"
#include "worker_patience.h"
#include "worker_process.h"

#include <sys/socket.h>
#include <sys/uio.h>

struct worker_channel {
    struct worker_process process;
    struct worker_patience patience;
    const struct worker_control *control; /* where it gives signs of life; NULL: nowhere yet */
    bool stop_requested; /* atomic; of what is running, or ran last: signs are worth nothing then */
    uint64_t requests;   /* sent */
    bool silent;         /* its patience was spent */
    bool died;
    enum ebb_error_kind why; /* once it has died */
    int exit_status;         /* then; -1: it did not exit */
};

/* Gives the socket its patience. */
void worker_channel_open(struct worker_channel *channel);

/* To be called now and then while a reply is waited for elsewhere: ends a worker that gives no sign
 * of life, which makes the socket readable. */
void worker_channel_look(struct worker_channel *channel);

/* The worker has gone: says so, with its last words. Returns -1. */
int worker_channel_died(struct worker_channel *channel, struct ebb_error *error);

/* A reply that cannot be understood: nothing the worker says can be relied on any more. Returns -1.
 */
int worker_channel_nonsense(struct worker_channel *channel, struct ebb_error *error);

/* Sends a request whose payload is in up to three parts. */
int worker_channel_send(struct worker_channel *channel, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error);

/* Receives a reply's header; an error reply becomes an error. */
int worker_channel_receive_header(struct worker_channel *channel, uint32_t type, uint32_t *length,
                                  struct ebb_error *error);
/* The payload of an error reply. Returns -1. */
int worker_channel_receive_error(struct worker_channel *channel, uint32_t length,
                                 struct ebb_error *error);
int worker_channel_receive(struct worker_channel *channel, void *buffer, size_t size,
                           struct ebb_error *error);
/* recvmsg(); never -1 for an interruption or the time it takes. */
ssize_t worker_channel_receive_message(struct worker_channel *channel, struct msghdr *message);

/* The same as a string for free(), without control characters; NULL if length is 0. */
int worker_channel_receive_text(struct worker_channel *channel, uint32_t length, char **text,
                                struct ebb_error *error);

#endif
