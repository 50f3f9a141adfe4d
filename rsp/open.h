/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for the timeline that another thread is opening (struct rsp_opening in rsp.h). */
#ifndef EBB_RSP_OPEN_H
#define EBB_RSP_OPEN_H

#include "session.h"

/*
 * True once session->timeline is there. False: the session is over, since the timeline cannot be
 * opened, the server has to end or the client is gone. With tell the client shows O packets now.
 */
bool rsp_open_timeline(struct rsp_session *session, bool tell);

#endif
