/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the keyframes of an open log: registers, and pages that are not all zeroes. */
#ifndef EBB_LOG_KEYFRAME_READER_H
#define EBB_LOG_KEYFRAME_READER_H

#include "error.h"
#include "event.h"

struct ebb_log;

struct ebb_keyframe {
    uint64_t number;
    uint64_t position;
    uint64_t event_number; /* the first event after the keyframe */
    size_t register_count;
    const struct ebb_register *registers; /* owned by the log, valid until it is closed */
};
int ebb_log_keyframe(const struct ebb_log *log, uint64_t number, struct ebb_keyframe *keyframe,
                     struct ebb_error *error);

/*
 * Calls visit for every page of keyframe number that is not all zeroes, each once, in no
 * particular order; page is valid during the call only. A non-zero return of visit ends the walk
 * and is returned. Returns 0 after the last page, -1 on error.
 */
typedef int (*ebb_page_visitor)(void *opaque, uint64_t page_number, const void *page);
int ebb_keyframe_visit_pages(const struct ebb_log *log, uint64_t number, ebb_page_visitor visit,
                             void *opaque, struct ebb_error *error);

/*
 * The same for the pages whose contents may differ from those in keyframe base, which may be before
 * or after number; page is NULL for one that is all zeroes in keyframe number. This costs no more
 * than the pages visited.
 */
int ebb_keyframe_visit_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                               ebb_page_visitor visit, void *opaque, struct ebb_error *error);

#endif
