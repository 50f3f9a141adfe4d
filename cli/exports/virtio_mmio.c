/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_mmio.h"

enum {
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SELECT = 0x24,
    PAGE_SIZE = 0x28, /* this and the others of pages: legacy */
    QUEUE_SELECT = 0x30,
    QUEUE_SIZE = 0x38,
    QUEUE_ALIGNMENT = 0x3c,
    QUEUE_PAGE = 0x40,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    STATUS = 0x70,
    QUEUE_DESCRIPTORS = 0x80, /* 64 bits in two registers, as the next two */
    QUEUE_AVAILABLE = 0x90,
    QUEUE_USED = 0xa0,
    CONFIG = 0x100,
};

static void set_ring(struct virtio_queue *queue, uint64_t offset, uint32_t value)
{
    struct virtio_ring *ring = &queue->ring;

    switch (offset & ~4ull) {
    case QUEUE_DESCRIPTORS:
        virtio_put(&ring->descriptors, offset & 4, 4, value);
        break;
    case QUEUE_AVAILABLE:
        virtio_put(&ring->available, offset & 4, 4, value);
        break;
    case QUEUE_USED:
        virtio_put(&ring->used, offset & 4, 4, value);
        break;
    default:
        break;
    }
}

/* Registers of the queue that is selected. */
static enum virtio_news write_queue(struct virtio_net *net, uint64_t offset, uint32_t value)
{
    struct virtio_queue *queue = virtio_net_selected(net);

    if (!queue) {
        return VIRTIO_NOTHING;
    }
    switch (offset) {
    case QUEUE_SIZE:
        queue->ring.size = value;
        return VIRTIO_NOTHING;
    case QUEUE_PAGE:
        return virtio_net_page(net, value, net->page_size, net->alignment);
    case QUEUE_READY:
        return virtio_net_enable(net, value & 1);
    default:
        set_ring(queue, offset, value);
        return VIRTIO_NOTHING;
    }
}

static enum virtio_news write_register(struct virtio_net *net, uint64_t offset, uint32_t value,
                                       struct virtio_queue **queue)
{
    switch (offset) {
    case DRIVER_FEATURES:
        virtio_net_accept(net, value);
        return VIRTIO_NOTHING;
    case DRIVER_FEATURES_SELECT:
        net->feature_select = value;
        return VIRTIO_NOTHING;
    case PAGE_SIZE:
        net->page_size = value;
        return VIRTIO_NOTHING;
    case QUEUE_ALIGNMENT:
        net->alignment = value;
        return VIRTIO_NOTHING;
    case QUEUE_SELECT:
        net->queue_select = value;
        return VIRTIO_NOTHING;
    case STATUS:
        return virtio_net_status(net, (uint8_t)value);
    case QUEUE_NOTIFY:
        *queue = virtio_net_queue(net, value & 0xffff);
        return *queue ? VIRTIO_NOTIFIED : VIRTIO_NOTHING;
    default:
        return write_queue(net, offset, value);
    }
}

enum virtio_news virtio_mmio_access(struct virtio_net *net, const struct ebb_event *event,
                                    uint64_t offset, struct virtio_queue **queue)
{
    if (offset >= CONFIG) {
        virtio_net_configure(net, offset - CONFIG, event->size, event->value);
        return VIRTIO_NOTHING;
    }
    return event->kind == EBB_EVENT_MMIO_WRITE && event->size == 4
               ? write_register(net, offset, (uint32_t)event->value, queue)
               : VIRTIO_NOTHING;
}
