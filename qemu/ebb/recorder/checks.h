/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cannot be recorded is refused before the guest runs. */
#ifndef EBB_RECORDER_CHECKS_H
#define EBB_RECORDER_CHECKS_H

#include "qom/object.h"
#include "state.h"

/* Types of devices that cannot be recorded, by the beginnings of their names. */
struct recorder_refusal {
    const char *type;
    const char *reason;
};

/* False, with *errp set, if this machine cannot be recorded. */
bool recorder_checks_machine(const struct recorder_session *session, Error **errp);

/* False, with *errp set, if the object is of one of the types. */
bool recorder_checks_type(Object *object, const struct recorder_refusal *refusals, size_t count,
                          Error **errp);

#endif
