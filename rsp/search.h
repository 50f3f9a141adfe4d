/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "monitor search": where in history something is executed or accessed, for commands of a
 * debugger's scripts. It knows nothing of the client's breakpoints.
 *
 * What is searched for happens in a step: from a position to the next one, that is the instruction
 * about to execute at the position and what devices write behind it. A search ends where the step
 * found begins. gdb cannot interrupt a monitor command. So one does a part of the search only,
 * which takes less than a second or so, says how far it has got, and is asked again:
 *
 *   last    the last step before the one that begins here
 *   next    the next one after that
 *   on      the next one from here on: to continue next
 *   TO[:N]  counts, from here on, the steps that begin before position TO, N of them at most
 *
 *   found POSITION KIND ADDRESS by WHOM    the timeline is at the position
 *   nothing found                          it is at the end of history that was reached
 *   searched until POSITION                it is there; last and on go on from it
 *   counted N until POSITION               it is there: where TO is, or where to go on, or, if
 * there are as many as wanted, at the last of them
 */
#ifndef EBB_RSP_SEARCH_H
#define EBB_RSP_SEARCH_H

#include "session.h"

/* A "monitor" command (monitor.c): words[1..] are the arguments. */
int rsp_search(struct rsp_session *session, char **words, unsigned count, struct ebb_error *error);

#endif
