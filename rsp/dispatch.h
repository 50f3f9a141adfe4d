/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the client's packets one after the other and lets their handlers answer. */
#ifndef EBB_RSP_DISPATCH_H
#define EBB_RSP_DISPATCH_H

#include "session.h"

/* Serves the client until session->end is set. */
void rsp_dispatch_packets(struct rsp_session *session);

#endif
