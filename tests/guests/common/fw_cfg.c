/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All by DMA: the device is given the address of an access, and clears control when done. */
#include "fw_cfg.h"
#include "board.h"
#include "guest.h"

#define FW_CFG_DMA (FW_CFG_BASE + 16)
#define FW_CFG_DMA_READ 2
#define FW_CFG_DMA_SELECT 8
#define FW_CFG_DMA_WRITE 16
#define FW_CFG_DIRECTORY 0x19
#define FILES 64 /* that we look at */

struct fw_cfg_access { /* big-endian */
    uint32_t control;
    uint32_t length;
    uint64_t address;
};

static volatile struct fw_cfg_access configuration __attribute__((aligned(16)));

struct fw_cfg_file { /* big-endian */
    uint32_t size;
    uint16_t item;
    uint16_t reserved;
    char name[56];
};

static struct {
    uint32_t count; /* big-endian */
    struct fw_cfg_file files[FILES];
} directory;

static void transfer(unsigned item, unsigned how, uintptr_t address, uint32_t length)
{
    configuration.address = __builtin_bswap64(address);
    configuration.length = __builtin_bswap32(length);
    configuration.control = __builtin_bswap32(item << 16 | FW_CFG_DMA_SELECT | how);
    __asm__ volatile("dsb sy" ::: "memory");
    write32(FW_CFG_DMA, 0);
    write32(FW_CFG_DMA + 4, __builtin_bswap32((uintptr_t)&configuration));
    while (configuration.control) {
    }
}

void fw_cfg_read(unsigned item, uintptr_t to, uint32_t length)
{
    transfer(item, FW_CFG_DMA_READ, to, length);
}

void fw_cfg_write(unsigned item, const void *from, uint32_t length)
{
    transfer(item, FW_CFG_DMA_WRITE, (uintptr_t)from, length);
}

static bool is_called(const struct fw_cfg_file *file, const char *name)
{
    size_t i = 0;

    while (i < sizeof(file->name) && file->name[i] == name[i] && name[i]) {
        i++;
    }
    return i < sizeof(file->name) && file->name[i] == name[i];
}

unsigned fw_cfg_find(const char *name)
{
    unsigned i;

    fw_cfg_read(FW_CFG_DIRECTORY, (uintptr_t)&directory, sizeof(directory));
    for (i = 0; i < __builtin_bswap32(directory.count) && i < FILES; i++) {
        if (is_called(&directory.files[i], name)) {
            return __builtin_bswap16(directory.files[i].item);
        }
    }
    return FW_CFG_NONE;
}
