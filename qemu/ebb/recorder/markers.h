/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Markers: stores by which the guest says where it is (docs/recording.md). They are events like all
 * stores to a device's registers; what is here knows where they go to.
 */
#ifndef EBB_RECORDER_MARKERS_H
#define EBB_RECORDER_MARKERS_H

#include "state.h"

/* False with *errp set if stores to the address that the user has chosen would be no events. */
bool recorder_markers_check(const struct recorder_session *session, Error **errp);

/* Where the guest stores its markers; 0: nowhere. */
uint64_t recorder_markers_address(const struct recorder_session *session);

#endif
