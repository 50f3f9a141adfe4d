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

/* Types of devices that cannot be recorded, by the beginnings of their names. */
struct recorder_refusal {
    const char *type;
    const char *reason;
};

/* False, with *errp set, if the machine has a device that may not be recorded. */
bool recorder_devices_check(Error **errp);

/* True, with *errp set, if the object is of one of the types. */
bool recorder_devices_refuse(Object *object, const struct recorder_refusal *refusals, size_t count,
                             Error **errp);

/* From now on a device that may not be recorded and is plugged in ends the recording. */
void recorder_devices_watch(struct recorder_session *session);

#endif
