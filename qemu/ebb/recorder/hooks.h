/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU tells of the CPU and RAM from outside, under both accelerators. */
#ifndef EBB_RECORDER_HOOKS_H
#define EBB_RECORDER_HOOKS_H

#include "exec/memory.h"
#include "state.h"

/* The session, for hooks, which QEMU gives nothing of ours. There is one per process. */
extern struct recorder_session *recorder_hooks_session;

/* From now on changes of the CPU's interrupt lines are recorded. */
void recorder_hooks_watch_inputs(struct recorder_session *session);

/* Somebody else than the guest's CPU has written length bytes at offset of a RAM region. */
void recorder_hooks_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* The hooks of these names: devices write to a view of RAM (device_view.h). */
void *recorder_hooks_device_map(MemoryRegion *mr, hwaddr offset, hwaddr length);
MemoryRegion *recorder_hooks_device_unmap(void *buffer, hwaddr length, hwaddr written);

#endif
