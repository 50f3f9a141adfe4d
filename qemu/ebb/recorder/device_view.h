/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM as the devices see it that map it for writing: they write to it at times of their own, maybe
 * on another thread, and RAM changes when they give the mapping back. There is one such view of
 * each RAM block, so that what two mappings have in common is there once, as it is in RAM: what one
 * of them writes, the other has. Bytes enter the view when they are first mapped, and leave it with
 * their last mapping; its size is that of what is mapped, and a little that is kept.
 *
 * All is called with the BQL.
 */
#ifndef EBB_RECORDER_DEVICE_VIEW_H
#define EBB_RECORDER_DEVICE_VIEW_H

#include "exec/memory.h"
#include "state.h"

/* Before the first device maps anything. */
void recorder_device_view_start(struct recorder_session *session);

/* What the hooks device_map and device_unmap do (ebb/hooks.h). */
void *recorder_device_view_map(struct recorder_session *session, MemoryRegion *mr, hwaddr offset,
                               hwaddr length);
MemoryRegion *recorder_device_view_unmap(struct recorder_session *session, void *buffer,
                                         hwaddr length, hwaddr written);

/* RAM was written to by another way: mappings of it see that. */
void recorder_device_view_update(struct recorder_session *session, MemoryRegion *mr, hwaddr offset,
                                 hwaddr length);

#endif
