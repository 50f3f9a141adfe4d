/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads by DMA: the device is given the address of an access, and clears control when done. */
#include "fw_cfg.h"
#include "board.h"
#include "guest.h"

#define FW_CFG_DMA (FW_CFG_BASE + 16)
#define FW_CFG_DMA_READ 2
#define FW_CFG_DMA_SELECT 8

struct fw_cfg_access { /* big-endian */
    uint32_t control;
    uint32_t length;
    uint64_t address;
};

static volatile struct fw_cfg_access configuration __attribute__((aligned(16)));

void fw_cfg_read(unsigned item, uintptr_t to, uint32_t length)
{
    configuration.address = __builtin_bswap64(to);
    configuration.length = __builtin_bswap32(length);
    configuration.control = __builtin_bswap32(item << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ);
    __asm__ volatile("dsb sy" ::: "memory");
    write32(FW_CFG_DMA, 0);
    write32(FW_CFG_DMA + 4, __builtin_bswap32((uintptr_t)&configuration));
    while (configuration.control) {
    }
}
