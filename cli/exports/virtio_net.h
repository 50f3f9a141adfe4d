/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtio network device (Virtual I/O Device Version 1.2, section 5.1), as far as its driver's
 * accesses to registers tell: its features, its queues and where their rings are. How registers get
 * there is the transports' business (virtio_mmio.h, virtio_pci.h).
 */
#ifndef EBB_CLI_EXPORTS_VIRTIO_NET_H
#define EBB_CLI_EXPORTS_VIRTIO_NET_H

#include "virtio_ring.h"

#define VIRTIO_NET_QUEUES_MAX 1024u /* QEMU's devices have no more */
#define VIRTIO_NET_CONFIG 12u /* bytes: the MAC address, the status, pairs of queues, the MTU */
#define VIRTIO_NET_NEVER UINT64_MAX
#define VIRTIO_STATUS_DRIVER_OK 4u

enum {
    VIRTIO_NET_MERGEABLE = 15,
    VIRTIO_NET_MULTIQUEUE = 22,
    VIRTIO_VERSION_1 = 32,
    VIRTIO_ACCESS_PLATFORM = 33,
    VIRTIO_RING_PACKED = 34,
    VIRTIO_NET_HASH_REPORT = 57,
    VIRTIO_NET_RSS = 60,
};

/* Even numbers are for what is received, odd ones for what is sent. */
struct virtio_queue {
    struct virtio_net *net;
    unsigned number;
    struct virtio_ring ring; /* size 0: not said yet */
    bool ready;
    /* For whoever follows the ring. */
    bool has_offset;
    uint64_t used_offset; /* of the used ring's index in the flat space of RAM */
    uint16_t seen;        /* the index behind what was seen of it */
    uint64_t looked;      /* the position at which it was to be looked at last, or never */
    bool pending;         /* it is to be looked at */
};

struct virtio_net {
    bool missing_told; /* that nothing can be told of it */
    int interface;     /* -1: has none yet */
    uint64_t features;
    uint8_t config[VIRTIO_NET_CONFIG];
    uint32_t config_known; /* bit n: byte n */
    uint32_t feature_select, queue_select, page_size, alignment;
    uint8_t status;
    struct virtio_queue queues[VIRTIO_NET_QUEUES_MAX];
};

/* What an access meant. */
enum virtio_news {
    VIRTIO_NOTHING,
    VIRTIO_RINGS,    /* queues have come or gone */
    VIRTIO_NOTIFIED, /* the driver has made something available, in *queue */
};

struct virtio_net *virtio_net_new(void);

/* What the driver says. */
void virtio_net_accept(struct virtio_net *net, uint32_t features); /* 32 bits, those selected */
enum virtio_news virtio_net_status(struct virtio_net *net, uint8_t status);
/* The queue that is selected. */
struct virtio_queue *virtio_net_selected(struct virtio_net *net);
enum virtio_news virtio_net_enable(struct virtio_net *net, bool ready);
/* The same for a legacy driver, which names the page of all of it. */
enum virtio_news virtio_net_page(struct virtio_net *net, uint64_t page, uint64_t page_size,
                                 uint64_t alignment);
/* Bytes of the device's configuration that the driver reads or writes. */
void virtio_net_configure(struct virtio_net *net, uint64_t offset, uint32_t size, uint64_t value);

/* The queue of that number if packets go through it, or NULL. */
struct virtio_queue *virtio_net_queue(struct virtio_net *net, uint64_t number);
bool virtio_net_has(const struct virtio_net *net, unsigned feature);
const uint8_t *virtio_net_mac(const struct virtio_net *net); /* NULL: not known */
size_t virtio_net_header_size(const struct virtio_net *net); /* bytes, in front of a packet */

static inline bool virtio_queue_receives(const struct virtio_queue *queue)
{
    return queue->number % 2 == 0;
}

/* Replaces size bytes at offset of a number, as drivers do that write a half of it. */
void virtio_put(uint64_t *number, uint64_t offset, uint32_t size, uint64_t value);

#endif
