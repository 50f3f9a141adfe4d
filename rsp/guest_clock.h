/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the guest read its clock, and what that said, as the log has it. */
#ifndef EBB_RSP_GUEST_CLOCK_H
#define EBB_RSP_GUEST_CLOCK_H

#include "session.h"

/* A "monitor" command (monitor.c): words[1..] are the arguments. */
int rsp_print_counter(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error);

#endif
