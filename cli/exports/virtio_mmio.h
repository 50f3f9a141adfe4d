/* SPDX-License-Identifier: GPL-3.0-or-later */
/* virtio over memory-mapped registers (Virtual I/O Device Version 1.2, section 4.2), with those of
 * legacy devices. */
#ifndef EBB_CLI_EXPORTS_VIRTIO_MMIO_H
#define EBB_CLI_EXPORTS_VIRTIO_MMIO_H

#include "virtio_net.h"

#include "log/event.h"

#define VIRTIO_MMIO_SIZE 0x200u       /* bytes of registers */
#define VIRTIO_MMIO_MAGIC 0x74726976u /* what the first one says */
#define VIRTIO_MMIO_ID 8u             /* offset of the one that says what it is */
#define VIRTIO_MMIO_ID_NET 1u

/* The driver of a network device has made an access to the register at offset. *queue as in enum
 * virtio_news. */
enum virtio_news virtio_mmio_access(struct virtio_net *net, const struct ebb_event *event,
                                    uint64_t offset, struct virtio_queue **queue);

#endif
