/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which watchpoint to report where one instruction has written to several.
 *
 * A stop reply has room for one (gdb manual, Stop Reply Packets), and gdb looks at the value of
 * that one only: where it is the same as before, gdb goes on without a word, whatever the
 * instruction did to the others.
 */
#ifndef EBB_RSP_WATCH_CHOICE_H
#define EBB_RSP_WATCH_CHOICE_H

#include "session.h"

/*
 * Turns a stop at a write watchpoint whose bytes the instruction leaves as they are into one at
 * another that it changes, if there is one close by. back: the move went backward. Costs two short
 * moves where there are several close by, and leaves the timeline where it is.
 */
int rsp_watch_choose(struct rsp_session *session, bool back, struct timeline_stop *stop,
                     struct ebb_error *error);

#endif
