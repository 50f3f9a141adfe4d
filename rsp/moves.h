/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving the timeline for a client: watched, with diversions taken care of.
 */
#ifndef EBB_RSP_MOVES_H
#define EBB_RSP_MOVES_H

#include "session.h"

struct rsp_move {
    enum rsp_move_kind kind;
    uint64_t from;
    uint64_t to;
    bool can_give_up; /* the client may go on to another packet instead of waiting for the end */
};

/* Returns 0 and fills *stop, or -1. */
int rsp_move(struct rsp_session *session, const struct rsp_move *move, struct timeline_stop *stop,
             struct ebb_error *error);

/*
 * To a position where what follows has to find the timeline: an interrupt that comes on the way
 * does not keep it from getting there. Fills *stop, which is then where it is, or where history
 * ends before.
 */
int rsp_moves_go_to(struct rsp_session *session, uint64_t position, struct timeline_stop *stop,
                    struct ebb_error *error);

/*
 * Around a search of the server's own, which moves the timeline itself, with breakpoints that are
 * not the client's: whatever there was of a diversion is dropped, and the client may interrupt or
 * go on to another packet. The search asks rsp_watcher_requested() before each run that is not its
 * first move.
 */
int rsp_moves_begin(struct rsp_session *session, struct ebb_error *error);
void rsp_moves_end(struct rsp_session *session);

/* What the session is to know of each stop. For moves that are not made here. */
void rsp_moves_note_stop(struct rsp_session *session, const struct timeline_stop *stop);

#endif
