/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_devices.h"

#include "virtio_mmio.h"

#include <stdlib.h>

static uint64_t size_of(const struct virtio_device *device)
{
    return device->pci ? VIRTIO_PCI_SPACE : VIRTIO_MMIO_SIZE;
}

static struct virtio_device *find(struct virtio_devices *devices, uint64_t address)
{
    for (size_t i = 0; i < devices->count; i++) {
        struct virtio_device *device = &devices->devices[i];

        if (address >= device->base && address - device->base < size_of(device)) {
            return device;
        }
    }
    return NULL;
}

/* That there are more is not believed, and nothing else of them is looked at. */
static struct virtio_device *add(struct virtio_devices *devices, uint64_t base)
{
    struct virtio_device *device = &devices->devices[devices->count];

    if (devices->count == VIRTIO_DEVICES_MAX) {
        return NULL;
    }
    *device = (struct virtio_device){.base = base};
    devices->count++;
    return device;
}

static int become_net(struct virtio_device *device, struct ebb_error *error)
{
    device->net = virtio_net_new();
    return device->net ? 0 : ebb_fail_memory(error);
}

static int add_pci(struct virtio_devices *devices, uint64_t base, struct ebb_error *error)
{
    struct virtio_device *device = add(devices, base);

    if (!device) {
        return 0;
    }
    device->pci = calloc(1, sizeof(*device->pci));
    return device->pci ? become_net(device, error) : ebb_fail_memory(error);
}

/* All drivers ask first what there is. */
static int discover(struct virtio_devices *devices, const struct ebb_event *event,
                    struct ebb_error *error)
{
    uint64_t place = event->address % VIRTIO_PCI_SPACE, value = event->value;

    if (event->kind != EBB_EVENT_MMIO_READ) {
        return 0;
    }
    if (event->size == 4 && value == VIRTIO_MMIO_MAGIC) {
        add(devices, event->address);
    } else if ((event->size == 4 && place == 0 &&
                (value == VIRTIO_PCI_ID || value == VIRTIO_PCI_OLD_ID)) ||
               (event->size == 2 && place == 2 &&
                (value == VIRTIO_PCI_ID >> 16 || value == VIRTIO_PCI_OLD_ID >> 16))) {
        return add_pci(devices, event->address - place, error);
    }
    return 0;
}

static void access_pci(struct virtio_devices *devices, const struct ebb_event *event,
                       enum virtio_news *news, struct virtio_queue **queue)
{
    for (size_t i = 0; i < devices->count; i++) {
        struct virtio_device *device = &devices->devices[i];
        enum virtio_pci_region region = VIRTIO_PCI_NONE;
        uint64_t offset;

        if (device->pci) {
            region = virtio_pci_find(device->pci, devices->ports, event->address, &offset);
        }
        if (region != VIRTIO_PCI_NONE) {
            *news = virtio_pci_access(device->pci, device->net, region, event, offset, queue);
            return;
        }
    }
}

int virtio_devices_access(struct virtio_devices *devices, const struct ebb_event *event,
                          enum virtio_news *news, struct virtio_queue **queue,
                          struct ebb_error *error)
{
    struct virtio_device *device = find(devices, event->address);
    uint64_t offset = device ? event->address - device->base : 0;

    *news = VIRTIO_NOTHING;
    if (event->flags & EBB_EVENT_FAILED) {
        return 0;
    }
    if (device && device->pci) {
        virtio_pci_configure(device->pci, event, offset);
    } else if (device && device->net) {
        *news = virtio_mmio_access(device->net, event, offset, queue);
    } else if (device) {
        bool is_net = event->kind == EBB_EVENT_MMIO_READ && offset == VIRTIO_MMIO_ID &&
                      event->value == VIRTIO_MMIO_ID_NET;

        return is_net ? become_net(device, error) : 0;
    } else {
        access_pci(devices, event, news, queue);
        return *news == VIRTIO_NOTHING ? discover(devices, event, error) : 0;
    }
    return 0;
}

void virtio_devices_reset(struct virtio_devices *devices)
{
    for (size_t i = 0; i < devices->count; i++) {
        if (devices->devices[i].net) {
            virtio_net_status(devices->devices[i].net, 0);
        }
    }
}

void virtio_devices_free(struct virtio_devices *devices)
{
    for (size_t i = 0; i < devices->count; i++) {
        free(devices->devices[i].net);
        free(devices->devices[i].pci);
    }
}
