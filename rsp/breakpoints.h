/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's breakpoints and watchpoints, and the packets that insert and remove them. */
#ifndef EBB_RSP_BREAKPOINTS_H
#define EBB_RSP_BREAKPOINTS_H

#include "handler.h"

rsp_handler rsp_handle_insert;
rsp_handler rsp_handle_remove;

/* The client's breakpoint on execution at that address; NULL: none. A software one is preferred. */
const struct rsp_breakpoint *rsp_breakpoint_at(const struct rsp_session *session, uint64_t address);

/* It is a watchpoint that sees writes only. */
bool rsp_breakpoint_watches_writes(const struct rsp_breakpoint *breakpoint);

/* The same among those that were removed since the last move. */
const struct rsp_breakpoint *rsp_breakpoint_removed_at(const struct rsp_session *session,
                                                       uint64_t address);

/* Makes the timeline stop at what was removed since the last move as well, and no more. */
int rsp_breakpoints_revive(struct rsp_session *session, struct ebb_error *error);
void rsp_breakpoints_bury(struct rsp_session *session);

/* Forget those that were removed since the last move; all, when the timeline has none any more. */
void rsp_breakpoints_forget_removed(struct rsp_session *session);
void rsp_breakpoints_forget(struct rsp_session *session);

/* The client sees memory in another byte order, or at other addresses: conditions depend on it. */
void rsp_breakpoints_view_changed(struct rsp_session *session);

/* Makes the timeline stop at all of the client's, and at nothing else. */
int rsp_breakpoints_restore(struct rsp_session *session, struct ebb_error *error);

/*
 * The client's watchpoint that an access starting at that address hit, and an address inside it;
 * NULL: none.
 */
const struct rsp_breakpoint *rsp_watchpoint_hit(const struct rsp_session *session,
                                                enum timeline_breakpoint_kind kind,
                                                uint64_t address, uint64_t *first_watched);

#endif
