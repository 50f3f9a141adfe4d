/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_packets.h"

/* The header (section 5.1.6). */
enum { HEADER_FLAGS = 0, HEADER_SEGMENTATION = 1, HEADER_SEGMENT = 4, HEADER_BUFFERS = 10 };
enum { NEEDS_CHECKSUM = 1 };

static unsigned header_16(const struct virtio_packets *packets, unsigned offset)
{
    const uint8_t *bytes = packets->buffer.bytes + offset;

    return bytes[0] | (unsigned)bytes[1] << 8;
}

static int read_index(struct virtio_packets *packets, struct virtio_queue *queue, uint16_t *index,
                      const char **why, struct ebb_error *error)
{
    return (virtio_queue_receives(queue) ? virtio_ring_used_index : virtio_ring_available_index)(
        &queue->ring, &packets->memory, index, why, error);
}

int virtio_packets_skip(struct virtio_packets *packets, struct virtio_queue *queue,
                        struct ebb_error *error)
{
    const char *why;

    return read_index(packets, queue, &queue->seen, &why, error) < 0 ? -1 : 0;
}

static int tell(struct virtio_packets *packets, struct virtio_queue *queue, const char **why,
                struct ebb_error *error)
{
    const struct virtio_bytes *buffer = &packets->buffer;
    size_t header = virtio_net_header_size(queue->net);
    struct virtio_packet packet = {0};

    if (buffer->size <= header) {
        *why = "that are too short for a packet";
        return 0;
    }
    packet.bytes = buffer->bytes + header;
    packet.size = buffer->size - header;
    packet.length = buffer->total - header;
    packet.partial_checksum = buffer->bytes[HEADER_FLAGS] & NEEDS_CHECKSUM;
    packet.segment = buffer->bytes[HEADER_SEGMENTATION] ? header_16(packets, HEADER_SEGMENT) : 0;
    return packets->packet(packets->opaque, queue, &packet, error) < 0 ? -1 : 1;
}

static int read_sent(struct virtio_packets *packets, struct virtio_queue *queue, const char **why,
                     struct ebb_error *error)
{
    uint32_t head = 0;
    int status =
        virtio_ring_available(&queue->ring, &packets->memory, queue->seen++, &head, why, error);

    if (status > 0) {
        status = virtio_ring_chain(&queue->ring, &packets->memory, head, false, UINT64_MAX,
                                   &packets->buffer, why, error);
    }
    return status > 0 ? tell(packets, queue, why, error) : status;
}

static int read_buffer(struct virtio_packets *packets, struct virtio_queue *queue, const char **why,
                       struct ebb_error *error)
{
    struct virtio_used used = {0};
    int status = virtio_ring_used(&queue->ring, &packets->memory, queue->seen++, &used, why, error);

    return status > 0 ? virtio_ring_chain(&queue->ring, &packets->memory, used.head, true,
                                          used.length, &packets->buffer, why, error)
                      : status;
}

/* One packet may have several buffers, all of which the device gives back at once. */
static int read_received(struct virtio_packets *packets, struct virtio_queue *queue, uint16_t end,
                         const char **why, struct ebb_error *error)
{
    unsigned buffers = 1;
    int status = read_buffer(packets, queue, why, error);

    if (status > 0 && virtio_net_has(queue->net, VIRTIO_NET_MERGEABLE) &&
        packets->buffer.size > HEADER_BUFFERS + 1) {
        buffers = header_16(packets, HEADER_BUFFERS);
    }
    for (unsigned i = 1; i < buffers && status > 0; i++) {
        if (queue->seen == end) {
            *why = "of which some are missing";
            return 0;
        }
        status = read_buffer(packets, queue, why, error);
    }
    return status > 0 ? tell(packets, queue, why, error) : status;
}

int virtio_packets_read(struct virtio_packets *packets, struct virtio_queue *queue,
                        struct ebb_error *error)
{
    const char *why = NULL;
    uint16_t end = 0;
    int status = read_index(packets, queue, &end, &why, error);

    if (status > 0 && (uint16_t)(end - queue->seen) > queue->ring.size) {
        why = "of which there are more than the queue has room for";
        queue->seen = end;
        status = 0;
    }
    if (status == 0) {
        packets->malformed(packets->opaque, queue, why);
    }
    while (status > 0 && queue->seen != end) {
        if (packets->stopped(packets->opaque)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        packets->buffer.size = 0;
        packets->buffer.total = 0;
        status = virtio_queue_receives(queue) ? read_received(packets, queue, end, &why, error)
                                              : read_sent(packets, queue, &why, error);
        if (status == 0) {
            packets->malformed(packets->opaque, queue, why);
            status = 1;
        }
    }
    return status < 0 ? -1 : 0;
}
