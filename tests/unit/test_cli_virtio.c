/* SPDX-License-Identifier: GPL-3.0-or-later */
/* virtio network devices: what drivers tell of them, and what is in their rings. */
#include "cli/exports/virtio_devices.h"
#include "cli/exports/virtio_mmio.h"
#include "cli/exports/virtio_packets.h"

#include "log/buffer.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define RAM 0x40000000u
#define RAM_SIZE 0x100000u
#define DESCRIPTORS (RAM + 0x1000)
#define AVAILABLE (RAM + 0x2000)
#define USED (RAM + 0x3000)
#define TABLE (RAM + 0x4000) /* of indirect descriptors */
#define DATA (RAM + 0x10000)
#define SIZE 8u /* of the queue */

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

struct fixture {
    uint8_t ram[RAM_SIZE];
    unsigned reads;
    struct virtio_net *net;
    struct virtio_queue *queue;
    struct virtio_packets packets;
    uint8_t buffer[4096];
    char told[1024]; /* all packets as text, and reasons */
};

static long read_ram(void *opaque, uint64_t address, uint8_t *buffer, size_t length,
                     struct ebb_error *error)
{
    struct fixture *fixture = opaque;
    size_t there = 0;

    (void)error;
    fixture->reads++;
    if (address >= RAM && address < RAM + RAM_SIZE) {
        there = RAM + RAM_SIZE - address;
        there = there < length ? there : length;
        memcpy(buffer, fixture->ram + (address - RAM), there);
    }
    return (long)there;
}

static void tell(struct fixture *fixture, const char *text)
{
    size_t used = strlen(fixture->told);

    snprintf(fixture->told + used, sizeof(fixture->told) - used, "%s", text);
}

static int tell_packet(void *opaque, const struct virtio_queue *queue,
                       const struct virtio_packet *packet, struct ebb_error *error)
{
    char text[300];

    (void)queue;
    (void)error;
    snprintf(text, sizeof(text), "[%.*s]%s", (int)packet->size, (const char *)packet->bytes,
             packet->partial_checksum ? "c" : "");
    tell(opaque, text);
    if (packet->segment || packet->length != packet->size) {
        snprintf(text, sizeof(text), "%u/%u", packet->segment, (unsigned)packet->length);
        tell(opaque, text);
    }
    return 0;
}

static void tell_malformed(void *opaque, const struct virtio_queue *queue, const char *why)
{
    (void)queue;
    tell(opaque, "{");
    tell(opaque, why);
    tell(opaque, "}");
}

static bool never(void *opaque)
{
    (void)opaque;
    return false;
}

static uint8_t *at(struct fixture *fixture, uint64_t address)
{
    return fixture->ram + (address - RAM);
}

static void put_16(struct fixture *fixture, uint64_t address, unsigned value)
{
    at(fixture, address)[0] = (uint8_t)value;
    at(fixture, address)[1] = (uint8_t)(value >> 8);
}

static void descriptor(struct fixture *fixture, uint64_t table, unsigned number, uint64_t address,
                       uint32_t length, unsigned flags, unsigned next)
{
    uint64_t place = table + 16 * number;

    ebb_put_le64(at(fixture, place), address);
    ebb_put_le32(at(fixture, place + 8), length);
    put_16(fixture, place + 12, flags);
    put_16(fixture, place + 14, next);
}

static void set_up(struct fixture *fixture, unsigned number, uint64_t features)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->net = virtio_net_new();
    assert_non_null(fixture->net);
    fixture->net->features = features;
    fixture->queue = virtio_net_queue(fixture->net, number);
    fixture->queue->ring = (struct virtio_ring){DESCRIPTORS, AVAILABLE, USED, SIZE};
    fixture->queue->ready = true;
    fixture->packets = (struct virtio_packets){
        .memory = {read_ram, fixture},
        .buffer = {.bytes = fixture->buffer, .room = sizeof(fixture->buffer)},
        .packet = tell_packet,
        .malformed = tell_malformed,
        .stopped = never,
        .opaque = fixture,
    };
}

static void make_available(struct fixture *fixture, unsigned index, unsigned head)
{
    put_16(fixture, AVAILABLE + 4 + 2 * (index % SIZE), head);
    put_16(fixture, AVAILABLE + 2, index + 1);
}

