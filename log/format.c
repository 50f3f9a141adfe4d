/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

#include "buffer.h"

#include <inttypes.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void ebb_pack_file_header(uint8_t bytes[EBB_FILE_HEADER_SIZE], const char *magic,
                          uint64_t recording_id, uint32_t flags)
{
    memcpy(bytes, magic, 8);
    ebb_put_le32(bytes + 8, EBB_FORMAT_VERSION);
    ebb_put_le32(bytes + 12, flags);
    ebb_put_le64(bytes + 16, recording_id);
    ebb_reseal_file_header(bytes);
}

void ebb_reseal_file_header(uint8_t bytes[EBB_FILE_HEADER_SIZE])
{
    ebb_put_le64(bytes + 24, XXH3_64bits(bytes, 24));
}

int ebb_unpack_file_header(const uint8_t bytes[EBB_FILE_HEADER_SIZE], const char *magic,
                           const char *name, uint32_t known_flags, struct ebb_file_header *header,
                           struct ebb_error *error)
{
    if (memcmp(bytes, magic, 8) != 0) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 0: this is not a file of an Ebb recording", name);
    }
    if (ebb_get_le64(bytes + 24) != XXH3_64bits(bytes, 24)) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 0: the file header is damaged (checksum)", name);
    }
    if (ebb_get_le32(bytes + 8) != EBB_FORMAT_VERSION) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "%s: format version %" PRIu32 " is not known here, only %u; use an Ebb "
                        "that is at least as new as the recording",
                        name, ebb_get_le32(bytes + 8), EBB_FORMAT_VERSION);
    }
    header->flags = ebb_get_le32(bytes + 12);
    header->recording_id = ebb_get_le64(bytes + 16);
    if (header->flags & ~known_flags) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "%s: offset 12: flags 0x%" PRIx32 " are not known here; use an Ebb that is "
                        "at least as new as the recording",
                        name, header->flags & ~known_flags);
    }
    return 0;
}

/* Seeded by place and recording, so that a block is valid only where it was written. */
static uint64_t header_checksum(const uint8_t *bytes, uint64_t offset, uint64_t recording_id)
{
    return XXH3_64bits_withSeed(bytes, EBB_BLOCK_HEADER_SIZE - 8, recording_id + offset);
}

void ebb_pack_block_header(uint8_t bytes[EBB_BLOCK_HEADER_SIZE], const struct ebb_block *block,
                           uint64_t recording_id)
{
    ebb_put_le32(bytes, block->type);
    ebb_put_le32(bytes + 4, block->stored_size);
    ebb_put_le32(bytes + 8, block->raw_size);
    ebb_put_le32(bytes + 12, block->count);
    ebb_put_le64(bytes + 16, block->first);
    ebb_put_le64(bytes + 24, block->first_position);
    ebb_put_le64(bytes + 32, block->last_position);
    ebb_put_le64(bytes + 40, block->checksum);
    ebb_put_le64(bytes + 48, block->kinds);
    ebb_put_le64(bytes + 56, header_checksum(bytes, block->offset, recording_id));
}

bool ebb_unpack_block_header(const uint8_t bytes[EBB_BLOCK_HEADER_SIZE], uint64_t offset,
                             uint64_t recording_id, struct ebb_block *block)
{
    block->offset = offset;
    block->lost = false;
    block->type = ebb_get_le32(bytes);
    block->stored_size = ebb_get_le32(bytes + 4);
    block->raw_size = ebb_get_le32(bytes + 8);
    block->count = ebb_get_le32(bytes + 12);
    block->first = ebb_get_le64(bytes + 16);
    block->first_position = ebb_get_le64(bytes + 24);
    block->last_position = ebb_get_le64(bytes + 32);
    block->checksum = ebb_get_le64(bytes + 40);
    block->kinds = ebb_get_le64(bytes + 48);
    return ebb_get_le64(bytes + 56) == header_checksum(bytes, offset, recording_id);
}

uint64_t ebb_payload_checksum(const void *payload, size_t size)
{
    return XXH3_64bits(payload, size);
}

struct ebb_page_hash ebb_hash_page(const void *page)
{
    XXH128_hash_t hash = XXH3_128bits(page, EBB_PAGE_SIZE);
    struct ebb_page_hash result = {hash.low64, hash.high64};

    return result;
}

bool ebb_log_flags_fit(uint32_t flags)
{
    return !(flags & ~EBB_LOG_FLAGS) && (!flags || flags & EBB_LOG_COUNTS) &&
           (!(flags & (EBB_LOG_TRAPS | EBB_LOG_COALESCED)) || flags & EBB_LOG_EXACT_COUNTS);
}

const char *ebb_event_misplacement(const struct ebb_event *event, uint32_t flags)
{
    if (event->flags & EBB_EVENT_COALESCED && !(flags & EBB_LOG_COALESCED)) {
        return "it is a coalesced store, in a log that has none";
    }
    if (!ebb_event_kind_has_place(event->kind)) {
        return NULL;
    }
    if (!(flags & EBB_LOG_COUNTS)) {
        return "it is an anchor, an exit or a trap, in a log without counts";
    }
    if (event->kind == EBB_EVENT_TRAP && !(flags & EBB_LOG_TRAPS)) {
        return "it is a trap, in a log that has none";
    }
    return event->kind == EBB_EVENT_ANCHOR && event->data_length == 4 &&
                   !(flags & EBB_LOG_THIN_ANCHORS)
               ? "it is a thin anchor, in a log that has none"
               : NULL;
}

const char *ebb_event_problem(const struct ebb_event *event)
{
    if (!ebb_event_kind_name(event->kind)) {
        return "its kind is unknown";
    }
    if (event->flags & ~EBB_EVENT_FLAGS) {
        return "it has unknown flags";
    }
    if (event->flags & EBB_EVENT_COALESCED &&
        (event->kind != EBB_EVENT_MMIO_WRITE || event->flags & EBB_EVENT_NESTED)) {
        return "it is coalesced, but no store of the CPU";
    }
    if (event->size > 8 || (event->size & (event->size - 1))) {
        return "its size is none of 0, 1, 2, 4 and 8";
    }
    if (event->data_length > EBB_MAX_EVENT_DATA) {
        return "it has too much data";
    }
    switch (event->kind) {
    case EBB_EVENT_ANCHOR:
        if (event->flags & EBB_EVENT_NESTED) {
            return "it is an anchor inside another event";
        }
        return event->data_length != 8 && event->data_length != 4 ? "its data is no digest" : NULL;
    case EBB_EVENT_EXIT:
        if (event->flags & EBB_EVENT_NESTED) {
            return "it is an exit inside another event";
        }
        return event->data_length % 8 || event->data_length > 8 ? "its data is no number" : NULL;
    case EBB_EVENT_TRAP:
        return event->flags || event->data_length ? "it is a trap with flags or data" : NULL;
    case EBB_EVENT_HYPERCALL:
        return event->data_length % 8 ? "its data is no list of registers" : NULL;
    case EBB_EVENT_MEMORY_MAP:
        return event->data_length % 32 ? "its data is no list of memory ranges" : NULL;
    case EBB_EVENT_END:
        return event->data_length != 16 ? "its data is not two digests" : NULL;
    default:
        return NULL;
    }
}
