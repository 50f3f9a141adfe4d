/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page tables of keyframes. The file has what each keyframe changed; from that a whole table is
 * put together, and some of them are remembered. Functions return 0, or -1 and fill *error;
 * keyframe numbers have to exist. Any thread. Internal to log/.
 */
#ifndef EBB_LOG_KEYFRAME_TABLES_H
#define EBB_LOG_KEYFRAME_TABLES_H

#include "log_state.h"

/* Fills the empty *table with what keyframes first to last changed, taken together. */
int ebb_keyframe_tables_changes(const struct ebb_log *log, uint64_t first, uint64_t last,
                                struct ebb_page_table *table, struct ebb_error *error);

/* Fills the empty *table with all of a keyframe's pages, among them zeroes. */
int ebb_keyframe_tables_whole(const struct ebb_log *log, uint64_t number,
                              struct ebb_page_table *table, struct ebb_error *error);

/* Fills the empty *table with what the pages that the keyframes behind number up to last changed
 * were at keyframe number. */
int ebb_keyframe_tables_undone(const struct ebb_log *log, uint64_t number, uint64_t last,
                               struct ebb_page_table *table, struct ebb_error *error);

void ebb_keyframe_tables_forget(struct ebb_log_cache *cache);

#endif
