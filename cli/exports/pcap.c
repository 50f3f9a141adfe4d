/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ebb export pcap: the packets of virtio network devices. The log has all accesses to the devices'
 * registers and all that the devices write, and so tells where the rings of their queues are and
 * when they move on. What is in them then is in the guest's memory, which is looked at there: sent
 * packets where the driver tells the device of them (or where the device gives back others, if it
 * needs not be told), received ones where the device has written that they are there.
 */
#include "clock_follower.h"
#include "exports.h"

#include "pcapng.h"
#include "ram_map.h"
#include "virtio_devices.h"
#include "virtio_packets.h"

#include "cli/early_stop.h"
#include "cli/progress.h"
#include "cli/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE (PCAPNG_PACKET_MAX + 32u) /* with the header */
#define COMMENT_SIZE 256u
#define LOOK_EVERY 4096u        /* events of the log: whether somebody wants it to end */
#define PORTS_OF "gpex-pcihost" /* of the machines that have PCI, the one that has its ports */

struct pcap {
    struct question *question;
    struct timeline *timeline;
    FILE *file;
    uint64_t last; /* position */
    struct virtio_devices devices;
    struct ram_map map;
    struct clock_follower clock;
    struct virtio_packets packets;
    /* Queues with rings that packets go through. */
    struct virtio_queue **followed;
    size_t count, room;
    /* Because of what has happened at a position some are pending, to be looked at at another. */
    bool pending;
    uint64_t position, target;
    bool caught_up; /* what was there before the part of history that is asked for was skipped */
    uint32_t interfaces;
    uint64_t malformed, malformed_at; /* packets, and the position of the first */
    const char *why;
};

static int seek(struct pcap *pcap, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    if (timeline_position(pcap->timeline) == position) {
        return 0;
    }
    if (timeline_seek(pcap->timeline, position, &stop, error) < 0) {
        return -1;
    }
    if (stop.reason != TIMELINE_STOP_INTERRUPTED && timeline_position(pcap->timeline) == position) {
        return 0; /* where history ends, it may say why */
    }
    progress_clear(&pcap->question->progress);
    return early_stop_fail(&stop, NULL, stderr, error) < 0
               ? -1
               : ebb_fail(error, EBB_ERROR_CORRUPT, "the recording ends before its log does");
}

static long read_memory(void *opaque, uint64_t address, uint8_t *buffer, size_t length,
                        struct ebb_error *error)
{
    struct pcap *pcap = opaque;

    return timeline_read_physical(pcap->timeline, address, buffer, length, error);
}

static bool is_stopped(void *opaque)
{
    struct pcap *pcap = opaque;

    return ferror(pcap->file) || progress_is_interrupted();
}

static const struct virtio_device *device_of(const struct pcap *pcap, const struct virtio_net *net)
{
    size_t i = 0;

    while (pcap->devices.devices[i].net != net) {
        i++;
    }
    return &pcap->devices.devices[i];
}

static void add_interface(struct pcap *pcap, struct virtio_net *net)
{
    const struct virtio_device *device = device_of(pcap, net);
    char name[64], description[128];

    if (pcap->interfaces == 0) {
        pcapng_begin(pcap->file, "ebb " EBB_VERSION,
                     "Times are positions in the recording: a microsecond is an instruction");
    }
    snprintf(name, sizeof(name), "virtio-net@%" PRIx64, device->base);
    snprintf(description, sizeof(description), "%s at 0x%" PRIx64,
             device->pci ? "virtio-net, PCI configuration space" : "virtio-net, registers",
             device->base);
    pcapng_interface(pcap->file, name, description, virtio_net_mac(net));
    net->interface = (int)pcap->interfaces++;
}

