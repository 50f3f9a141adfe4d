/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watchpoint stops for LLDB, which wants them with the access behind it.
 *
 * A timeline stops before the accessing instruction forwards and behind it backwards, since gdb
 * then steps once more, in the direction of travel. LLDB would do so as well, but always forwards:
 * going backwards it would come to the same access for ever. So LLDB is told that accesses are
 * reported when they are over ("watchpoint_exceptions_received:after" in the answer to qHostInfo),
 * and the server goes the rest of the way itself.
 */
#ifndef EBB_RSP_WATCH_AFTER_H
#define EBB_RSP_WATCH_AFTER_H

#include "session.h"

/*
 * Goes over the access of a watchpoint stop, if the client is LLDB; back: the move went backward.
 * *stop becomes the end of history where the access cannot be gone over. Does nothing for other
 * stops.
 */
int rsp_watch_go_over(struct rsp_session *session, bool back, struct timeline_stop *stop,
                      struct ebb_error *error);

#endif
