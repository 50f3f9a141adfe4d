/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A zstd frame around bytes that are not compressed. Internal to log/. */
#ifndef EBB_LOG_STORED_FRAME_H
#define EBB_LOG_STORED_FRAME_H

#include "buffer.h"

/*
 * Adds the frame to payload; size is below 4 GiB. zstd's library has no function for it.
 */
void ebb_stored_frame_add(struct ebb_buffer *payload, const void *bytes, size_t size);

#endif
