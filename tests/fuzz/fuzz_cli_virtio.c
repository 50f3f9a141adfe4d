/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drivers that do anything to the registers of virtio network devices, and rings with anything in
 * them: what is told of packets stays within its buffer, and ends.
 */
#include "cli/exports/virtio_devices.h"
#include "cli/exports/virtio_mmio.h"
#include "cli/exports/virtio_packets.h"
#include "rounds.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000
#define MEMORY 4096u
#define ROOM 300u
#define BASE 0xa000000u
#define SPACE 0x4010008000u
#define PORTS 0x3eff0000u

struct round {
    uint64_t seed;
    uint8_t memory[MEMORY];
    uint64_t reads, told;
};

static long read_memory(void *opaque, uint64_t address, uint8_t *buffer, size_t length,
                        struct ebb_error *error)
{
    struct round *round = opaque;

    (void)error;
    round->reads++;
    rounds_check(length <= ROOM, "too much is read");
    address %= 2ull * MEMORY; /* so that a half of it is there */
    if (address >= MEMORY) {
        return 0;
    }
    length = length < MEMORY - address ? length : MEMORY - address;
    memcpy(buffer, round->memory + address, length);
    return (long)length;
}

static int tell(void *opaque, const struct virtio_queue *queue, const struct virtio_packet *packet,
                struct ebb_error *error)
{
    struct round *round = opaque;

    (void)queue;
    (void)error;
    rounds_check(packet->size > 0 && packet->size <= ROOM && packet->size <= packet->length,
                 "a packet has a strange size");
    round->told++;
    return 0;
}

static void tell_malformed(void *opaque, const struct virtio_queue *queue, const char *why)
{
    struct round *round = opaque;

    (void)queue;
    rounds_check(why && *why, "no reason is told");
    round->told++;
}

/* Rings may go on for long, which whoever asks for them may end. */
static bool stopped(void *opaque)
{
    const struct round *round = opaque;

    return round->reads > 50000;
}

static void read_queue(struct round *round, struct virtio_queue *queue)
{
    uint8_t *buffer = malloc(ROOM);
    struct ebb_error error = {0};
    struct virtio_packets packets = {
        .memory = {read_memory, round},
        .buffer = {.bytes = buffer, .room = ROOM},
        .packet = tell,
        .malformed = tell_malformed,
        .stopped = stopped,
        .opaque = round,
    };

    rounds_check(buffer != NULL, "out of memory");
    round->reads = 0;
    rounds_check(virtio_packets_read(&packets, queue, &error) == 0 ||
                     error.kind == EBB_ERROR_INTERRUPTED,
                 "a ring cannot be read for a strange reason");
    free(buffer);
}

/* A number as drivers use it, mostly small. */
static uint64_t number(struct round *round)
{
    uint64_t bits = rounds_random(&round->seed);

    return bits >> rounds_draw(&round->seed, 64);
}

static struct ebb_event next_event(struct round *round)
{
    static const uint64_t bases[] = {BASE, BASE, SPACE, SPACE, PORTS, 0};
    uint64_t base = bases[rounds_draw(&round->seed, sizeof(bases) / sizeof(bases[0]))];
    struct ebb_event event = {
        .kind = rounds_draw(&round->seed, 4) ? EBB_EVENT_MMIO_WRITE : EBB_EVENT_MMIO_READ,
        .address = base + rounds_draw(&round->seed, base == BASE ? 0x110 : 0x60),
        .size = 1u << rounds_draw(&round->seed, 4),
        .value = number(round),
    };

    if (base == BASE && rounds_draw(&round->seed, 2)) {
        event.address &= ~3ull;
        event.size = 4;
    }
    return event;
}

static void send(struct virtio_devices *devices, struct round *round, struct ebb_event event)
{
    struct virtio_queue *queue = NULL;
    struct ebb_error error = {0};
    enum virtio_news news;

    rounds_check(virtio_devices_access(devices, &event, &news, &queue, &error) == 0,
                 "an access is refused");
    rounds_check((news == VIRTIO_NOTIFIED) == (queue != NULL), "a queue is missing");
    if (queue && queue->ready) {
        read_queue(round, queue);
    }
}

static void discover(struct virtio_devices *devices, struct round *round)
{
    static const struct ebb_event events[] = {
        {.kind = EBB_EVENT_MMIO_READ, .address = BASE, .size = 4, .value = VIRTIO_MMIO_MAGIC},
        {.kind = EBB_EVENT_MMIO_READ, .address = BASE + 8, .size = 4, .value = 1},
        {.kind = EBB_EVENT_MMIO_READ, .address = SPACE, .size = 4, .value = VIRTIO_PCI_OLD_ID},
    };

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        send(devices, round, events[i]);
    }
}

/* Rings at fixed places, in a memory that holds anything. */
static void read_rings(struct virtio_devices *devices, struct round *round)
{
    struct virtio_net *net = devices->devices[0].net;

    net->features = number(round);
    for (unsigned i = 0; i < 2; i++) {
        struct virtio_queue *queue = &net->queues[i];

        queue->ring = (struct virtio_ring){
            .descriptors = rounds_draw(&round->seed, MEMORY),
            .available = rounds_draw(&round->seed, MEMORY),
            .used = rounds_draw(&round->seed, MEMORY),
            .size = 1 + rounds_draw(&round->seed, 64),
        };
        queue->seen = (uint16_t)number(round);
        read_queue(round, queue);
    }
}

static void fill(struct round *round)
{
    for (size_t i = 0; i < MEMORY; i += 2) {
        uint64_t value = number(round);

        round->memory[i] = (uint8_t)value;
        round->memory[i + 1] = (uint8_t)(value >> 8);
    }
}

int main(int argc, char **argv)
{
    static struct virtio_devices devices;
    static struct round round;
    uint64_t told = 0;

    rounds_begin(argc, argv, 1, ROUNDS);
    while (rounds_next(&round.seed)) {
        devices = (struct virtio_devices){.ports = PORTS};
        fill(&round);
        discover(&devices, &round);
        for (unsigned i = rounds_draw(&round.seed, 200); i; i--) {
            send(&devices, &round, next_event(&round));
        }
        read_rings(&devices, &round);
        virtio_devices_free(&devices);
        told += round.told;
        round.told = 0;
    }
    rounds_check(told > 0, "nothing was ever told");
    return 0;
}
