/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user should know of a recording that was opened. */
#ifndef EBB_CLI_NOTICES_H
#define EBB_CLI_NOTICES_H

#include "recording.h"

#include "replay/timeline/timeline.h"

/* Tells on standard error where a recording made under KVM could not be replayed to its end, and
 * what is damaged. */
void notices_tell(const struct recording *recording, struct timeline *timeline);

/* Whether the recording just stops, as after kill -9, for no reason that notices_tell() has. */
bool notices_is_cut_off(const struct ebb_log *log);

#endif
