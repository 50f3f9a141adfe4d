/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qbool.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "qom/qom-qobject.h"
#include "device_settings.h"

/* Off, zero, or empty they do no harm, and that is what they are unless somebody says otherwise. */
static const struct {
    const char *type; /* of the device */
    const char *property;
    const char *reason;
} refused[] = {
    {"nvme", "pmrdev",
     "nvme writes to its persistent memory region past the recorder; leave pmrdev= out"},
    {"nvme", "sriov_max_vfs",
     "nobody has tried whether virtual functions of nvme can be recorded; leave sriov_max_vfs= "
     "out"},
    {"virtio-gpu-device", "blob",
     "virtio-gpu shares blob resources with the host's graphics; leave blob= out"},
    {"virtio-gpu-device", "hostmem",
     "virtio-gpu shows the guest memory of the host's graphics in hostmem; leave hostmem= out"},
};

static bool is_set(Object *device, const char *property)
{
    QObject *value = object_property_get_qobject(device, property, NULL);
    bool set = false;

    switch (value ? qobject_type(value) : QTYPE_NONE) {
    case QTYPE_QBOOL:
        set = qbool_get_bool(qobject_to(QBool, value));
        break;
    case QTYPE_QNUM:
        set = qnum_get_double(qobject_to(QNum, value)) != 0;
        break;
    case QTYPE_QSTRING: /* a link's: the path of what it leads to */
        set = *qstring_get_str(qobject_to(QString, value));
        break;
    default:
        break;
    }
    qobject_unref(value);
    return set;
}

bool recorder_device_settings_refuse(Object *device, Error **errp)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(refused); i++) {
        if (object_dynamic_cast(device, refused[i].type) && is_set(device, refused[i].property)) {
            error_setg(errp, "%s", refused[i].reason);
            return true;
        }
    }
    return false;
}
