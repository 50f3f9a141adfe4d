/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtio_ring.h"

#include "log/buffer.h"

#define DESCRIPTOR_SIZE 16u
#define USED_SIZE 8u
#define RING_HEADER 4u /* flags and index, in front of the entries of both rings */

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2, DESCRIPTOR_INDIRECT = 4 };

struct descriptor {
    uint64_t address;
    uint32_t length, flags, next;
};

/* A chain on its way. */
struct walk {
    const struct virtio_memory *memory;
    uint64_t table; /* of the descriptors that the chain is in now */
    uint64_t steps; /* that may still be taken */
    uint32_t size;  /* of the table */
    bool indirect;
    bool writable;
    uint64_t most; /* bytes that are still wanted */
};

static int malformed(const char **why, const char *what)
{
    *why = what;
    return 0;
}

static int read_all(const struct virtio_memory *memory, uint64_t address, uint8_t *buffer,
                    size_t length, const char **why, struct ebb_error *error)
{
    long got = memory->read(memory->opaque, address, buffer, length, error);

    if (got < 0) {
        return -1;
    }
    return (size_t)got == length ? 1 : malformed(why, "where there is no memory");
}

static int read_16(const struct virtio_memory *memory, uint64_t address, uint16_t *value,
                   const char **why, struct ebb_error *error)
{
    uint8_t bytes[2];
    int status = read_all(memory, address, bytes, sizeof(bytes), why, error);

    if (status > 0) {
        *value = (uint16_t)(bytes[0] | bytes[1] << 8);
    }
    return status;
}

int virtio_ring_available_index(const struct virtio_ring *ring, const struct virtio_memory *memory,
                                uint16_t *index, const char **why, struct ebb_error *error)
{
    return read_16(memory, ring->available + 2, index, why, error);
}

int virtio_ring_used_index(const struct virtio_ring *ring, const struct virtio_memory *memory,
                           uint16_t *index, const char **why, struct ebb_error *error)
{
    return read_16(memory, ring->used + VIRTIO_RING_USED_INDEX, index, why, error);
}

int virtio_ring_available(const struct virtio_ring *ring, const struct virtio_memory *memory,
                          uint16_t index, uint32_t *head, const char **why, struct ebb_error *error)
{
    uint16_t value = 0;
    int status = read_16(memory, ring->available + RING_HEADER + 2ull * (index % ring->size),
                         &value, why, error);

    *head = value;
    return status;
}

int virtio_ring_used(const struct virtio_ring *ring, const struct virtio_memory *memory,
                     uint16_t index, struct virtio_used *used, const char **why,
                     struct ebb_error *error)
{
    uint8_t bytes[USED_SIZE];
    int status =
        read_all(memory, ring->used + RING_HEADER + (uint64_t)USED_SIZE * (index % ring->size),
                 bytes, sizeof(bytes), why, error);

    if (status > 0) {
        used->head = ebb_get_le32(bytes);
        used->length = ebb_get_le32(bytes + 4);
    }
    return status;
}

static int read_descriptor(struct walk *walk, uint32_t number, struct descriptor *descriptor,
                           const char **why, struct ebb_error *error)
{
    uint8_t bytes[DESCRIPTOR_SIZE];
    int status;

    if (number >= walk->size) {
        return malformed(why, "with a descriptor that its table does not have");
    }
    if (walk->steps-- == 0) {
        return malformed(why, "that has no end");
    }
    status = read_all(walk->memory, walk->table + (uint64_t)DESCRIPTOR_SIZE * number, bytes,
                      sizeof(bytes), why, error);
    if (status > 0) {
        *descriptor = (struct descriptor){
            .address = ebb_get_le64(bytes),
            .length = ebb_get_le32(bytes + 8),
            .flags = bytes[12],
            .next = (uint32_t)(bytes[14] | bytes[15] << 8),
        };
    }
    return status;
}

/* The rest of the chain is in a table of its own. */
static int enter_table(struct walk *walk, const struct descriptor *descriptor, const char **why)
{
    uint32_t size = descriptor->length / DESCRIPTOR_SIZE;

    if (walk->indirect || descriptor->flags & DESCRIPTOR_NEXT || size == 0 ||
        descriptor->length % DESCRIPTOR_SIZE) {
        return malformed(why, "with a table of descriptors that must not be");
    }
    walk->indirect = true;
    walk->table = descriptor->address;
    walk->size = size;
    walk->steps = VIRTIO_RING_CHAIN_MAX;
    return 1;
}

static int append(struct walk *walk, const struct descriptor *descriptor,
                  struct virtio_bytes *bytes, const char **why, struct ebb_error *error)
{
    uint64_t length = descriptor->length < walk->most ? descriptor->length : walk->most;
    size_t room = bytes->room - bytes->size;
    size_t kept = length < room ? (size_t)length : room;
    int status = kept ? read_all(walk->memory, descriptor->address, bytes->bytes + bytes->size,
                                 kept, why, error)
                      : 1;

    if (status > 0) {
        bytes->size += kept;
        bytes->total += length;
        walk->most -= length;
    }
    return status;
}

int virtio_ring_chain(const struct virtio_ring *ring, const struct virtio_memory *memory,
                      uint32_t head, bool writable, uint64_t most, struct virtio_bytes *bytes,
                      const char **why, struct ebb_error *error)
{
    struct walk walk = {
        .memory = memory,
        .table = ring->descriptors,
        .size = ring->size,
        .steps = VIRTIO_RING_CHAIN_MAX,
        .writable = writable,
        .most = most,
    };
    struct descriptor descriptor = {.flags = DESCRIPTOR_NEXT, .next = head};
    int status = 1;

    while (status > 0 && descriptor.flags & DESCRIPTOR_NEXT && walk.most) {
        status = read_descriptor(&walk, descriptor.next, &descriptor, why, error);
        if (status > 0 && descriptor.flags & DESCRIPTOR_INDIRECT) {
            status = enter_table(&walk, &descriptor, why);
            descriptor = (struct descriptor){.flags = DESCRIPTOR_NEXT};
        } else if (status > 0 && writable == !!(descriptor.flags & DESCRIPTOR_WRITE)) {
            status = append(&walk, &descriptor, bytes, why, error);
        }
    }
    return status;
}