/* What is known beside the packet's bytes. */
static int make_comment(struct pcap *pcap, uint64_t position, const struct virtio_packet *packet,
                        char comment[COMMENT_SIZE], struct ebb_error *error)
{
    struct clock_time time;
    char clock[48] = "", segment[48] = "";
    int status = clock_follower_at(&pcap->clock, position, &time, error);

    if (status > 0) {
        snprintf(clock, sizeof(clock), ", guest time %" PRIu64 ".%09" PRIu64 " s",
                 time.nanoseconds / 1000000000, time.nanoseconds % 1000000000);
    }
    if (packet->segment) {
        snprintf(segment, sizeof(segment), ", to be sent in segments of %u bytes", packet->segment);
    }
    snprintf(comment, COMMENT_SIZE, "position %" PRIu64 "%s%s%s", position, clock, segment,
             packet->partial_checksum ? ", checksum not filled in" : "");
    return status < 0 ? -1 : 0;
}

static int write_packet(void *opaque, const struct virtio_queue *queue,
                        const struct virtio_packet *packet, struct ebb_error *error)
{
    struct pcap *pcap = opaque;
    char comment[COMMENT_SIZE];

    if (make_comment(pcap, pcap->position, packet, comment, error) < 0) {
        return -1;
    }
    pcapng_packet(pcap->file,
                  &(struct pcapng_packet){
                      .interface = (uint32_t)queue->net->interface,
                      .direction = virtio_queue_receives(queue) ? PCAPNG_RECEIVED : PCAPNG_SENT,
                      .time = pcap->position,
                      .bytes = packet->bytes,
                      .size = packet->size < PCAPNG_PACKET_MAX ? packet->size : PCAPNG_PACKET_MAX,
                      .length = packet->length,
                      .comment = comment,
                  });
    return 0;
}

static void note_malformed(void *opaque, const struct virtio_queue *queue, const char *why)
{
    struct pcap *pcap = opaque;

    (void)queue;
    if (pcap->malformed++ == 0) {
        pcap->malformed_at = pcap->position;
        pcap->why = why;
    }
}

/* Whoever begins somewhere has to know which packets are old: those that were there where the queue
 * was to be looked at last. */
static int catch_up(struct pcap *pcap, struct ebb_error *error)
{
    uint64_t begin = timeline_begin(pcap->timeline);

    pcap->caught_up = true;
    for (;;) {
        struct virtio_queue *first = NULL;

        for (size_t i = 0; i < pcap->count; i++) {
            if (!first || pcap->followed[i]->looked < first->looked) {
                first = pcap->followed[i];
            }
        }
        if (!first || first->looked == VIRTIO_NET_NEVER) {
            return 0;
        }
        if (seek(pcap, first->looked < begin ? begin : first->looked, error) < 0 ||
            virtio_packets_skip(&pcap->packets, first, error) < 0) {
            return -1;
        }
        first->looked = VIRTIO_NET_NEVER;
    }
}

