/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a recording's log and keyframes. Every byte is treated as hostile. Damage at the end of
 * the files is the place where the recording was cut off. Elsewhere it is an error, with kind
 * EBB_ERROR_CORRUPT, of whoever reads what is damaged; it names file and offset. What is before and
 * behind it in the log can be read, but of a log with counts only what is before; of the keyframes
 * nothing behind a block header that is damaged.
 *
 * An open log is immutable and may be used by several threads; a cursor belongs to one.
 */
#ifndef EBB_LOG_READER_H
#define EBB_LOG_READER_H

#include "cursor.h"
#include "error.h"
#include "event.h"
#include "files.h"
#include "keyframe_reader.h"

struct ebb_log;

/*
 * Opens the log in a recording's directory. A log that was cut off, or whose writer was killed,
 * opens up to its last whole block, and the summary says so. Reads block headers only, but all of a
 * log with counts.
 */
struct ebb_log *ebb_log_open(const char *directory, struct ebb_error *error);
void ebb_log_close(struct ebb_log *log);

/*
 * The same, with an index left aside: positions are the log's own, counts in a KVM recording.
 * ebb_log_open() puts an index in place if there is one that fits and is not damaged.
 */
struct ebb_log *ebb_log_open_unresolved(const char *directory, struct ebb_error *error);

/*
 * Either of these, resolved or not, out of files that are open; directory is for messages. NULL
 * with *again: the beginning of the recording, which is still being made, was dropped meanwhile, so
 * that other files are to be opened.
 */
struct ebb_log *ebb_log_open_files(const struct ebb_log_files *files, const char *directory,
                                   bool resolved, bool *again, struct ebb_error *error);

struct ebb_log_summary {
    uint64_t event_count;    /* events are numbered first_event to event_count - 1 */
    uint64_t end_position;   /* of the end event, else of the last event or keyframe */
    uint64_t keyframe_count; /* keyframes are numbered first_keyframe to keyframe_count - 1 */
    bool complete;           /* the last event is EBB_EVENT_END */
    uint64_t log_bytes;      /* used bytes of the log, keyframes and dropped parts aside */
    uint64_t keyframe_bytes;
    uint64_t cut_off_bytes; /* bytes after the last whole block, ignored */
    bool counts;            /* the log itself has counts: it was recorded under KVM */
    bool exact_counts;      /* EBB_LOG_EXACT_COUNTS */
    bool resolved;          /* with counts: an index that fits gives the positions */
    uint64_t first_event;   /* 0, unless older ones were dropped (writer.h) */
    uint64_t first_keyframe;
    uint64_t begin_position; /* of the first keyframe */
};
void ebb_log_summary(const struct ebb_log *log, struct ebb_log_summary *summary);

/* Fails, with what to do, if there is no keyframe: then nothing can be replayed. */
int ebb_log_require_keyframe(const struct ebb_log *log, struct ebb_error *error);

/*
 * Why a resolved log ends before its last event, text owned by the log; NULL if it does not. The
 * log then has as many events as the index, and ends at the last good position.
 */
const char *ebb_log_problem(const struct ebb_log *log);

/*
 * The first damage in the log, or if there is none in the keyframes, that was met when they were
 * opened; a sentence with file and offset, owned by the log, or NULL. Payloads may be damaged as
 * well.
 */
const char *ebb_log_damage(const struct ebb_log *log);

/* Reads all payloads of the log and the keyframes, for their checksums. */
int ebb_log_check(const struct ebb_log *log, struct ebb_error *error);

/*
 * The same for one share of one of the two files: of so many about equal ones, by bytes, that of a
 * number from 0 on. The first that fails of the log's shares, or else of the keyframes', fails as
 * ebb_log_check() does.
 */
int ebb_log_check_events(const struct ebb_log *log, unsigned share, unsigned shares,
                         struct ebb_error *error);
int ebb_log_check_keyframes(const struct ebb_log *log, unsigned share, unsigned shares,
                            struct ebb_error *error);

/*
 * Why there is an index beside a log with counts that was not used (it is damaged, or another
 * log's, or the log has grown), text owned by the log; NULL if there is none or it is used.
 */
const char *ebb_log_index_problem(const struct ebb_log *log);

/* Positions of exclusive clears (index_writer.h), going up; owned by the log. */
const uint64_t *ebb_log_exclusive_clears(const struct ebb_log *log, size_t *count);

#endif
