/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packets that are new in a network device's queue (Virtual I/O Device Version 1.2, sections
 * 5.1.6.2 and 5.1.6.4), without the headers that go with them. */
#ifndef EBB_CLI_EXPORTS_VIRTIO_PACKETS_H
#define EBB_CLI_EXPORTS_VIRTIO_PACKETS_H

#include "virtio_net.h"

struct virtio_packet {
    const uint8_t *bytes;
    size_t size;           /* of bytes */
    uint64_t length;       /* of the packet, more than size if there was no room for all */
    bool partial_checksum; /* whoever gets it is to fill that in */
    unsigned segment;      /* bytes; it is to be cut into segments of that size; 0: it is not */
};

struct virtio_packets {
    struct virtio_memory memory;
    struct virtio_bytes buffer; /* its room is the caller's */
    /* Called for each; 0, or -1 after filling *error. */
    int (*packet)(void *opaque, const struct virtio_queue *queue,
                  const struct virtio_packet *packet, struct ebb_error *error);
    /* Called for each of which nothing can be told, with a phrase that goes with "buffers". */
    void (*malformed)(void *opaque, const struct virtio_queue *queue, const char *why);
    bool (*stopped)(void *opaque); /* whether somebody wants it to end */
    void *opaque;
};

/* Marks all that is in the queue now as seen. */
int virtio_packets_skip(struct virtio_packets *packets, struct virtio_queue *queue,
                        struct ebb_error *error);

/* Tells of those that were sent, or received, since; they are those that the driver has made
 * available, or that the device has given back. */
int virtio_packets_read(struct virtio_packets *packets, struct virtio_queue *queue,
                        struct ebb_error *error);

#endif
