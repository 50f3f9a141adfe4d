/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flash, which the guest sees as memory or, while it programs the device, as registers. The device
 * changes its array without telling anyone; what it did is logged like a device's DMA.
 */
#ifndef EBB_RECORDER_FLASH_H
#define EBB_RECORDER_FLASH_H

#include "exec/memory.h"
#include "state.h"

/* Around a recording. */
void recorder_flash_start(struct recorder_session *session);
void recorder_flash_stop(struct recorder_session *session);

/* The guest is about to write to a flash device's commands. */
void recorder_flash_written(struct recorder_session *session, MemoryRegion *mr);

/* Logs what has been programmed since the guest last saw it, so that keyframes agree with the log.
 */
void recorder_flash_sync(struct recorder_session *session);

/* The same for what the guest sees as memory; the memory map has changed. */
void recorder_flash_sync_mapped(struct recorder_session *session);

#endif
