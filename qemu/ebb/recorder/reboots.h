/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the user of a guest that does nothing but reboot, which looks like one that hangs. */
#ifndef EBB_RECORDER_REBOOTS_H
#define EBB_RECORDER_REBOOTS_H

#include "state.h"

/* The machine is about to be reset, also before the guest starts; with the BQL. */
void recorder_reboots_reset(struct recorder_session *session);

#endif
