/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_pci.h"

#include "log/buffer.h"

/* The configuration space (PCI Local Bus 3.0, chapter 6). */
enum { SPACE_BAR = 0x10, SPACE_CAPABILITIES = 0x34, BARS = 6 };
enum { BAR_PORTS = 1, BAR_TYPE = 6, BAR_64 = 4 };
enum { CAPABILITY_VENDOR = 9, CAPABILITIES_MAX = 48, CAPABILITY_SIZE = 16, CAPABILITY_MSIX = 17 };

/* VIRTIO_PCI_COMMON. */
enum {
    COMMON_DRIVER_FEATURES_SELECT = 0x08,
    COMMON_DRIVER_FEATURES = 0x0c,
    COMMON_STATUS = 0x14,
    COMMON_QUEUE_SELECT = 0x16,
    COMMON_QUEUE_SIZE = 0x18,
    COMMON_QUEUE_ENABLE = 0x1c,
    COMMON_QUEUE_DESCRIPTORS = 0x20, /* 64 bits each */
    COMMON_QUEUE_AVAILABLE = 0x28,
    COMMON_QUEUE_USED = 0x30,
    COMMON_QUEUE_RESET = 0x3a,
};

/* VIRTIO_PCI_LEGACY. */
enum {
    LEGACY_DRIVER_FEATURES = 0x04,
    LEGACY_QUEUE_PAGE = 0x08,
    LEGACY_QUEUE_SIZE = 0x0c,
    LEGACY_QUEUE_SELECT = 0x0e,
    LEGACY_QUEUE_NOTIFY = 0x10,
    LEGACY_STATUS = 0x12,
    LEGACY_CONFIG = 0x14,
    LEGACY_CONFIG_MSIX = 0x18, /* there are two more registers if MSI-X is enabled */
    LEGACY_SIZE = 0x20,        /* if the guest has not asked for it */
    LEGACY_PAGE = 4096,
};

static uint32_t space_32(const struct virtio_pci *pci, unsigned offset)
{
    return ebb_get_le32(pci->space + offset);
}

void virtio_pci_configure(struct virtio_pci *pci, const struct ebb_event *event, uint64_t offset)
{
    /* Whoever writes ones to it reads which of them can be changed. */
    if (offset == SPACE_BAR && event->kind == EBB_EVENT_MMIO_READ && event->size == 4 &&
        space_32(pci, SPACE_BAR) == UINT32_MAX) {
        pci->ports = ~((uint32_t)event->value & ~3u) + 1;
    }
    for (uint32_t i = 0; i < event->size && i < 8 && offset + i < sizeof(pci->space); i++) {
        pci->space[offset + i] = (uint8_t)(event->value >> 8 * i);
    }
    pci->changed = true;
}

/* 0: it has none in memory. */
static uint64_t bar_address(const struct virtio_pci *pci, unsigned bar)
{
    uint32_t low = space_32(pci, SPACE_BAR + 4 * bar);
    uint64_t address = low & ~15u;

    if (low & BAR_PORTS) {
        return 0;
    }
    if ((low & BAR_TYPE) == BAR_64 && bar + 1 < BARS) {
        address |= (uint64_t)space_32(pci, SPACE_BAR + 4 * (bar + 1)) << 32;
    }
    return address;
}

static void read_capability(struct virtio_pci *pci, unsigned at)
{
    unsigned region = pci->space[at + 3], bar = pci->space[at + 4];
    uint64_t address = bar < BARS ? bar_address(pci, bar) : 0;

    if (region > VIRTIO_PCI_NONE && region < VIRTIO_PCI_LEGACY && address &&
        !pci->regions[region].size) {
        pci->regions[region].address = address + space_32(pci, at + 8);
        pci->regions[region].size = space_32(pci, at + 12);
    }
}

static unsigned next_capability(const struct virtio_pci *pci, unsigned at)
{
    unsigned next = pci->space[at] & ~3u;

    return next + CAPABILITY_SIZE <= sizeof(pci->space) ? next : 0;
}

static void find_regions(struct virtio_pci *pci, uint64_t ports)
{
    uint32_t legacy = space_32(pci, SPACE_BAR);
    unsigned at = next_capability(pci, SPACE_CAPABILITIES);

    for (unsigned i = 0; i < VIRTIO_PCI_REGIONS; i++) {
        pci->regions[i].size = 0;
    }
    for (unsigned i = 0; at && i < CAPABILITIES_MAX; i++, at = next_capability(pci, at + 1)) {
        if (pci->space[at] == CAPABILITY_VENDOR) {
            read_capability(pci, at);
        }
    }
    if (legacy & BAR_PORTS && legacy & ~3u && ports) {
        pci->regions[VIRTIO_PCI_LEGACY].address = ports + (legacy & ~3u);
        pci->regions[VIRTIO_PCI_LEGACY].size = pci->ports ? pci->ports : LEGACY_SIZE;
    }
    pci->changed = false;
}

enum virtio_pci_region virtio_pci_find(struct virtio_pci *pci, uint64_t ports, uint64_t address,
                                       uint64_t *offset)
{
    if (pci->changed) {
        find_regions(pci, ports);
    }
    for (unsigned i = 0; i < VIRTIO_PCI_REGIONS; i++) {
        *offset = address - pci->regions[i].address;
        if (address >= pci->regions[i].address && *offset < pci->regions[i].size) {
            return i;
        }
    }
    return VIRTIO_PCI_NONE;
}

