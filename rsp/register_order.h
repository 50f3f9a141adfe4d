/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The byte order of registers on the wire. It is that of the file with symbols which gdb has read,
 * not the one that the CPU uses at the moment, which may change from one instruction to the next;
 * the target description does not have it (gdb manual, "Target Descriptions" and "Byte Order").
 */
#ifndef EBB_RSP_REGISTER_ORDER_H
#define EBB_RSP_REGISTER_ORDER_H

#include "session.h"

/* From the timeline's little-endian bytes of one register to the client's, or back. */
void rsp_register_order(const struct rsp_session *session, uint8_t *bytes, size_t size);

/* A "monitor" command (monitor.c): words[1..] are the arguments. */
int rsp_register_order_set(struct rsp_session *session, char **words, unsigned count,
                           struct ebb_error *error);

#endif
