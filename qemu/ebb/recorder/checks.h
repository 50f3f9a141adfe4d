/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cannot be recorded is refused before the guest runs. */
#ifndef EBB_RECORDER_CHECKS_H
#define EBB_RECORDER_CHECKS_H

#include "state.h"

/* False, with *errp set, if this machine cannot be recorded. */
bool recorder_checks_machine(const struct recorder_session *session, Error **errp);

#endif