static enum virtio_news notified(struct virtio_net *net, const struct ebb_event *event,
                                 struct virtio_queue **queue)
{
    *queue = virtio_net_queue(net, event->value & 0xffff);
    return *queue ? VIRTIO_NOTIFIED : VIRTIO_NOTHING;
}

/* Registers of the queue that is selected. */
static enum virtio_news write_queue(struct virtio_net *net, const struct ebb_event *event,
                                    uint64_t offset)
{
    struct virtio_queue *queue = virtio_net_selected(net);

    if (!queue) {
        return VIRTIO_NOTHING;
    }
    if (offset >= COMMON_QUEUE_DESCRIPTORS && offset < COMMON_QUEUE_USED + 8) {
        uint64_t *place = offset >= COMMON_QUEUE_USED        ? &queue->ring.used
                          : offset >= COMMON_QUEUE_AVAILABLE ? &queue->ring.available
                                                             : &queue->ring.descriptors;

        virtio_put(place, offset % 8, event->size, event->value);
    } else if (offset == COMMON_QUEUE_SIZE) {
        queue->ring.size = (uint16_t)event->value;
    } else if (offset == COMMON_QUEUE_ENABLE) {
        return virtio_net_enable(net, event->value & 1);
    } else if (offset == COMMON_QUEUE_RESET && event->value & 1) {
        return virtio_net_enable(net, false);
    }
    return VIRTIO_NOTHING;
}

static enum virtio_news write_common(struct virtio_net *net, const struct ebb_event *event,
                                     uint64_t offset)
{
    switch (offset) {
    case COMMON_DRIVER_FEATURES_SELECT:
        net->feature_select = (uint32_t)event->value;
        return VIRTIO_NOTHING;
    case COMMON_DRIVER_FEATURES:
        virtio_net_accept(net, (uint32_t)event->value);
        return VIRTIO_NOTHING;
    case COMMON_STATUS:
        return virtio_net_status(net, (uint8_t)event->value);
    case COMMON_QUEUE_SELECT:
        net->queue_select = (uint16_t)event->value;
        return VIRTIO_NOTHING;
    default:
        return write_queue(net, event, offset);
    }
}

static enum virtio_news write_legacy(struct virtio_net *net, const struct ebb_event *event,
                                     uint64_t offset, struct virtio_queue **queue)
{
    switch (offset) {
    case LEGACY_DRIVER_FEATURES:
        net->feature_select = 0;
        virtio_net_accept(net, (uint32_t)event->value);
        return VIRTIO_NOTHING;
    case LEGACY_QUEUE_PAGE:
        return virtio_net_page(net, (uint32_t)event->value, LEGACY_PAGE, LEGACY_PAGE);
    case LEGACY_QUEUE_SELECT:
        net->queue_select = (uint16_t)event->value;
        return VIRTIO_NOTHING;
    case LEGACY_QUEUE_NOTIFY:
        return notified(net, event, queue);
    case LEGACY_STATUS:
        return virtio_net_status(net, (uint8_t)event->value);
    default:
        return VIRTIO_NOTHING;
    }
}

/* The size of the queue that is selected is the device's, unless the driver says another. */
static void read_size(struct virtio_net *net, const struct ebb_event *event)
{
    struct virtio_queue *queue = virtio_net_selected(net);

    if (queue) {
        queue->ring.size = (uint16_t)event->value;
    }
}

static bool has_msix(const struct virtio_pci *pci)
{
    unsigned at = next_capability(pci, SPACE_CAPABILITIES);

    for (unsigned i = 0; at && i < CAPABILITIES_MAX; i++, at = next_capability(pci, at + 1)) {
        if (pci->space[at] == CAPABILITY_MSIX) {
            return pci->space[at + 3] & 0x80;
        }
    }
    return false;
}

enum virtio_news virtio_pci_access(struct virtio_pci *pci, struct virtio_net *net,
                                   enum virtio_pci_region region, const struct ebb_event *event,
                                   uint64_t offset, struct virtio_queue **queue)
{
    bool legacy = region == VIRTIO_PCI_LEGACY;
    bool write = event->kind == EBB_EVENT_MMIO_WRITE;
    uint64_t config = !legacy ? 0 : has_msix(pci) ? LEGACY_CONFIG_MSIX : LEGACY_CONFIG;

    if (region == VIRTIO_PCI_CONFIG || (legacy && offset >= config)) {
        virtio_net_configure(net, offset - config, event->size, event->value);
    } else if (legacy && write) {
        return write_legacy(net, event, offset, queue);
    } else if (region == VIRTIO_PCI_COMMON && write) {
        return write_common(net, event, offset);
    } else if (region == VIRTIO_PCI_NOTIFY && write) {
        return notified(net, event, queue);
    } else if ((legacy && offset == LEGACY_QUEUE_SIZE) ||
               (region == VIRTIO_PCI_COMMON && offset == COMMON_QUEUE_SIZE)) {
        read_size(net, event);
    }
    return VIRTIO_NOTHING;
}
