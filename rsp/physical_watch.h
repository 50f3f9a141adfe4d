/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watchpoints on physical memory, which see accesses through whatever virtual address. gdb has no
 * such thing, so they are set by "monitor" commands and belong to the session. gdb steps over an
 * access that one of its own watchpoints sees; over one that only these see the server does.
 */
#ifndef EBB_RSP_PHYSICAL_WATCH_H
#define EBB_RSP_PHYSICAL_WATCH_H

#include "session.h"

/* "monitor" commands (monitor.c): words[1..] are the arguments. */
int rsp_physical_watch_set(struct rsp_session *session, char **words, unsigned count,
                           struct ebb_error *error);
int rsp_physical_watch_remove(struct rsp_session *session, char **words, unsigned count,
                              struct ebb_error *error);

/* Puts them back once the timeline has lost all its breakpoints. */
int rsp_physical_watch_restore(struct rsp_session *session, struct ebb_error *error);

/*
 * To be called at the end of each move. If it stopped at a physical watchpoint: goes over the
 * access, in the direction of the move, tells the user of it, and makes *stop one that gdb stops
 * at. is_step: the move was by instructions.
 */
int rsp_physical_watch_end_move(struct rsp_session *session, bool forward, bool is_step,
                                struct timeline_stop *stop, struct ebb_error *error);

#endif