static void give_back(struct fixture *fixture, unsigned index, uint32_t head, uint32_t length)
{
    ebb_put_le32(at(fixture, USED + 4 + 8 * (index % SIZE)), head);
    ebb_put_le32(at(fixture, USED + 8 + 8 * (index % SIZE)), length);
    put_16(fixture, USED + 2, index + 1);
}

static void expect(struct fixture *fixture, const char *told)
{
    struct ebb_error error = {0};

    fixture->told[0] = '\0';
    assert_int_equal(virtio_packets_read(&fixture->packets, fixture->queue, &error), 0);
    assert_string_equal(fixture->told, told);
}

static void end(struct fixture *fixture)
{
    free(fixture->net);
}

#define MERGEABLE (1ull << VIRTIO_NET_MERGEABLE)
#define MODERN (1ull << VIRTIO_VERSION_1)

static struct fixture fixture; /* too large for a stack */

static void sent_packets_come_out_of_chains(void **state)
{
    (void)state;
    set_up(&fixture, 1, MODERN);
    memcpy(at(&fixture, DATA + 12), "hello", 5);
    memcpy(at(&fixture, DATA + 0x100), ", world", 7);
    /* The device may write to one of them, which is no part of what is sent. */
    descriptor(&fixture, DESCRIPTORS, 3, DATA, 17, NEXT, 5);
    descriptor(&fixture, DESCRIPTORS, 5, DATA + 0x200, 9, NEXT | WRITE, 1);
    descriptor(&fixture, DESCRIPTORS, 1, DATA + 0x100, 7, 0, 3);
    expect(&fixture, "");
    make_available(&fixture, 0, 3);
    expect(&fixture, "[hello, world]");
    expect(&fixture, "");
    /* Around the ring, and around the index. */
    for (unsigned i = 1; i < 65536 + 20; i++) {
        make_available(&fixture, i, 3);
        expect(&fixture, "[hello, world]");
    }
    end(&fixture);
}

static void headers_say_what_is_left_to_do(void **state)
{
    (void)state;
    set_up(&fixture, 1, 0); /* a legacy device: the header is shorter */
    memcpy(at(&fixture, DATA), "\1\1\0\0\x40\5....hello", 15);
    descriptor(&fixture, DESCRIPTORS, 0, DATA, 15, 0, 0);
    make_available(&fixture, 0, 0);
    expect(&fixture, "[hello]c1344/5");
    end(&fixture);
}

static void descriptors_may_be_indirect(void **state)
{
    (void)state;
    set_up(&fixture, 1, MODERN);
    memcpy(at(&fixture, DATA + 0x100), "hello", 5);
    descriptor(&fixture, DESCRIPTORS, 2, TABLE, 32, INDIRECT, 0);
    descriptor(&fixture, TABLE, 0, DATA, 12, NEXT, 1);
    descriptor(&fixture, TABLE, 1, DATA + 0x100, 5, 0, 0);
    make_available(&fixture, 0, 2);
    expect(&fixture, "[hello]");
    /* One in a table must not lead to another table. */
    descriptor(&fixture, TABLE, 0, TABLE, 32, INDIRECT, 0);
    make_available(&fixture, 1, 2);
    expect(&fixture, "{with a table of descriptors that must not be}");
    descriptor(&fixture, DESCRIPTORS, 2, TABLE, 33, INDIRECT, 0);
    make_available(&fixture, 2, 2);
    expect(&fixture, "{with a table of descriptors that must not be}");
    end(&fixture);
}

static void received_packets_may_be_in_several_buffers(void **state)
{
    (void)state;
    set_up(&fixture, 0, MODERN | MERGEABLE);
    for (unsigned i = 0; i < SIZE; i++) {
        descriptor(&fixture, DESCRIPTORS, i, DATA + 0x100 * i, 0x100, WRITE, 0);
    }
    memcpy(at(&fixture, DATA + 0x200), "\0\0\0\0\0\0\0\0\0\0\2\0hello", 17);
    memcpy(at(&fixture, DATA + 0x100), ", world and no more", 19);
    memcpy(at(&fixture, DATA + 0x700), "\1\0\0\0\0\0\0\0\0\0\1\0next", 16);
    give_back(&fixture, 0, 2, 17);
    give_back(&fixture, 1, 1, 7);
    give_back(&fixture, 2, 7, 16);
    expect(&fixture, "[hello, world][next]c");
    /* The second is not there. */
    give_back(&fixture, 3, 2, 17);
    expect(&fixture, "{of which some are missing}");
    end(&fixture);
}

