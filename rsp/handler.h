/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handlers of packets. A handler fills session->reply, which is empty when it is called; an empty
 * reply tells the client that the packet is not supported.
 */
#ifndef EBB_RSP_HANDLER_H
#define EBB_RSP_HANDLER_H

#include "session.h"

typedef void rsp_handler(struct rsp_session *session, const struct rsp_arguments *arguments);

#endif
