/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Physical memory by "monitor" commands, as QEMU's own monitor has them and prints (QEMU manual,
 * "QEMU Monitor").
 */
#ifndef EBB_RSP_EXAMINE_H
#define EBB_RSP_EXAMINE_H

#include "session.h"

/* words[1..]: maybe /FORMAT, then an address. */
int rsp_examine_physical(struct rsp_session *session, char **words, unsigned count,
                         struct ebb_error *error);

/* An address; where worker 0 has it, which tools like gdb-pt-dump read from its /proc/PID/mem. */
int rsp_examine_host_address(struct rsp_session *session, char **words, unsigned count,
                             struct ebb_error *error);

#endif