static void what_has_no_room_is_counted(void **state)
{
    (void)state;
    set_up(&fixture, 1, MODERN);
    descriptor(&fixture, DESCRIPTORS, 0, DATA, 12, NEXT, 1);
    descriptor(&fixture, DESCRIPTORS, 1, DATA + 16, 0x8000, 0, 0);
    memcpy(at(&fixture, DATA + 16), "hello", 6);
    fixture.packets.buffer.room = 12 + 5;
    make_available(&fixture, 0, 0);
    expect(&fixture, "[hello]0/32768");
    end(&fixture);
}

static void malformed_rings_end(void **state)
{
    (void)state;
    set_up(&fixture, 1, MODERN);
    descriptor(&fixture, DESCRIPTORS, 0, DATA, 1, NEXT, 1);
    descriptor(&fixture, DESCRIPTORS, 1, DATA, 1, NEXT, 0);
    make_available(&fixture, 0, 0);
    expect(&fixture, "{that has no end}");
    assert_in_range(fixture.reads, VIRTIO_RING_CHAIN_MAX, 2 * VIRTIO_RING_CHAIN_MAX + 10);
    make_available(&fixture, 1, SIZE);
    expect(&fixture, "{with a descriptor that its table does not have}");
    descriptor(&fixture, DESCRIPTORS, 1, RAM + RAM_SIZE - 4, 8, 0, 0);
    make_available(&fixture, 2, 0);
    expect(&fixture, "{where there is no memory}");
    descriptor(&fixture, DESCRIPTORS, 1, DATA, 12, 0, 0);
    make_available(&fixture, 3, 1);
    expect(&fixture, "{that are too short for a packet}");
    /* What comes behind is still told. */
    descriptor(&fixture, DESCRIPTORS, 1, DATA, 13, 0, 0);
    *at(&fixture, DATA + 12) = 'a';
    make_available(&fixture, 4, 2);
    make_available(&fixture, 5, 1);
    expect(&fixture, "{that are too short for a packet}[a]");
    put_16(&fixture, AVAILABLE + 2, 6 + SIZE + 1);
    expect(&fixture, "{of which there are more than the queue has room for}");
    expect(&fixture, "");
    fixture.queue->ring.available = 0;
    expect(&fixture, "{where there is no memory}");
    end(&fixture);
}

/* What drivers do, as in the log. */
struct driver {
    struct virtio_devices devices;
    enum virtio_news news;
    struct virtio_queue *queue;
};

static struct driver driver;

static void access(uint32_t kind, uint64_t address, uint32_t size, uint64_t value)
{
    struct ebb_error error = {0};
    struct ebb_event event = {.kind = kind, .address = address, .size = size, .value = value};

    driver.queue = NULL;
    assert_int_equal(
        virtio_devices_access(&driver.devices, &event, &driver.news, &driver.queue, &error), 0);
}

#define READ EBB_EVENT_MMIO_READ
#define STORE EBB_EVENT_MMIO_WRITE

static void begin(void)
{
    virtio_devices_free(&driver.devices);
    memset(&driver, 0, sizeof(driver));
}

static struct virtio_net *net_of(size_t device)
{
    assert_true(device < driver.devices.count);
    assert_non_null(driver.devices.devices[device].net);
    return driver.devices.devices[device].net;
}

static void expect_ring(const struct virtio_queue *queue, uint64_t descriptors, uint64_t available,
                        uint64_t used, uint32_t size)
{
    assert_true(queue->ready);
    assert_int_equal(queue->ring.descriptors, descriptors);
    assert_int_equal(queue->ring.available, available);
    assert_int_equal(queue->ring.used, used);
    assert_int_equal(queue->ring.size, size);
}

#define BASE 0xa003e00u

