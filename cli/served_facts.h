/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server tells a debugger of the recording beside the timeline (rsp/rsp.h). */
#ifndef EBB_CLI_SERVED_FACTS_H
#define EBB_CLI_SERVED_FACTS_H

#include "recording.h"

#include "rsp/rsp.h"

/* The recording stays the caller's, and where it is. */
int served_facts_init(struct rsp_recording *served, struct recording *recording,
                      struct ebb_error *error);
void served_facts_free(struct rsp_recording *served);

#endif
