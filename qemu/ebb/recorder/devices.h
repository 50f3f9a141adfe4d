/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices may be recorded: those of which a test has shown that they can, and boards' own. A
 * device that writes to RAM in ways that are not recorded harms the guest or the recording without
 * anyone noticing, so those that nobody has tried are refused.
 */
#ifndef EBB_RECORDER_DEVICES_H
#define EBB_RECORDER_DEVICES_H

#include "qom/object.h"
#include "state.h"

/* False, with *errp set, if the machine has a device that may not be recorded. */
bool recorder_devices_check(const struct recorder_session *session, Error **errp);

/* From now on a device that may not be recorded and is plugged in ends the recording. */
void recorder_devices_watch(struct recorder_session *session);

#endif
