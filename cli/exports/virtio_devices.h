/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtio network devices that drivers find and set up, in the order in which they are found. */
#ifndef EBB_CLI_EXPORTS_VIRTIO_DEVICES_H
#define EBB_CLI_EXPORTS_VIRTIO_DEVICES_H

#include "virtio_net.h"
#include "virtio_pci.h"

#include "log/event.h"

#define VIRTIO_DEVICES_MAX 256u

struct virtio_device {
    uint64_t base; /* guest-physical: of the registers, or of the PCI configuration space */
    struct virtio_net *net; /* NULL: it is no network device, or that is not known yet */
    struct virtio_pci *pci; /* NULL: it is memory-mapped */
};

struct virtio_devices {
    uint64_t ports; /* where the guest sees the PCI bus's I/O ports; 0: not known */
    struct virtio_device devices[VIRTIO_DEVICES_MAX];
    size_t count;
};

/* Follows an access to memory-mapped registers. *queue as in enum virtio_news. */
int virtio_devices_access(struct virtio_devices *devices, const struct ebb_event *event,
                          enum virtio_news *news, struct virtio_queue **queue,
                          struct ebb_error *error);
/* The machine was reset. */
void virtio_devices_reset(struct virtio_devices *devices);
void virtio_devices_free(struct virtio_devices *devices);

#endif
