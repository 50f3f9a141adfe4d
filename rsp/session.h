/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session: one client's connection to the timeline, and what the server remembers about it.
 * Everything here is called by the session's thread.
 */
#ifndef EBB_RSP_SESSION_H
#define EBB_RSP_SESSION_H

#include "arguments.h"
#include "packet.h"
#include "rsp.h"
#include "transport.h"
#include "watcher.h"

/* The recording's vCPUs are gdb's threads; a timeline has one. */
enum { RSP_THREAD = 1 };

/* Numbers of error replies: gdb's file-I/O errno values. */
enum rsp_errno { RSP_EIO = 5, RSP_EFAULT = 14, RSP_EINVAL = 22 };

/* gdb's signal numbers. */
enum { RSP_SIGINT = 2, RSP_SIGTRAP = 5 };

enum { RSP_BREAKPOINTS_MAX = 4096 };

/*
 * What the client inserted. The timeline knows one kind of breakpoint on execution, gdb two, and
 * wants to know which of them it was.
 */
struct rsp_breakpoint {
    unsigned type; /* the digit of the Z packet */
    uint64_t address;
    uint64_t length; /* Z0, Z1: the kind of breakpoint */
};

struct rsp_session {
    struct timeline *timeline;
    struct rsp_connection connection;
    struct rsp_decoder decoder;
    enum rsp_token pending; /* came instead of an acknowledgement; not yet handled */
    struct rsp_watcher watcher;
    struct rsp_buffer reply; /* of the packet being handled */
    struct rsp_buffer frame; /* as it goes over the wire */
    bool silent;             /* the packet being handled gets no reply, and prints nothing */
    bool error_text;         /* an error reply may be text */

    bool no_ack;
    bool no_ack_next; /* from the next packet on */
    bool client_swbreak;
    bool client_hwbreak;
    bool client_error_message;

    struct rsp_breakpoint breakpoints[RSP_BREAKPOINTS_MAX];
    unsigned breakpoint_count;

    int signal;         /* of the last stop */
    bool diversion_ran; /* code was run in the current diversion */
    bool diverged;
    enum rsp_end end;
    uint64_t packets;
};

struct rsp_session *rsp_session_new(struct timeline *timeline, int in, int out, int stop_fd,
                                    struct ebb_error *error);
void rsp_session_free(struct rsp_session *session);

/* The next token from the client; RSP_TOKEN_NONE: the connection is over. */
enum rsp_token rsp_session_next_token(struct rsp_session *session);

/* Sends a packet, again and again until the client has got it. */
void rsp_session_send(struct rsp_session *session, const uint8_t *payload, size_t length);

/*
 * Print on gdb's terminal. Only while the client expects it: between a packet that resumes and
 * its stop reply, or while qRcmd is handled. The packet's arguments are invalid afterwards.
 */
void rsp_session_print(struct rsp_session *session, const char *text);
void rsp_session_printf(struct rsp_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Replies. An error becomes text where the client understands it, else the number. */
void rsp_reply_ok(struct rsp_session *session);
void rsp_reply_error(struct rsp_session *session, enum rsp_errno number, const char *text);

/* Looks whether the client asked to stop (or left) while something other than a move is going on.*/
bool rsp_session_interrupted(struct rsp_session *session);

#endif