static void set_up_mmio(void)
{
    access(READ, BASE, 4, VIRTIO_MMIO_MAGIC);
    access(READ, BASE + 4, 4, 2);
    access(READ, BASE + 8, 4, 1);
    access(STORE, BASE + 0x70, 4, 3);
    access(READ, BASE + 0x100, 1, 0x52);
    access(STORE, BASE + 0x24, 4, 1);
    access(STORE, BASE + 0x20, 4, 1);
    access(STORE, BASE + 0x30, 4, 1);
    access(STORE, BASE + 0x38, 4, 256);
    access(STORE, BASE + 0x80, 4, 0x40001000);
    access(STORE, BASE + 0x84, 4, 1);
    access(STORE, BASE + 0x90, 4, 0x40002000);
    access(STORE, BASE + 0xa0, 4, 0x40003000);
    access(STORE, BASE + 0xa4, 4, 2);
    access(STORE, BASE + 0x44, 4, 1);
    assert_int_equal(driver.news, VIRTIO_RINGS);
    access(STORE, BASE + 0x70, 4, 7);
    assert_int_equal(driver.news, VIRTIO_RINGS);
}

static void memory_mapped_devices_are_followed(void **state)
{
    (void)state;
    begin();
    access(READ, BASE - 0x200, 4, VIRTIO_MMIO_MAGIC); /* a disk */
    access(READ, BASE - 0x200 + 8, 4, 2);
    access(STORE, BASE - 0x200 + 0x50, 4, 0);
    assert_int_equal(driver.news, VIRTIO_NOTHING);
    set_up_mmio();
    assert_int_equal(driver.devices.count, 2);
    assert_null(driver.devices.devices[0].net);
    assert_true(virtio_net_has(net_of(1), VIRTIO_VERSION_1));
    assert_null(virtio_net_mac(net_of(1)));
    expect_ring(&net_of(1)->queues[1], 0x140001000, 0x40002000, 0x240003000, 256);
    access(STORE, BASE + 0x50, 4, 1);
    assert_int_equal(driver.news, VIRTIO_NOTIFIED);
    assert_ptr_equal(driver.queue, &net_of(1)->queues[1]);
    /* The queue for commands has no packets. */
    access(STORE, BASE + 0x50, 4, 2);
    assert_int_equal(driver.news, VIRTIO_NOTHING);
    begin();
}

static void resets_forget_queues(void **state)
{
    (void)state;
    begin();
    set_up_mmio();
    net_of(0)->queues[1].seen = 7;
    access(STORE, BASE + 0x70, 4, 0);
    assert_int_equal(driver.news, VIRTIO_RINGS);
    assert_false(net_of(0)->queues[1].ready);
    set_up_mmio();
    assert_int_equal(driver.devices.count, 1);
    assert_int_equal(net_of(0)->queues[1].seen, 0);
    virtio_devices_reset(&driver.devices);
    assert_false(net_of(0)->queues[1].ready);
    begin();
}

static void legacy_queues_are_in_pages(void **state)
{
    (void)state;
    begin();
    access(READ, BASE, 4, VIRTIO_MMIO_MAGIC);
    access(READ, BASE + 8, 4, 1);
    access(STORE, BASE + 0x28, 4, 4096);
    access(STORE, BASE + 0x30, 4, 0);
    access(STORE, BASE + 0x38, 4, 1024);
    access(STORE, BASE + 0x3c, 4, 4096);
    access(STORE, BASE + 0x40, 4, 0x48030);
    expect_ring(&net_of(0)->queues[0], 0x48030000, 0x48034000, 0x48035000, 1024);
    begin();
}

#define SPACE 0x4010008000u
#define PORTS 0x3eff0000u

static void find_pci(uint32_t id)
{
    access(READ, SPACE, 4, id);
    access(READ, SPACE + 0x34, 1, 0x40);
    access(READ, SPACE + 0x40, 2, 0x5009);
    access(READ, SPACE + 0x43, 1, VIRTIO_PCI_COMMON);
    access(READ, SPACE + 0x44, 1, 4);
    access(READ, SPACE + 0x48, 4, 0);
    access(READ, SPACE + 0x4c, 4, 0x1000);
    access(READ, SPACE + 0x50, 2, 0x4009); /* a circle */
    access(READ, SPACE + 0x53, 1, VIRTIO_PCI_NOTIFY);
    access(READ, SPACE + 0x54, 1, 4);
    access(READ, SPACE + 0x58, 4, 0x3000);
    access(READ, SPACE + 0x5c, 4, 0x1000);
    access(STORE, SPACE + 0x20, 4, UINT32_MAX);
    access(READ, SPACE + 0x20, 4, 0xffffc00c);
    access(STORE, SPACE + 0x20, 4, 0x1000000c);
    access(STORE, SPACE + 0x24, 4, 0x80);
}

