/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the keyframes of an open log: registers, and pages that are not all zeroes. Any thread.
 */
#ifndef EBB_LOG_KEYFRAME_READER_H
#define EBB_LOG_KEYFRAME_READER_H

#include "error.h"
#include "event.h"

struct ebb_log;

struct ebb_keyframe {
    uint64_t number;
    uint64_t position;
    uint64_t event_number; /* the first event after the keyframe */
};
/* Where a keyframe is. Reads nothing: it fails only if there is no keyframe of that number. */
int ebb_log_keyframe(const struct ebb_log *log, uint64_t number, struct ebb_keyframe *keyframe,
                     struct ebb_error *error);

/* How many page contents the file has from its first one up to those of a keyframe, which has to
 * exist. Between two keyframes that is how many contents of the later one the earlier one cannot
 * have. Reads nothing. */
uint64_t ebb_keyframe_contents_before(const struct ebb_log *log, uint64_t number);

struct ebb_keyframe_registers {
    size_t count;
    struct ebb_register *list;
    uint8_t *values; /* of all of them */
};
/* Reads a keyframe's registers, to be freed; after an error there is nothing to free. */
int ebb_keyframe_registers_read(const struct ebb_log *log, uint64_t number,
                                struct ebb_keyframe_registers *registers, struct ebb_error *error);
void ebb_keyframe_registers_free(struct ebb_keyframe_registers *registers);

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
 * or after number; page is NULL for one that is all zeroes in keyframe number. Forward, this reads
 * what the keyframes in between changed, and the pages visited. Backward, also what of the page
 * tables before is not remembered; that is little on a way back from keyframe to keyframe.
 */
int ebb_keyframe_visit_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                               ebb_page_visitor visit, void *opaque, struct ebb_error *error);

#endif
