/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving the timeline for a client: watched, with diversions taken care of.
 */
#ifndef EBB_RSP_MOVES_H
#define EBB_RSP_MOVES_H

#include "session.h"

enum rsp_move_kind {
    RSP_MOVE_CONTINUE,
    RSP_MOVE_STEP,
    RSP_MOVE_RANGE, /* step until the PC is outside [from, to) */
    RSP_MOVE_REVERSE_CONTINUE,
    RSP_MOVE_REVERSE_STEP,
    RSP_MOVE_SEEK, /* to position from */
};

struct rsp_move {
    enum rsp_move_kind kind;
    uint64_t from;
    uint64_t to;
};

/* Returns 0 and fills *stop, or -1. Sets session->diverged. */
int rsp_move(struct rsp_session *session, const struct rsp_move *move, struct timeline_stop *stop,
             struct ebb_error *error);

/* Makes session->reply the stop reply for *stop, after printing what gdb has no field for. */
void rsp_report_stop(struct rsp_session *session, const struct timeline_stop *stop);

/* Appends the fields of a stop reply that every one has: signal, thread, PC. */
void rsp_stop_reply(struct rsp_session *session);

/* The client's breakpoint on execution at that address; NULL: none. A software one is preferred. */
const struct rsp_breakpoint *rsp_breakpoint_at(const struct rsp_session *session, uint64_t address);

/*
 * The client's watchpoint that an access starting at that address hit, and an address inside it;
 * NULL: none.
 */
const struct rsp_breakpoint *rsp_watchpoint_hit(const struct rsp_session *session,
                                                enum timeline_breakpoint_kind kind,
                                                uint64_t address, uint64_t *inside);

#endif
