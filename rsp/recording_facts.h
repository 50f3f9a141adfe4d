/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "monitor" commands that tell what is in the recording (monitor.c): words[1..] are the arguments.
 */
#ifndef EBB_RSP_RECORDING_FACTS_H
#define EBB_RSP_RECORDING_FACTS_H

#include "session.h"

int rsp_print_recording(struct rsp_session *session, char **words, unsigned count,
                        struct ebb_error *error);
int rsp_print_console(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error);
int rsp_print_markers(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error);

/* Prints which device has written to memory in the step that begins at a position. */
int rsp_print_who_wrote(struct rsp_session *session, uint64_t step, struct ebb_error *error);

#endif
