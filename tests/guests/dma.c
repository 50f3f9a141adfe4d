/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory written by devices: the firmware configuration device does it inside the write that asks
 * for it, virtio's random number generator when it pleases. Run with -device virtio-rng-device.
 */
#include "board.h"
#include "guest.h"

#define FW_CFG_DMA (FW_CFG_BASE + 16)
#define FW_CFG_DMA_READ 2
#define FW_CFG_DMA_SELECT 8

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
#define DESCRIPTOR_WRITE 2 /* by the device */
#define RING_SIZE 8
#define REQUESTS 16

struct fw_cfg_access { /* big-endian */
    uint32_t control;
    uint32_t length;
    uint64_t address;
};

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

volatile uint32_t signature;
volatile uint32_t random_words[16];
static volatile struct fw_cfg_access configuration __attribute__((aligned(16)));
static volatile struct ring ring __attribute__((aligned(4096)));
static uintptr_t device;
static volatile unsigned interrupts;

static void barrier(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}

static void read_signature(void)
{
    configuration.address = __builtin_bswap64((uintptr_t)&signature);
    configuration.length = __builtin_bswap32(sizeof(signature));
    configuration.control = __builtin_bswap32(FW_CFG_DMA_SELECT | FW_CFG_DMA_READ);
    barrier();
    write32(FW_CFG_DMA, 0);
    write32(FW_CFG_DMA + 4, __builtin_bswap32((uintptr_t)&configuration));
    while (configuration.control) {
    }
    print("dma: signature %x\n", signature);
    check(signature == 0x554d4551, "signature is QEMU");
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

static void start_device(void)
{
    write32(device + STATUS, 0);
    write32(device + STATUS, 3);
    write32(device + GUEST_FEATURES, 0);
    write32(device + GUEST_PAGE_SIZE, 4096);
    write32(device + QUEUE_SELECT, 0);
    write32(device + QUEUE_SIZE, RING_SIZE);
    write32(device + QUEUE_ALIGN, 4096);
    write32(device + QUEUE_PAGE, (uintptr_t)&ring / 4096);
    write32(device + STATUS, STATUS_READY);
}

static unsigned request(void)
{
    uint16_t index = ring.available.index;
    unsigned spins = 0;

    ring.descriptors[0].address = (uintptr_t)random_words;
    ring.descriptors[0].length = sizeof(random_words);
    ring.descriptors[0].flags = DESCRIPTOR_WRITE;
    ring.available.entries[index % RING_SIZE] = 0;
    barrier();
    ring.available.index = index + 1;
    barrier();
    write32(device + QUEUE_NOTIFY, 0);
    while (ring.used.index == index) {
        spins++;
    }
    return spins;
}

int main(void)
{
    uint32_t checksum = 0;
    unsigned i, j, spins = 0;

    irq_init();
    read_signature();
    if (!find_device()) {
        check(false, "there is a random number generator");
        finish("dma");
    }
    start_device();
    irq_unmask();
    for (i = 0; i < REQUESTS; i++) {
        spins += request();
        for (j = 0; j < 16; j++) {
            checksum = (checksum << 3 | checksum >> 29) ^ random_words[j];
        }
    }
    irq_mask();
    check(checksum != 0, "there is randomness");
    check(interrupts > 0, "there were interrupts");
    print("dma: checksum %x, %u interrupts, waited %u rounds\n", checksum, interrupts, spins);
    finish("dma");
}