static int look_at(struct pcap *pcap, bool received, struct ebb_error *error)
{
    for (size_t i = 0; i < pcap->count; i++) {
        struct virtio_queue *queue = pcap->followed[i];

        if (!queue->pending || virtio_queue_receives(queue) != received) {
            continue;
        }
        if (queue->net->interface < 0) {
            add_interface(pcap, queue->net);
        }
        if (virtio_packets_read(&pcap->packets, queue, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A device that answers at once gives back the answer before what it answers. */
static int look(struct pcap *pcap, struct ebb_error *error)
{
    bool wanted = pcap->position >= pcap->question->scan.from;

    if (!pcap->pending) {
        return 0;
    }
    pcap->pending = false;
    if (wanted &&
        ((!pcap->caught_up && catch_up(pcap, error) < 0) || seek(pcap, pcap->target, error) < 0 ||
         look_at(pcap, false, error) < 0 || look_at(pcap, true, error) < 0)) {
        return -1;
    }
    for (size_t i = 0; i < pcap->count; i++) {
        if (pcap->followed[i]->pending && !wanted) {
            pcap->followed[i]->looked = pcap->target;
        }
        pcap->followed[i]->pending = false;
    }
    return 0;
}

static void follow(struct pcap *pcap, struct virtio_queue *queue, const struct ebb_event *event,
                   bool nested)
{
    /* What happens inside of an instruction is there to see behind it. */
    uint64_t target = event->position + nested;

    if (!pcap->pending || target > pcap->target) {
        pcap->target = target;
    }
    queue->pending = true;
    pcap->position = event->position;
    if (pcap->target > timeline_end(pcap->timeline)) {
        pcap->target = timeline_end(pcap->timeline);
    }
    pcap->pending = true;
}

static int add_followed(struct pcap *pcap, struct virtio_queue *queue, struct ebb_error *error)
{
    if (pcap->count == pcap->room) {
        size_t room = pcap->room * 2 + 8;
        struct virtio_queue **list = realloc(pcap->followed, room * sizeof(struct virtio_queue *));

        if (!list) {
            return ebb_fail_memory(error);
        }
        pcap->followed = list;
        pcap->room = room;
    }
    pcap->followed[pcap->count++] = queue;
    return 0;
}

static int find_queues(struct pcap *pcap, struct virtio_net *net, struct ebb_error *error)
{
    struct virtio_queue *queue;

    for (unsigned i = 0; (queue = virtio_net_queue(net, i)); i++) {
        if (!queue->ready) {
            continue;
        }
        queue->has_offset = ram_map_find(&pcap->map, queue->ring.used + VIRTIO_RING_USED_INDEX,
                                         &queue->used_offset);
        if (add_followed(pcap, queue, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Why nothing can be told of a device's packets; NULL: something can. */
static const char *what_is_unknown(const struct virtio_net *net)
{
    return virtio_net_has(net, VIRTIO_RING_PACKED) ? "has packed rings, which are not known"
           : virtio_net_has(net, VIRTIO_ACCESS_PLATFORM)
               ? "uses the addresses of an IOMMU, which are not known"
               : NULL;
}

static void tell_unknown(struct pcap *pcap, struct virtio_net *net, const char *what)
{
    if (!net->missing_told) {
        progress_clear(&pcap->question->progress);
        fprintf(stderr, "ebb: the network device at 0x%" PRIx64 " %s; its packets are missing\n",
                device_of(pcap, net)->base, what);
    }
    net->missing_told = true;
}

static int find_queues_of(struct pcap *pcap, struct virtio_net *net, struct ebb_error *error)
{
    bool running = net->status & VIRTIO_STATUS_DRIVER_OK;
    const char *unknown = what_is_unknown(net);

    if (unknown) {
        if (running) {
            tell_unknown(pcap, net, unknown);
        }
        return 0;
    }
    if (running && net->interface < 0) {
        add_interface(pcap, net);
    }
    return find_queues(pcap, net, error);
}

/* Finds out anew which queues there are. */
static int find_all(struct pcap *pcap, struct ebb_error *error)
{
    pcap->count = 0;
    for (size_t i = 0; i < pcap->devices.count; i++) {
        struct virtio_net *net = pcap->devices.devices[i].net;

        if (net && find_queues_of(pcap, net, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take_access(struct pcap *pcap, const struct ebb_event *event, struct ebb_error *error)
{
    struct virtio_queue *queue = NULL;
    enum virtio_news news;

    if (virtio_devices_access(&pcap->devices, event, &news, &queue, error) < 0) {
        return -1;
    }
    if (news == VIRTIO_NOTIFIED && queue->ready && !virtio_queue_receives(queue)) {
        follow(pcap, queue, event, false);
    }
    return news == VIRTIO_RINGS ? find_all(pcap, error) : 0;
}

static void take_device_write(struct pcap *pcap, const struct ebb_event *event)
{
    for (size_t i = 0; i < pcap->count; i++) {
        struct virtio_queue *queue = pcap->followed[i];

        if (queue->has_offset && event->address < queue->used_offset + 2 &&
            queue->used_offset < event->address + event->data_length) {
            follow(pcap, queue, event, event->flags & EBB_EVENT_NESTED);
        }
    }
}

static int take(struct pcap *pcap, const struct ebb_event *event, struct ebb_error *error)
{
    /* What has happened inside of an instruction goes with that, and what came before does not. */
    bool apart = event->position > pcap->position || event->kind == EBB_EVENT_RESET ||
                 (event->kind == EBB_EVENT_MMIO_WRITE && pcap->target == event->position);

    if (apart && look(pcap, error) < 0) {
        return -1;
    }
    switch (event->kind) {
    case EBB_EVENT_MMIO_READ:
    case EBB_EVENT_MMIO_WRITE:
        return take_access(pcap, event, error);
    case EBB_EVENT_DMA:
        take_device_write(pcap, event);
        return 0;
    case EBB_EVENT_MEMORY_MAP:
        return ram_map_change(&pcap->map, event, error) < 0 ? -1 : find_all(pcap, error);
    case EBB_EVENT_RESET:
        virtio_devices_reset(&pcap->devices);
        return find_all(pcap, error);
    default:
        return 0;
    }
}

static int read_log(struct pcap *pcap, struct ebb_cursor *cursor, struct ebb_error *error)
{
    struct ebb_event event;
    int status = 1;

    for (uint64_t i = 0; !ferror(pcap->file); i++) {
        status = ebb_cursor_next(cursor, &event, error);
        if (status <= 0 || event.position > pcap->last) {
            break;
        }
        if (i % LOOK_EVERY == 0 && progress_is_interrupted()) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        if (take(pcap, &event, error) < 0) {
            return -1;
        }
    }
    return status < 0 ? -1 : look(pcap, error);
}

/* Where the guest sees the PCI bus's I/O ports. */
static uint64_t find_ports(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->device_count; i++) {
        if (strcmp(manifest->devices[i].name, PORTS_OF) == 0) {
            return manifest->devices[i].address;
        }
    }
    return 0;
}

static int finish(struct pcap *pcap, struct ebb_error *error)
{
    struct ebb_log_summary summary;

    progress_clear(&pcap->question->progress);
    if (pcap->malformed) {
        fprintf(stderr,
                "ebb: %" PRIu64 " times packets are missing, first at position %" PRIu64
                ": they are in buffers %s\n",
                pcap->malformed, pcap->malformed_at, pcap->why);
    }
    if (pcap->interfaces) {
        return 0;
    }
    ebb_log_summary(pcap->question->recording.log, &summary);
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                    "there are no packets that could be told: from position %" PRIu64 " to %" PRIu64
                    " no driver sets up a virtio network device with split rings; other devices, "
                    "and what was set up before the recording began, are not known",
                    summary.begin_position, pcap->last);
}

static int follow_log(struct pcap *pcap, struct ebb_error *error)
{
    const struct recording *recording = &pcap->question->recording;
    struct ebb_cursor *cursor = NULL;
    int status = -1;

    pcap->packets.buffer.bytes = malloc(BUFFER_SIZE);
    pcap->packets.buffer.room = BUFFER_SIZE;
    if (!pcap->packets.buffer.bytes) {
        return ebb_fail_memory(error);
    }
    if (clock_follower_open(&pcap->clock, pcap->question, error) == 0 &&
        ram_map_read(&pcap->map, recording->manifest, error) == 0 &&
        (cursor = ebb_cursor_new(recording->log, error))) {
        status = read_log(pcap, cursor, error);
    }
    ebb_cursor_free(cursor);
    clock_follower_close(&pcap->clock);
    virtio_devices_free(&pcap->devices);
    ram_map_free(&pcap->map);
    free(pcap->followed);
    free(pcap->packets.buffer.bytes);
    return status;
}

static int write_pcap(struct question *question, FILE *file, struct ebb_error *error)
{
    struct pcap pcap = {
        .question = question,
        .timeline = question->timeline,
        .file = file,
        /* At the end of history, what happens on reaching it belongs to it. */
        .last = question->scan.to - (question->scan.to < timeline_end(question->timeline)),
        .devices = {.ports = find_ports(question->recording.manifest)},
        .packets = {.memory = {read_memory, &pcap},
                    .packet = write_packet,
                    .malformed = note_malformed,
                    .stopped = is_stopped,
                    .opaque = &pcap},
    };
    int status = follow_log(&pcap, error);

    if (ferror(file)) {
        return 0;
    }
    return status < 0 ? -1 : finish(&pcap, error);
}

const struct export_format export_pcap = {
    .name = "pcap",
    .summary = "the packets of virtio network devices, for Wireshark (pcapng)",
    .binary = true,
    .write = write_pcap,
};
