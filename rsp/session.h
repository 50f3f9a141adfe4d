/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session: one client's connection to the timeline, and what the server remembers about it.
 * Everything here is called by the session's thread.
 */
#ifndef EBB_RSP_SESSION_H
#define EBB_RSP_SESSION_H

#include "arguments.h"
#include "conditions.h"
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
    unsigned type;                      /* the digit of the Z packet */
    enum timeline_breakpoint_kind kind; /* as the timeline has it */
    uint64_t address;
    uint64_t length;                   /* Z0, Z1: the kind of breakpoint */
    struct rsp_conditions *conditions; /* owned; NULL: none */
};

/* What clients can ask for; moves.h makes moves of it. */
enum rsp_move_kind {
    RSP_MOVE_CONTINUE,
    RSP_MOVE_STEP,
    RSP_MOVE_STEP_ALONE, /* of one thread, the others stay: gdb's own step off a breakpoint */
    RSP_MOVE_RANGE,      /* step until the PC is outside [from, to) */
    RSP_MOVE_REVERSE_CONTINUE,
    RSP_MOVE_REVERSE_STEP,
    RSP_MOVE_SEEK, /* to position from */
};

/* What is known of how the client steps; steps.h says what for. */
struct rsp_steps {
    bool over;           /* interrupts are a part of steps */
    unsigned moves;      /* packets that moved, of the present command */
    bool one;            /* the last of them was a step as stepi makes */
    bool unclear;        /* it was a step as other commands make, too */
    bool back;           /* it went back */
    bool told;           /* the client says which of its commands are stepi */
    bool by_instruction; /* the present command is a stepi, as far as is known */
    bool handler;        /* the present command began with one that entered or left a handler */
};
struct rsp_physical_list;

struct rsp_session {
    struct timeline *timeline;             /* NULL: it is still being opened, */
    const struct rsp_opening *opening;     /* here */
    const struct rsp_recording *recording; /* NULL: nothing is known of it */
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
    bool client_steps_off; /* a breakpoint where it is, before it goes on: so gdb does */
    bool client_lldb;      /* it has been promised what watch_after.h says */
    bool extended;         /* "target extended-remote" */
    bool idle;             /* in it the client has left the guest, and has not come back */

    struct rsp_breakpoint breakpoints[RSP_BREAKPOINTS_MAX];
    unsigned breakpoint_count;
    /* Removed since the last move: gdb removes what it will need again, when it stops and for
     * steps of its own. */
    struct rsp_breakpoint removed[RSP_BREAKPOINTS_MAX];
    unsigned removed_count;
    struct rsp_steps steps;

    bool next_is_seek; /* the next move is one, whatever the client says, to */
    uint64_t next_position;

    bool interrupt;     /* came when nothing moved, and has stopped nothing yet */
    bool at_watchpoint; /* the last stop was one, and nothing has moved since */
    uint64_t told;      /* the position of the last stop reply */

    bool big_endian;                   /* registers travel so; else little-endian */
    bool physical_mode;                /* the client's memory addresses are physical ones */
    struct rsp_physical_list *watches; /* physical_watch.c; NULL: none */

    int signal; /* of the last stop */
    /* Of the current diversion: the registers where it began, and whether memory was written. */
    uint8_t *origin; /* NULL until there was one */
    bool wrote_memory;
    bool diverged, damaged;
    enum rsp_end end;
    uint64_t packets;
};

struct rsp_session *rsp_session_new(struct timeline *timeline, int in, int out,
                                    const struct rsp_options *options, struct ebb_error *error);
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
