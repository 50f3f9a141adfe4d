/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * virtio over PCI (Virtual I/O Device Version 1.2, section 4.1), with the registers of legacy
 * devices. Where a device's registers are is known from what was read from and written to its PCI
 * configuration space.
 */
#ifndef EBB_CLI_EXPORTS_VIRTIO_PCI_H
#define EBB_CLI_EXPORTS_VIRTIO_PCI_H

#include "virtio_net.h"

#include "log/event.h"

#define VIRTIO_PCI_SPACE 0x1000u      /* bytes of configuration space of a function, mapped */
#define VIRTIO_PCI_ID 0x10411af4u     /* device and vendor of a network device */
#define VIRTIO_PCI_OLD_ID 0x10001af4u /* the same of one that has legacy registers */

enum virtio_pci_region {
    VIRTIO_PCI_NONE,
    VIRTIO_PCI_COMMON,
    VIRTIO_PCI_NOTIFY,
    VIRTIO_PCI_INTERRUPT,
    VIRTIO_PCI_CONFIG,
    VIRTIO_PCI_LEGACY, /* has all of the others */
    VIRTIO_PCI_REGIONS,
};

struct virtio_pci {
    uint8_t space[256]; /* what is known of it; else 0 */
    bool changed;
    uint32_t ports; /* so many I/O ports has the first of its regions; 0: not known */
    struct {
        uint64_t address, size;
    } regions[VIRTIO_PCI_REGIONS];
};

/* The space was read or written, at offset. */
void virtio_pci_configure(struct virtio_pci *pci, const struct ebb_event *event, uint64_t offset);

/* Which of the device's registers are at a guest-physical address. ports: where the guest sees the
 * bus's I/O ports; 0: nowhere. */
enum virtio_pci_region virtio_pci_find(struct virtio_pci *pci, uint64_t ports, uint64_t address,
                                       uint64_t *offset);

/* The driver has made an access there. *queue as in enum virtio_news. */
enum virtio_news virtio_pci_access(struct virtio_pci *pci, struct virtio_net *net,
                                   enum virtio_pci_region region, const struct ebb_event *event,
                                   uint64_t offset, struct virtio_queue **queue);

#endif