static void pci_devices_are_followed(void **state)
{
    const uint64_t common = 0x8010000000, notify = 0x8010003000;

    (void)state;
    begin();
    find_pci(VIRTIO_PCI_ID);
    access(STORE, common + 0x08, 4, 0);
    access(STORE, common + 0x0c, 4, 1u << VIRTIO_NET_MERGEABLE);
    access(STORE, common + 0x16, 2, 1);
    access(READ, common + 0x18, 2, 64);
    access(STORE, common + 0x20, 8, 0x140001000); /* all of it, or a half */
    access(STORE, common + 0x28, 4, 0x40002000);
    access(STORE, common + 0x30, 4, 0x40003000);
    access(STORE, common + 0x34, 4, 2);
    access(STORE, common + 0x1c, 2, 1);
    assert_int_equal(driver.news, VIRTIO_RINGS);
    expect_ring(&net_of(0)->queues[1], 0x140001000, 0x40002000, 0x240003000, 64);
    assert_int_equal(virtio_net_header_size(net_of(0)), 12);
    access(STORE, notify + 4, 2, 1);
    assert_int_equal(driver.news, VIRTIO_NOTIFIED);
    assert_ptr_equal(driver.queue, &net_of(0)->queues[1]);
    begin();
}

static void legacy_pci_devices_are_followed(void **state)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    const uint64_t ports = PORTS + 0x1060;

    (void)state;
    begin();
    driver.devices.ports = PORTS;
    access(READ, SPACE + 2, 2, VIRTIO_PCI_OLD_ID >> 16);
    access(STORE, SPACE + 0x10, 4, 0x1061);
    access(STORE, ports + 0x04, 4, 0);
    for (unsigned i = 0; i < sizeof(mac); i++) {
        access(READ, ports + 0x14 + i, 1, mac[i]);
    }
    access(STORE, ports + 0x0e, 2, 1);
    access(READ, ports + 0x0c, 2, 256);
    access(STORE, ports + 0x08, 4, 0x42da8);
    expect_ring(&net_of(0)->queues[1], 0x42da8000, 0x42da9000, 0x42daa000, 256);
    assert_memory_equal(virtio_net_mac(net_of(0)), mac, sizeof(mac));
    access(STORE, ports + 0x10, 2, 1);
    assert_int_equal(driver.news, VIRTIO_NOTIFIED);
    begin();
}

static void several_pairs_of_queues_are_known(void **state)
{
    (void)state;
    begin();
    set_up_mmio();
    access(READ, BASE + 0x108, 2, 3);
    assert_null(virtio_net_queue(net_of(0), 2));
    net_of(0)->features |= 1ull << VIRTIO_NET_MULTIQUEUE;
    assert_ptr_equal(virtio_net_queue(net_of(0), 5), &net_of(0)->queues[5]);
    assert_null(virtio_net_queue(net_of(0), 6));
    access(READ, BASE + 0x108, 2, 0xffff);
    assert_null(virtio_net_queue(net_of(0), VIRTIO_NET_QUEUES_MAX));
    begin();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sent_packets_come_out_of_chains),
        cmocka_unit_test(headers_say_what_is_left_to_do),
        cmocka_unit_test(descriptors_may_be_indirect),
        cmocka_unit_test(received_packets_may_be_in_several_buffers),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(malformed_rings_end),
        cmocka_unit_test(memory_mapped_devices_are_followed),
        cmocka_unit_test(resets_forget_queues),
        cmocka_unit_test(legacy_queues_are_in_pages),
        cmocka_unit_test(pci_devices_are_followed),
        cmocka_unit_test(legacy_pci_devices_are_followed),
        cmocka_unit_test(several_pairs_of_queues_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
