/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The legacy interface of virtio over memory-mapped registers, with one queue. */
#include "virtio_rng.h"
#include "board.h"
#include "guest.h"

#define VIRTIO_MAGIC 0x74726976
#define VIRTIO_RNG 4
enum virtio_register {
    MAGIC = 0x00,
    DEVICE = 0x08,
    GUEST_FEATURES = 0x20,
    GUEST_PAGE_SIZE = 0x28,
    QUEUE_SELECT = 0x30,
    QUEUE_SIZE = 0x38,
    QUEUE_ALIGN = 0x3c,
    QUEUE_PAGE = 0x40,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACKNOWLEDGE = 0x64,
    STATUS = 0x70,
};
#define STATUS_READY 7     /* acknowledged, driver, driver ok */
#define DESCRIPTOR_NEXT 1  /* goes on with another one */
#define DESCRIPTOR_WRITE 2 /* by the device */
#define RING_SIZE 8

struct ring {
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags;
        uint16_t next;
    } descriptors[RING_SIZE];
    struct {
        uint16_t flags;
        uint16_t index;
        uint16_t entries[RING_SIZE];
    } available;
    struct {
        uint16_t flags;
        uint16_t index;
        struct {
            uint32_t id;
            uint32_t length;
        } entries[RING_SIZE];
    } used __attribute__((aligned(4096)));
};

static volatile struct ring ring __attribute__((aligned(4096)));
static uintptr_t device;
static volatile unsigned interrupts;

static void barrier(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}

static void on_interrupt(void)
{
    interrupts++;
    write32(device + INTERRUPT_ACKNOWLEDGE, read32(device + INTERRUPT_STATUS));
}

static bool find_device(void)
{
    for (unsigned slot = 0; slot < VIRTIO_SLOTS; slot++) {
        device = VIRTIO_BASE + slot * VIRTIO_STRIDE;
        if (read32(device + MAGIC) == VIRTIO_MAGIC && read32(device + DEVICE) == VIRTIO_RNG) {
            irq_enable(VIRTIO_IRQ + slot, on_interrupt);
            return true;
        }
    }
    return false;
}

bool virtio_rng_start(void)
{
    if (!find_device()) {
        return false;
    }
    write32(device + STATUS, 0);
    write32(device + STATUS, 3);
    write32(device + GUEST_FEATURES, 0);
    write32(device + GUEST_PAGE_SIZE, 4096);
    write32(device + QUEUE_SELECT, 0);
    write32(device + QUEUE_SIZE, RING_SIZE);
    write32(device + QUEUE_ALIGN, 4096);
    write32(device + QUEUE_PAGE, (uintptr_t)&ring / 4096);
    write32(device + STATUS, STATUS_READY);
    return true;
}

static void offer(volatile void *to, uint32_t length, unsigned count)
{
    uint16_t index = ring.available.index;
    unsigned i;

    for (i = 0; i < count; i++) {
        ring.descriptors[i].address = (uintptr_t)to;
        ring.descriptors[i].length = length;
        ring.descriptors[i].flags = DESCRIPTOR_WRITE | (i + 1 < count ? DESCRIPTOR_NEXT : 0);
        ring.descriptors[i].next = i + 1;
    }
    ring.available.entries[index % RING_SIZE] = 0;
    barrier();
    ring.available.index = index + 1;
    barrier();
}

void virtio_rng_offer(volatile void *to, uint32_t length)
{
    offer(to, length, 1);
}

void virtio_rng_offer_often(volatile void *to, uint32_t length)
{
    offer(to, length, RING_SIZE);
}

uintptr_t virtio_rng_doorbell(void)
{
    return device + QUEUE_NOTIFY;
}

void virtio_rng_request(volatile void *to, uint32_t length)
{
    virtio_rng_offer(to, length);
    write32(virtio_rng_doorbell(), 0);
}

bool virtio_rng_done(void)
{
    return ring.used.index == ring.available.index;
}

unsigned virtio_rng_interrupts(void)
{
    return interrupts;
}
