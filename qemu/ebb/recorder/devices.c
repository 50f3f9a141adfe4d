/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "accel.h"
#include "device_settings.h"
#include "devices.h"

/* What is known to harm a recording; the others of which that may be so are just not in the next
 * list. */
static const struct {
    const char *type; /* the beginning of its name */
    const char *reason;
} refused[] = {
    {"iothread", "iothreads work while the guest runs; leave iothread= and -object iothread out"},
    {"vhost-", "vhost devices work outside of QEMU; use the plain virtio device"},
    {"virtio-balloon-device", "virtio-balloon takes pages out of the guest's RAM; leave it out"},
    {"sysbus-ahci", "AHCI writes to RAM in ways that are not recorded; use virtio-blk"},
    {"ich9-ahci", "AHCI writes to RAM in ways that are not recorded; use virtio-blk"},
    {"ivshmem", "memory shared with other processes changes at any time; leave ivshmem out"},
    {"pc-dimm", "memory devices cannot be recorded; use -m alone"},
    {"nvdimm", "memory devices cannot be recorded; use -m alone"},
    {"virtio-mem", "memory devices cannot be recorded; use -m alone"},
    {"virtio-pmem", "memory devices cannot be recorded; use -m alone"},
    {"vfio", "devices of the host cannot be recorded; use an emulated one"},
};

/*
 * tests/integration/test_record_devices.py has all of these, and looks whether it does. With a type
 * go its variants "-transitional" and "-non-transitional".
 */
static const char *const tried[] = {
    "bochs-display",
    "e1000",
    "e1000e",
    "i6300esb",
    "igb",
    "nvme",
    "nvme-ns",
    "nvme-subsys",
    "pcie-pci-bridge",
    "pcie-root-port",
    "pvpanic-pci",
    "qemu-xhci",
    "ramfb",
    "scsi-cd",
    "scsi-hd",
    "sd-card",
    "sdhci-pci",
    "usb-bot",
    "usb-hub",
    "usb-net",
    "usb-storage",
    "usb-uas",
    "virtconsole",
    "virtio-9p-device",
    "virtio-9p-pci",
    "virtio-blk-device",
    "virtio-blk-pci",
    "virtio-crypto-device",
    "virtio-crypto-pci",
    "virtio-gpu-device",
    "virtio-gpu-pci",
    "virtio-iommu-device",
    "virtio-iommu-pci",
    "virtio-net-device",
    "virtio-net-pci",
    "virtio-rng-device",
    "virtio-rng-pci",
    "virtio-scsi-device",
    "virtio-scsi-pci",
    "virtio-serial-device",
    "virtio-serial-pci",
    "virtserialport",
};

/* Parts of boards that users could add as well. They and what loads images at the start do nothing
 * to RAM while the guest runs. */
static const char *const harmless[] = {
    "guest-loader",
    "i2c-ddc",
    "loader",
    "sii9022",
};

static bool is_among(const char *type, const char *const *names, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *rest = type;

        if (strstart(type, names[i], &rest) &&
            (!*rest || !strcmp(rest, "-transitional") || !strcmp(rest, "-non-transitional"))) {
            return true;
        }
    }
    return false;
}

static bool is_refused(Object *object, Error **errp)
{
    const char *type = object_get_typename(object);
    size_t i;

    for (i = 0; i < ARRAY_SIZE(refused); i++) {
        if (g_str_has_prefix(type, refused[i].type)) {
            error_setg(errp, "%s", refused[i].reason);
            return true;
        }
    }
    return false;
}

/* A machine's own parts, which nobody can add, are looked at as part of the machine. */
static bool may_be_added(Object *object)
{
    return object_dynamic_cast(object, TYPE_DEVICE) && DEVICE_GET_CLASS(object)->user_creatable;
}

static bool may_be_recorded(const struct recorder_session *session, Object *object, Error **errp)
{
    const char *type = object_get_typename(object);

    if (is_refused(object, errp) || recorder_device_settings_refuse(object, errp)) {
        return false;
    }
    if (may_be_added(object) && !is_among(type, tried, ARRAY_SIZE(tried)) &&
        !is_among(type, harmless, ARRAY_SIZE(harmless))) {
        error_setg(errp,
                   "nobody has tried whether the device %s can be recorded; use one of those that "
                   "docs/nondeterminism.md lists",
                   type);
        return false;
    }
    return !session->accel->check_device || session->accel->check_device(object, errp);
}

struct check {
    const struct recorder_session *session;
    Error **errp;
};

static int check_object(Object *object, void *opaque)
{
    const struct check *check = opaque;

    return !may_be_recorded(check->session, object, check->errp);
}

bool recorder_devices_check(const struct recorder_session *session, Error **errp)
{
    struct check check = {.session = session, .errp = errp};

    return !object_child_foreach_recursive(object_get_root(), check_object, &check);
}

struct watch {
    DeviceListener listener;
    struct recorder_session *session;
};

static void realized(DeviceListener *listener, DeviceState *device)
{
    struct watch *watch = container_of(listener, struct watch, listener);
    Error *error = NULL;

    if (recorder_state_is_recording(watch->session) &&
        !may_be_recorded(watch->session, OBJECT(device), &error)) {
        recorder_state_fail(watch->session, "%s", error_get_pretty(error));
    }
    error_free(error);
}

void recorder_devices_watch(struct recorder_session *session)
{
    struct watch *watch = g_new0(struct watch, 1);

    watch->session = session;
    watch->listener.realize = realized;
    device_listener_register(&watch->listener);
}
