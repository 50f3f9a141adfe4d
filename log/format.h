/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the log and keyframes files are made of: a file header, then blocks, each with a header of
 * fixed size. docs/recording-format.md is the description; this is its one implementation, shared
 * by writer and reader. Internal to log/.
 */
#ifndef EBB_LOG_FORMAT_H
#define EBB_LOG_FORMAT_H

#include "error.h"
#include "event.h"

#define EBB_FORMAT_VERSION 1u
#define EBB_LOG_MAGIC                                                                              \
    "\x89"                                                                                         \
    "EBBLOG\n"
#define EBB_KEYFRAMES_MAGIC                                                                        \
    "\x89"                                                                                         \
    "EBBKEY\n"
#define EBB_INDEX_MAGIC                                                                            \
    "\x89"                                                                                         \
    "EBBIDX\n"
#define EBB_START_MAGIC                                                                            \
    "\x89"                                                                                         \
    "EBBBEG\n"
#define EBB_PAGES_MAGIC                                                                            \
    "\x89"                                                                                         \
    "EBBPAG\n"
#define EBB_LOG_FILE "log"
#define EBB_KEYFRAMES_FILE "keyframes"
#define EBB_INDEX_FILE "index"
#define EBB_START_FILE "start"
#define EBB_PAGES_FILE "pages"

#define EBB_FILE_HEADER_SIZE 32u  /* bytes */
#define EBB_BLOCK_HEADER_SIZE 64u /* bytes */

/* Bounds of the format. They keep a hostile recording from asking for much memory. */
#define EBB_MAX_BLOCK_SIZE (8u << 20) /* bytes of a payload, stored or not */
#define EBB_MAX_EVENT_DATA (4u << 20) /* bytes */
#define EBB_MAX_BLOCK_EVENTS 16384u
#define EBB_MAX_GROUP_PAGES 256u
#define EBB_EVENT_FLAGS 0x1fu       /* enum ebb_event_flag, all of them */
#define EBB_LOG_FLAGS 0x1fu         /* enum ebb_log_flag, all of them */
#define EBB_MAX_PAGES (1ull << 36)  /* page numbers are below this */
#define EBB_MAX_REGISTER_SIZE 256u  /* bytes */
#define EBB_MAX_PROBLEM 65536u      /* bytes of text in an index */
#define EBB_MAX_NUMBER (1ull << 62) /* of the first event, keyframe or page content */

/* The first four bytes of a block. */
enum ebb_block_type {
    EBB_BLOCK_EVENTS = 0x53545645,    /* "EVTS": events, compressed */
    EBB_BLOCK_PAGES = 0x45474150,     /* "PAGE": page contents, compressed */
    EBB_BLOCK_TABLE = 0x4c424154,     /* "TABL": which page has which content */
    EBB_BLOCK_KEYFRAME = 0x4659454b,  /* "KEYF": registers; makes the keyframe valid */
    EBB_BLOCK_POSITIONS = 0x4e534f50, /* "POSN": positions of a block of events, compressed */
    EBB_BLOCK_KEYFRAME_POSITIONS = 0x534f504b, /* "KPOS" */
    EBB_BLOCK_CLEARS = 0x53524c43,             /* "CLRS": positions of exclusive clears */
    EBB_BLOCK_INDEX_END = 0x444e4549,     /* "IEND": what the index belongs to; makes it valid */
    EBB_BLOCK_PAGE_SET = 0x54455350,      /* "PSET": pages that were touched */
    EBB_BLOCK_PAGE_SETS_END = 0x444e4550, /* "PEND": what page sets belong to; makes them valid */
    EBB_BLOCK_START = 0x54525453, /* "STRT": where a recording begins that lost its beginning */
};

/* A block header without its framing; what first and the positions mean depends on the type. */
struct ebb_block {
    uint64_t offset; /* of the header in its file, bytes */
    uint32_t type;
    uint32_t stored_size; /* bytes of payload in the file */
    uint32_t raw_size;    /* bytes of payload after decompression */
    uint32_t count;
    uint64_t first;
    uint64_t first_position;
    uint64_t last_position;
    uint64_t checksum; /* of the stored payload */
    uint64_t kinds;    /* of events in it, bit n for kind n; 0: not told */
    bool lost;         /* stands for what is between two blocks and is none; the rest is unknown */
};

void ebb_pack_file_header(uint8_t bytes[EBB_FILE_HEADER_SIZE], const char *magic,
                          uint64_t recording_id, uint32_t flags);

/* Makes the checksum of a file header fit after a change; for tests that forge files. */
void ebb_reseal_file_header(uint8_t bytes[EBB_FILE_HEADER_SIZE]);

struct ebb_file_header {
    uint64_t recording_id;
    uint32_t flags;
};

/*
 * Checks a file header, which may have no flags but known_flags; name is the file's, for the
 * message.
 */
int ebb_unpack_file_header(const uint8_t bytes[EBB_FILE_HEADER_SIZE], const char *magic,
                           const char *name, uint32_t known_flags, struct ebb_file_header *header,
                           struct ebb_error *error);

void ebb_pack_block_header(uint8_t bytes[EBB_BLOCK_HEADER_SIZE], const struct ebb_block *block,
                           uint64_t recording_id);

/* False if the bytes at this offset are no block header of this recording. */
bool ebb_unpack_block_header(const uint8_t bytes[EBB_BLOCK_HEADER_SIZE], uint64_t offset,
                             uint64_t recording_id, struct ebb_block *block);

uint64_t ebb_payload_checksum(const void *payload, size_t size);

/* 128 bits that stand for a page's content. */
struct ebb_page_hash {
    uint64_t low, high;
};
struct ebb_page_hash ebb_hash_page(const void *page);

/* The bit in a block's kinds. */
static inline uint64_t ebb_kind_bit(uint32_t kind)
{
    return kind < 64 ? 1ull << kind : 0;
}

/* True if these flags (enum ebb_log_flag) may stand together in a log's header. */
bool ebb_log_flags_fit(uint32_t flags);

/* What is wrong with an event of a log with these flags, which follows the rules for itself; NULL
 * if nothing is. */
const char *ebb_event_misplacement(const struct ebb_event *event, uint32_t flags);

/* What is wrong with an event by the rules of event.h; NULL if nothing is. */
const char *ebb_event_problem(const struct ebb_event *event);

#endif
