/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

const char *ebb_event_kind_name(uint32_t kind)
{
    switch (kind) {
    case EBB_EVENT_MMIO_READ:
        return "mmio-read";
    case EBB_EVENT_MMIO_WRITE:
        return "mmio-write";
    case EBB_EVENT_SYSREG_READ:
        return "sysreg-read";
    case EBB_EVENT_SYSREG_WRITE:
        return "sysreg-write";
    case EBB_EVENT_SEMIHOSTING:
        return "semihosting";
    case EBB_EVENT_HYPERCALL:
        return "hypercall";
    case EBB_EVENT_INTERRUPT_LINE:
        return "interrupt-line";
    case EBB_EVENT_DMA:
        return "dma";
    case EBB_EVENT_MEMORY_MAP:
        return "memory-map";
    case EBB_EVENT_ANCHOR:
        return "anchor";
    case EBB_EVENT_EXIT:
        return "exit";
    case EBB_EVENT_TRAP:
        return "trap";
    case EBB_EVENT_CONSOLE:
        return "console";
    case EBB_EVENT_RESET:
        return "reset";
    case EBB_EVENT_END:
        return "end";
    default:
        return NULL;
    }
}

const char *ebb_end_reason_name(uint64_t reason)
{
    switch (reason) {
    case EBB_END_POWER_OFF:
        return "power-off";
    case EBB_END_PANIC:
        return "panic";
    case EBB_END_QUIT:
        return "quit";
    case EBB_END_STOPPED:
        return "stopped";
    default:
        return NULL;
    }
}
