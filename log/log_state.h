/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an open log consists of: its files, and what was found in them. Internal to log/; all parts
 * of the reader and the index writer look at it.
 */
#ifndef EBB_LOG_LOG_STATE_H
#define EBB_LOG_LOG_STATE_H

#include "event.h"
#include "input.h"
#include "page_table.h"
#include "start.h"

#include <pthread.h>

/* Where a keyframe lies among the blocks of its file. */
struct ebb_keyframe_place {
    size_t block;       /* of type EBB_BLOCK_KEYFRAME */
    size_t first_table; /* its table blocks are first_table to block - 1 */
    uint64_t last_id;   /* of the page contents stored before it */
    uint64_t position;
    uint64_t event_number;
};

/* What readers see of a block of events: with an index, other positions, and maybe fewer events. */
struct ebb_event_range {
    uint64_t first_position;
    uint64_t last_position;
    uint32_t count;
};

/* The whole page table of a keyframe. */
struct ebb_cached_table {
    uint64_t number;
    struct ebb_page_table table;
};

/* What is found out later; the mutex makes it safe for several threads. */
enum { EBB_CACHED_TABLES = 24 };
struct ebb_log_cache {
    pthread_mutex_t mutex;
    struct ebb_cached_table tables[EBB_CACHED_TABLES]; /* keyframe numbers go up */
    size_t table_count;
    size_t runs; /* of all of them */
};

struct ebb_log {
    char *directory;
    struct ebb_start start;
    struct ebb_input log;
    struct ebb_input keyframes;
    struct ebb_event_range *ranges; /* of the log's first range_count blocks */
    size_t range_count;
    uint64_t event_count; /* the number of the last event, plus 1 */
    bool complete;
    bool counts;
    uint64_t end_position;
    struct ebb_keyframe_place *places; /* of keyframe start.first_keyframe and those after it */
    size_t place_count;
    uint64_t keyframe_count; /* the number of the last keyframe, plus 1 */
    size_t *groups;          /* blocks of type EBB_BLOCK_PAGES, in order of the ids in them */
    size_t group_count;
    struct ebb_log_cache *cache;

    bool resolved;          /* what is above is as the index says; its blocks of positions come */
    struct ebb_input index; /* first and belong to the log's blocks, one each */
    uint64_t *clears;
    size_t clear_count;
    char *problem;       /* why the index ends early, or NULL */
    char *index_problem; /* why the index is not used, or NULL */
};

#endif
