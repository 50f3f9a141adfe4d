/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device_name.h"

#include <string.h>

/* Of the registers that each of virtio's transports has in memory; as QEMU maps them. */
#define VIRTIO_BYTES 0x200u

/*
 * How QEMU's names begin of devices of the machines that can be recorded which write to memory
 * while their registers are accessed, or not at all: interrupt controllers, serial ports, clocks,
 * flash, buttons, displays, network adapters and cards without DMA, and transports that no device
 * is behind.
 */
static const char *const quiet[] = {
    "a15mpcore",     "a9",           "arm-gic",         "arm-its",   "arm.cortex-a9-global-timer",
    "arm_gic",       "arm_mptimer",  "cfi.pflash",      "ebb-",      "fw_cfg",
    "kvm-arm-gic",   "l2x0",         "lan9118",         "pl011",     "pl031",
    "pl041",         "pl050",        "pl061",           "pl110",     "pl111",
    "pl181",         "realview_gic", "realview_sysctl", "smc91c111", "sp804",
    "versatile_i2c", "virtio-mmio",
};

/* Virtio 1.2, section 5: "Device Types". */
static const char *const virtio_kinds[] = {
    [1] = "network",
    [2] = "block",
    [3] = "console",
    [4] = "entropy",
    [5] = "balloon",
    [6] = "I/O memory",
    [7] = "remote processor messaging",
    [8] = "SCSI host",
    [9] = "9P",
    [10] = "mac80211",
    [11] = "remote processor serial",
    [12] = "CAIF",
    [13] = "balloon",
    [16] = "GPU",
    [17] = "timer",
    [18] = "input",
    [19] = "socket",
    [20] = "crypto",
    [21] = "signal distribution",
    [22] = "pstore",
    [23] = "IOMMU",
    [24] = "memory",
    [25] = "audio",
    [26] = "file system",
    [27] = "persistent memory",
    [28] = "RPMB",
    [29] = "mac80211 simulation",
    [30] = "video encoder",
    [31] = "video decoder",
    [32] = "SCMI",
    [33] = "Nitro secure module",
    [34] = "I2C",
    [35] = "watchdog",
    [36] = "CAN",
    [38] = "parameter server",
    [39] = "audio policy",
    [40] = "Bluetooth",
    [41] = "GPIO",
    [42] = "RDMA",
};

/* Registers may be inside of others', as those of a part of a device are: the fewest are meant. */
const struct manifest_device *device_name_at(const struct manifest *manifest, uint64_t address)
{
    const struct manifest_device *found = NULL;

    for (size_t i = 0; i < manifest->device_count; i++) {
        const struct manifest_device *device = &manifest->devices[i];

        if (address >= device->address && address - device->address < device->size &&
            (!found || device->size < found->size)) {
            found = device;
        }
    }
    return found;
}

bool device_name_may_write(const struct manifest_device *device)
{
    for (size_t i = 0; device && i < sizeof(quiet) / sizeof(quiet[0]); i++) {
        if (strncmp(device->name, quiet[i], strlen(quiet[i])) == 0) {
            return false;
        }
    }
    return true;
}

bool device_name_is_virtio(const struct manifest_device *device)
{
    return device && device->size == VIRTIO_BYTES && strncmp(device->name, "virtio-", 7) == 0;
}

/* The register has its lowest byte first, and a big-endian guest may have turned that around or
 * not: no kind has a number of more than a byte. */
const char *device_name_virtio(uint64_t id)
{
    id = id & 0xff ? id : id >> 24;
    return id < sizeof(virtio_kinds) / sizeof(virtio_kinds[0]) ? virtio_kinds[id] : NULL;
}
