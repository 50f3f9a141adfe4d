/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_net.h"

#include <stdlib.h>
#include <string.h>

#define MAC_SIZE 6u
#define PAIRS 8u /* in the configuration: how many pairs of queues there are at most, 16 bits */

struct virtio_net *virtio_net_new(void)
{
    struct virtio_net *net = calloc(1, sizeof(*net));

    for (unsigned i = 0; net && i < VIRTIO_NET_QUEUES_MAX; i++) {
        net->queues[i].net = net;
        net->queues[i].number = i;
        net->queues[i].looked = VIRTIO_NET_NEVER;
    }
    if (net) {
        net->interface = -1;
    }
    return net;
}

void virtio_net_accept(struct virtio_net *net, uint32_t features)
{
    if (net->feature_select < 2) {
        virtio_put(&net->features, 4ull * net->feature_select, 4, features);
    }
}

static void forget(struct virtio_queue *queue)
{
    queue->ring = (struct virtio_ring){0};
    queue->ready = queue->has_offset = queue->pending = false;
    queue->seen = 0;
    queue->looked = VIRTIO_NET_NEVER;
}

enum virtio_news virtio_net_status(struct virtio_net *net, uint8_t status)
{
    net->status = status;
    if (status) {
        return status & VIRTIO_STATUS_DRIVER_OK ? VIRTIO_RINGS : VIRTIO_NOTHING;
    }
    for (unsigned i = 0; i < VIRTIO_NET_QUEUES_MAX; i++) {
        forget(&net->queues[i]);
    }
    net->features = 0;
    net->feature_select = net->queue_select = 0;
    return VIRTIO_RINGS;
}

struct virtio_queue *virtio_net_selected(struct virtio_net *net)
{
    return net->queue_select < VIRTIO_NET_QUEUES_MAX ? &net->queues[net->queue_select] : NULL;
}

enum virtio_news virtio_net_enable(struct virtio_net *net, bool ready)
{
    struct virtio_queue *queue = virtio_net_selected(net);
    uint32_t size;

    if (!queue) {
        return VIRTIO_NOTHING;
    }
    size = queue->ring.size;
    if (!ready) {
        forget(queue);
        queue->ring.size = size; /* which some drivers read once only */
    }
    queue->ready = ready && size > 0 && size <= 32768;
    return VIRTIO_RINGS;
}

enum virtio_news virtio_net_page(struct virtio_net *net, uint64_t page, uint64_t page_size,
                                 uint64_t alignment)
{
    struct virtio_queue *queue = virtio_net_selected(net);
    struct virtio_ring *ring;

    if (!queue) {
        return VIRTIO_NOTHING;
    }
    ring = &queue->ring;
    alignment = alignment ? alignment : 1;
    ring->descriptors = page * page_size;
    ring->available = ring->descriptors + 16ull * ring->size;
    ring->used =
        (ring->available + 2ull * (3 + ring->size) + alignment - 1) / alignment * alignment;
    return virtio_net_enable(net, page != 0);
}

void virtio_net_configure(struct virtio_net *net, uint64_t offset, uint32_t size, uint64_t value)
{
    for (uint32_t i = 0; i < size && i < 8 && offset + i < VIRTIO_NET_CONFIG; i++) {
        net->config[offset + i] = (uint8_t)(value >> 8 * i);
        net->config_known |= 1u << (offset + i);
    }
}

struct virtio_queue *virtio_net_queue(struct virtio_net *net, uint64_t number)
{
    uint64_t pairs = 1;

    if (virtio_net_has(net, VIRTIO_NET_MULTIQUEUE) || virtio_net_has(net, VIRTIO_NET_RSS)) {
        pairs = net->config[PAIRS] | (uint64_t)net->config[PAIRS + 1] << 8;
    }
    return number < 2 * pairs && number < VIRTIO_NET_QUEUES_MAX ? &net->queues[number] : NULL;
}

bool virtio_net_has(const struct virtio_net *net, unsigned feature)
{
    return net->features >> feature & 1;
}

const uint8_t *virtio_net_mac(const struct virtio_net *net)
{
    uint32_t all = (1u << MAC_SIZE) - 1;

    return (net->config_known & all) == all ? net->config : NULL;
}

size_t virtio_net_header_size(const struct virtio_net *net)
{
    if (virtio_net_has(net, VIRTIO_NET_HASH_REPORT)) {
        return 20;
    }
    return virtio_net_has(net, VIRTIO_VERSION_1) || virtio_net_has(net, VIRTIO_NET_MERGEABLE) ? 12
                                                                                              : 10;
}

void virtio_put(uint64_t *number, uint64_t offset, uint32_t size, uint64_t value)
{
    uint64_t mask = size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;

    if (offset < 8) {
        *number = (*number & ~(mask << 8 * offset)) | (value & mask) << 8 * offset;
    }
}
