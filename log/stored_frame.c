/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stored_frame.h"

#include <zstd.h>

/* Of a frame with its content's size in 4 bytes, which needs no window of its own, and of the
 * blocks in it (RFC 8878, 3.1.1). */
#define FRAME_DESCRIPTOR (2 << 6 | 1 << 5)
#define FRAME_HEADER_SIZE 9
#define BLOCK_HEADER_SIZE 3
#define BLOCK_LAST 1u
#define BLOCK_SIZE_SHIFT 3 /* between: the type, 0 for one that is not compressed */

void ebb_stored_frame_add(struct ebb_buffer *payload, const void *bytes, size_t size)
{
    uint8_t header[FRAME_HEADER_SIZE];
    size_t done = 0, part;

    ebb_put_le32(header, ZSTD_MAGICNUMBER);
    header[4] = FRAME_DESCRIPTOR;
    ebb_put_le32(header + 5, (uint32_t)size);
    ebb_buffer_add(payload, header, sizeof(header));
    do {
        part = size - done < ZSTD_BLOCKSIZE_MAX ? size - done : ZSTD_BLOCKSIZE_MAX;
        ebb_put_le32(header,
                     (uint32_t)part << BLOCK_SIZE_SHIFT | (done + part == size ? BLOCK_LAST : 0));
        ebb_buffer_add(payload, header, BLOCK_HEADER_SIZE);
        ebb_buffer_add(payload, (const uint8_t *)bytes + done, part);
        done += part;
    } while (done < size);
}
