/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a writer knows about keyframes: the one in the making, which contents are stored, and which
 * page held which of them at the last keyframe. Internal to log/.
 */
#ifndef EBB_LOG_KEYFRAME_STATE_H
#define EBB_LOG_KEYFRAME_STATE_H

#include "job.h"
#include "page_map.h"
#include "page_table.h"

/* A page given for the keyframe in the making. */
struct ebb_pending_page {
    uint64_t page;
    uint64_t id;
};

/* Of the caller; the thread does not touch it. */
struct ebb_keyframe_state {
    bool open;
    uint64_t position;
    uint64_t event_number;
    uint64_t next_number;
    uint64_t next_id;               /* of the next page content to be stored */
    struct ebb_job *group;          /* page contents that are not full yet, or NULL */
    struct ebb_page_cache contents; /* content hash to id */
    struct ebb_page_map committed;  /* page number to id, as of the last keyframe */
    struct ebb_page_map before;     /* the same, from before a base whose keyframe is to come */
    struct ebb_pending_page *pending;
    size_t pending_count;
    size_t pending_capacity;
};

/* Adds a page that was given for the keyframe in the making. */
int ebb_keyframe_state_add(struct ebb_keyframe_state *keyframe, uint64_t page, uint64_t id,
                           struct ebb_error *error);

/* Moves the pages that did change from the pending ones into the table of changes. */
int ebb_keyframe_state_collect(struct ebb_keyframe_state *keyframe, struct ebb_page_table *changes,
                               struct ebb_error *error);

/* Lets the next keyframe stand for itself. */
void ebb_keyframe_state_forget(struct ebb_keyframe_state *keyframe);

void ebb_keyframe_state_free(struct ebb_keyframe_state *keyframe);

#endif
