/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stop replies: where the timeline is and why it stopped there. */
#ifndef EBB_RSP_STOP_REPLY_H
#define EBB_RSP_STOP_REPLY_H

#include "session.h"

/* Makes session->reply the stop reply for *stop, after printing what gdb has no field for. */
void rsp_report_stop(struct rsp_session *session, const struct timeline_stop *stop);

/* Prints what the timeline has met on the way of a move and the user should know. */
void rsp_print_notice(struct rsp_session *session);

/* Appends the fields of a stop reply that every one has: signal, thread, PC. */
void rsp_stop_reply(struct rsp_session *session);

#endif
