/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split virtqueues (Virtual I/O Device Version 1.2, section 2.7) in a guest's memory, as they are
 * at one moment. All that they hold is the guest's: no chain is followed for longer than QEMU's
 * devices would, and no more of a buffer is kept than there is room for.
 */
#ifndef EBB_CLI_EXPORTS_VIRTIO_RING_H
#define EBB_CLI_EXPORTS_VIRTIO_RING_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_RING_CHAIN_MAX 1024u /* descriptors in a table; QEMU's devices take no more */
#define VIRTIO_RING_USED_INDEX 2u   /* its offset in the used ring */

/* Memory by guest-physical address. Returns the bytes read, fewer where there is no memory, or -1
 * after filling *error. */
struct virtio_memory {
    long (*read)(void *opaque, uint64_t address, uint8_t *buffer, size_t length,
                 struct ebb_error *error);
    void *opaque;
};

/* Where a queue's parts are: guest-physical addresses. */
struct virtio_ring {
    uint64_t descriptors, available, used;
    uint32_t size; /* descriptors; 1 to 32768 */
};

/* Bytes of one or more chains of buffers, one after the other. */
struct virtio_bytes {
    uint8_t *bytes;
    size_t room, size; /* of bytes: all, and those that are filled */
    uint64_t total;    /* that there were, more than size if they did not fit */
};

struct virtio_used {
    uint32_t head;   /* the first descriptor of a chain that the device has given back */
    uint32_t length; /* bytes that it has written there */
};

/* Each returns 1, or 0 if the ring is malformed (*why, a static phrase, says how), or -1 after
 * filling *error. */

/* How many chains the driver has made available, and the device has given back, since the queue was
 * set up, modulo 2^16. */
int virtio_ring_available_index(const struct virtio_ring *ring, const struct virtio_memory *memory,
                                uint16_t *index, const char **why, struct ebb_error *error);
int virtio_ring_used_index(const struct virtio_ring *ring, const struct virtio_memory *memory,
                           uint16_t *index, const char **why, struct ebb_error *error);

/* The entry of one of them. */
int virtio_ring_available(const struct virtio_ring *ring, const struct virtio_memory *memory,
                          uint16_t index, uint32_t *head, const char **why,
                          struct ebb_error *error);
int virtio_ring_used(const struct virtio_ring *ring, const struct virtio_memory *memory,
                     uint16_t index, struct virtio_used *used, const char **why,
                     struct ebb_error *error);

/* Appends what is in a chain's buffers, at most `most` bytes: those of buffers that the device may
 * write to, or else of those that it may read. */
int virtio_ring_chain(const struct virtio_ring *ring, const struct virtio_memory *memory,
                      uint32_t head, bool writable, uint64_t most, struct virtio_bytes *bytes,
                      const char **why, struct ebb_error *error);

#endif
