/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/sysbus.h"
#include "hw/virtio/virtio-mmio.h"
#include "qapi/error.h"
#include "markers.h"
#include "region_address.h"

#define MARKERS_SIZE 16 /* two registers */

/*
 * In a transport's registers, behind those that there are. A transport without a device behind it
 * ignores all that is written (Virtual I/O Device (VIRTIO) 1.2, 4.2.2), here and in any QEMU, so a
 * guest that stores markers runs as it does when nobody records it. Linux leaves such a transport
 * to others.
 */
#define MARKERS_OFFSET 0x1f0

bool recorder_markers_check(const struct recorder_session *session, Error **errp)
{
    uint64_t address = session->settings.markers;
    MemoryRegionSection section;
    bool is_ram;

    if (!address) {
        return true;
    }
    section = memory_region_find(get_system_memory(), address, MARKERS_SIZE);
    if (!section.mr) {
        error_setg(errp,
                   "at the markers' address %#" PRIx64 " is nothing, and a store there would be an "
                   "external abort; name registers of a device that ignores it",
                   address);
        return false;
    }
    if (section.offset_within_address_space != address ||
        int128_get64(section.size) < MARKERS_SIZE) {
        memory_region_unref(section.mr);
        error_setg(errp,
                   "at the markers' address %#" PRIx64
                   " are no %d bytes of one device, and a store "
                   "to some of them would be an external abort; name registers of a device that "
                   "ignores it",
                   address, MARKERS_SIZE);
        return false;
    }
    is_ram = memory_region_is_ram(section.mr) || memory_region_is_romd(section.mr);
    memory_region_unref(section.mr);
    if (is_ram) {
        error_setg(errp,
                   "at the markers' address %#" PRIx64 " is RAM, where no store is seen; name "
                   "registers of a device that ignores it",
                   address);
    }
    return !is_ram;
}

struct lowest {
    hwaddr address; /* of the first transport */
    bool is_free;
};

static int look_at_transport(Object *object, void *opaque)
{
    SysBusDevice *device = (SysBusDevice *)object_dynamic_cast(object, TYPE_VIRTIO_MMIO);
    struct lowest *lowest = opaque;
    hwaddr address;

    if (device && recorder_region_address(sysbus_mmio_get_region(device, 0), &address) &&
        (!lowest->address || address < lowest->address)) {
        BusState *bus = QLIST_FIRST(&DEVICE(device)->child_bus);

        lowest->address = address;
        lowest->is_free = bus && !bus->num_children;
    }
    return 0;
}

/* QEMU gives devices the transports from the last one down, so the first is free on most machines.
 */
uint64_t recorder_markers_address(const struct recorder_session *session)
{
    struct lowest lowest = {0};

    if (session->settings.markers) {
        return session->settings.markers;
    }
    object_child_foreach_recursive(qdev_get_machine(), look_at_transport, &lowest);
    return lowest.is_free ? lowest.address + MARKERS_OFFSET : 0;
}
