/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of a worker share: worker_client.c, which starts one and runs it, and
 * worker_client_resolve.c, the requests that find positions.
 */
#ifndef EBB_ENGINE_WORKER_CLIENT_INTERNAL_H
#define EBB_ENGINE_WORKER_CLIENT_INTERNAL_H

#include "worker_client.h"

#include <sys/uio.h>

struct worker {
    struct worker_process process;
    struct worker_hello hello;
    int ram_file;
    int control_file;
    uint8_t *ram;
    struct worker_control *control;
    size_t control_size;
    bool died;
    bool running;
};

/* A reply that cannot be understood: nothing the worker says can be relied on any more. */
int worker_nonsense(struct worker *worker, struct ebb_error *error);

/* Sends a request whose payload is in up to three parts. */
int worker_send_request(struct worker *worker, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error);

/* Receives a reply's header; an error reply becomes an error. */
int worker_receive_header(struct worker *worker, uint32_t type, uint32_t *length,
                          struct ebb_error *error);
int worker_receive_all(struct worker *worker, void *buffer, size_t size, struct ebb_error *error);

/* The same as a string for free(); NULL if length is 0. */
int worker_receive_text(struct worker *worker, uint32_t length, char **text,
                        struct ebb_error *error);

#endif
