/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings with which a device that can be recorded is one that cannot. */
#ifndef EBB_RECORDER_DEVICE_SETTINGS_H
#define EBB_RECORDER_DEVICE_SETTINGS_H

#include "qom/object.h"

/* True, with *errp set, if the device has such a setting. */
bool recorder_device_settings_refuse(Object *device, Error **errp);

#endif
