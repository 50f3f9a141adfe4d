/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader.h"

#include "index_reader.h"
#include "keyframe_places.h"
#include "keyframe_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How often a log is opened anew if its beginning was dropped at the same time. */
#define OPEN_TRIES 100

/* What is lost between two blocks of events, if they leave room for it. */
static void measure_lost(const struct ebb_log *log, struct ebb_block *lost, uint64_t position)
{
    const struct ebb_block *next = lost + 1;

    lost->type = EBB_BLOCK_EVENTS;
    lost->first = log->event_count;
    lost->first_position = position;
    lost->last_position = next->first_position;
    lost->count = next->first > lost->first && next->first - lost->first <= UINT32_MAX
                      ? next->first - lost->first
                      : 0;
}

static bool fits(const struct ebb_log *log, const struct ebb_block *block, uint64_t position)
{
    return block->type == EBB_BLOCK_EVENTS && block->first == log->event_count &&
           block->count > 0 && (block->lost || block->count <= EBB_MAX_BLOCK_EVENTS) &&
           block->first_position >= position && block->last_position >= block->first_position &&
           block->last_position <= EBB_MAX_POSITION;
}

static int check_event_blocks(struct ebb_log *log, struct ebb_error *error)
{
    uint64_t position = log->start.position;
    struct ebb_error damage;
    size_t i;

    log->ranges = calloc(log->log.block_count + 1, sizeof(*log->ranges));
    if (!log->ranges) {
        return ebb_input_no_memory(&log->log, error);
    }
    log->event_count = log->start.first_event;
    for (i = 0; i < log->log.block_count; i++) {
        struct ebb_block *block = &log->log.blocks[i];

        if (block->lost) {
            measure_lost(log, block, position); /* it is never the last */
        }
        if (!fits(log, block, position)) {
            ebb_input_corrupt(&log->log, block->offset, "its header does not fit the blocks before",
                              &damage);
            if (ebb_input_end_before(&log->log, i, damage.message, error)) {
                return -1;
            }
            break;
        }
        log->event_count += block->count;
        position = block->last_position;
        log->ranges[i].first_position = block->first_position;
        log->ranges[i].last_position = block->last_position;
        log->ranges[i].count = block->count;
    }
    log->range_count = log->log.block_count;
    log->end_position = position;
    return 0;
}

/* Looks at the last event: is it the end of the recording? */
static int look_at_end(struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_event event;
    int found = -1;

    if (cursor && !ebb_cursor_seek_event(cursor, log->event_count - 1, error)) {
        found = ebb_cursor_next(cursor, &event, error);
    }
    log->complete = found > 0 && event.kind == EBB_EVENT_END;
    ebb_cursor_free(cursor);
    return found < 0 ? -1 : 0;
}

/* Drops the last block of events, which cannot be read. */
static int drop_last(struct ebb_log *log, const char *message, struct ebb_error *error)
{
    size_t last = log->range_count - 1;

    log->event_count -= log->ranges[last].count;
    log->range_count = last;
    log->end_position = last > 0 ? log->ranges[last - 1].last_position : log->start.position;
    return ebb_input_end_before(&log->log, last, message, error);
}

static int find_end(struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_error local = {EBB_ERROR_NONE, ""};

    while (log->range_count > 0 && look_at_end(log, &local)) {
        if (local.kind != EBB_ERROR_CORRUPT) {
            if (error) {
                *error = local;
            }
            return -1;
        }
        if (drop_last(log, local.message, error)) {
            return -1;
        }
    }
    return 0;
}

/* The number of events of the last block up to its last one that is not nested, and its position.
 */
static int count_finished(const struct ebb_log *log, uint32_t *count, uint64_t *position,
                          struct ebb_error *error)
{
    size_t last = log->range_count - 1;
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_event event;
    int status = cursor ? ebb_cursor_seek_event(cursor, log->log.blocks[last].first, error) : -1;

    *count = 0;
    for (uint32_t i = 0; i < log->ranges[last].count && status >= 0; i++) {
        status = ebb_cursor_next(cursor, &event, error);
        if (status > 0 && !(event.flags & EBB_EVENT_NESTED)) {
            *count = i + 1;
            *position = event.position;
        }
    }
    ebb_cursor_free(cursor);
    return status < 0 ? -1 : 0;
}

/* An access whose own event was cut off has not happened: what is nested in it goes as well. */
static int drop_unfinished(struct ebb_log *log, struct ebb_error *error)
{
    uint64_t position = log->start.position;
    uint32_t count = 0;

    while (log->range_count > 0 && count == 0) {
        struct ebb_event_range *range = &log->ranges[log->range_count - 1];

        if (count_finished(log, &count, &position, error)) {
            return -1;
        }
        log->event_count -= range->count - count;
        range->count = count;
        range->last_position = position;
        log->range_count -= count == 0;
    }
    log->end_position = log->range_count ? position : log->start.position;
    return 0;
}

static int check_id(const struct ebb_input *input, uint64_t recording_id, const char *other,
                    struct ebb_error *error)
{
    if (input->has_header && input->recording_id != recording_id) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 16: this file belongs to another recording than %s",
                        input->name, other);
    }
    return 0;
}

static int open_files(struct ebb_log *log, const struct ebb_log_place *place,
                      struct ebb_error *error)
{
    uint64_t start_id;
    int has_start = ebb_start_read(place, &log->start, &start_id, error);

    if (has_start < 0 ||
        ebb_input_open(&log->log, place, EBB_LOG_FILE, EBB_LOG_MAGIC, EBB_LOG_FLAGS, error) ||
        ebb_input_open(&log->keyframes, place, EBB_KEYFRAMES_FILE, EBB_KEYFRAMES_MAGIC, 0, error)) {
        return -1;
    }
    if (has_start && (check_id(&log->log, start_id, EBB_START_FILE, error) ||
                      check_id(&log->keyframes, start_id, EBB_START_FILE, error))) {
        return -1;
    }
    if (log->log.has_header &&
        check_id(&log->keyframes, log->log.recording_id, log->log.name, error)) {
        return -1;
    }
    if (!ebb_log_flags_fit(log->log.flags)) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 12: flags 0x%" PRIx32 " tell of counts in a log without them",
                        log->log.name, log->log.flags);
    }
    log->counts = log->log.flags & EBB_LOG_COUNTS;
    return 0;
}

static int read_files(struct ebb_log *log, struct ebb_error *error)
{
    /* Counts say nothing of where their events belong until all before them do. */
    if (ebb_input_scan(&log->log, log->start.log_offset, !log->counts, error) ||
        (log->counts && ebb_input_check(&log->log, error)) ||
        ebb_input_scan(&log->keyframes, log->start.keyframes_offset, false, error)) {
        return -1;
    }
    if (check_event_blocks(log, error) || find_end(log, error) ||
        (!log->complete && drop_unfinished(log, error))) {
        return -1;
    }
    return ebb_keyframe_places_find(log, error);
}

static struct ebb_log *new_log(const char *directory, struct ebb_error *error)
{
    struct ebb_log *log = calloc(1, sizeof(*log));
    struct ebb_log_cache *cache = calloc(1, sizeof(*cache));
    char *copy = strdup(directory);

    if (!log || !cache || !copy) {
        free(log);
        free(cache);
        free(copy);
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory while opening a recording");
        return NULL;
    }
    pthread_mutex_init(&cache->mutex, NULL);
    log->cache = cache;
    log->directory = copy;
    return log;
}

/* Did a writer drop the beginning of a recording after its start was read? */
static bool has_moved(const struct ebb_log *log, const struct ebb_log_place *place)
{
    struct ebb_start start;
    uint64_t id;

    if (place->files) {
        return ebb_log_files_have_moved(place->files);
    }
    return ebb_start_read(place, &start, &id, NULL) >= 0 &&
           memcmp(&start, &log->start, sizeof(start)) != 0;
}

/* NULL with *again: its beginning was dropped meanwhile. */
static struct ebb_log *try_open(const struct ebb_log_place *place, bool *again,
                                struct ebb_error *error)
{
    struct ebb_log *log = new_log(place->directory, error);
    bool opened;

    *again = false;
    if (!log) {
        return NULL;
    }
    opened = !open_files(log, place, error) && !read_files(log, error);
    /* What was dropped meanwhile reads as zeroes, which look like the end of a file. */
    *again = !(opened && log->complete) && has_moved(log, place);
    if (opened && !*again) {
        return log;
    }
    ebb_log_close(log);
    return NULL;
}

struct ebb_log *ebb_log_open_unresolved(const char *directory, struct ebb_error *error)
{
    const struct ebb_log_place place = {.directory = directory};
    int tries;

    for (tries = OPEN_TRIES; tries > 0; tries--) {
        bool again;
        struct ebb_log *log = try_open(&place, &again, error);

        if (!again) {
            return log;
        }
    }
    ebb_fail(
        error, EBB_ERROR_FAILED,
        "%s is being recorded, and its beginning dropped, faster than it can be read; stop the "
        "recording first",
        directory);
    return NULL;
}

struct ebb_log *ebb_log_open(const char *directory, struct ebb_error *error)
{
    const struct ebb_log_place place = {.directory = directory};
    struct ebb_log *log = ebb_log_open_unresolved(directory, error);

    if (log && log->counts) {
        ebb_index_reader_apply(log, &place);
    }
    return log;
}

struct ebb_log *ebb_log_open_files(const struct ebb_log_files *files, const char *directory,
                                   bool resolved, bool *again, struct ebb_error *error)
{
    const struct ebb_log_place place = {.directory = directory, .files = files};
    struct ebb_log *log = try_open(&place, again, error);

    if (log && log->counts && resolved) {
        ebb_index_reader_apply(log, &place);
    }
    return log;
}

void ebb_log_close(struct ebb_log *log)
{
    if (!log) {
        return;
    }
    ebb_keyframe_places_free(log);
    pthread_mutex_destroy(&log->cache->mutex);
    ebb_keyframe_tables_forget(log->cache);
    free(log->cache);
    ebb_input_close(&log->log);
    ebb_input_close(&log->keyframes);
    ebb_input_close(&log->index);
    free(log->ranges);
    free(log->clears);
    free(log->problem);
    free(log->index_problem);
    free(log->directory);
    free(log);
}

/* Bytes of a file that are in use; what was dropped does not count. */
static uint64_t used_bytes(const struct ebb_input *input, uint64_t first)
{
    return input->used > first ? input->used - first + EBB_FILE_HEADER_SIZE : input->used;
}

void ebb_log_summary(const struct ebb_log *log, struct ebb_log_summary *summary)
{
    summary->event_count = log->event_count;
    summary->end_position = log->end_position;
    summary->keyframe_count = log->keyframe_count;
    summary->complete = log->complete;
    summary->log_bytes = used_bytes(&log->log, log->start.log_offset);
    summary->keyframe_bytes = used_bytes(&log->keyframes, log->start.keyframes_offset);
    summary->cut_off_bytes =
        log->log.size - log->log.used + log->keyframes.size - log->keyframes.used;
    summary->counts = log->counts;
    summary->exact_counts = log->log.flags & EBB_LOG_EXACT_COUNTS;
    summary->resolved = log->resolved;
    summary->first_event = log->start.first_event;
    summary->first_keyframe = log->start.first_keyframe;
    summary->begin_position = log->place_count > 0 ? log->places[0].position : log->start.position;
}

int ebb_log_require_keyframe(const struct ebb_log *log, struct ebb_error *error)
{
    const char *why = ebb_log_damage(log);

    if (log->keyframe_count > log->start.first_keyframe) {
        return 0;
    }
    if (!why) {
        why = log->complete ? "none is left" : "it ended before the first one was complete";
    }
    return ebb_fail(
        error, EBB_ERROR_CORRUPT,
        "nothing of the recording %s can be replayed, since it has no keyframe to start "
        "from: %s; record again",
        log->directory, why);
}

const char *ebb_log_problem(const struct ebb_log *log)
{
    return log->problem;
}

const char *ebb_log_damage(const struct ebb_log *log)
{
    return log->log.damage ? log->log.damage : log->keyframes.damage;
}

int ebb_log_check(const struct ebb_log *log, struct ebb_error *error)
{
    return ebb_input_require(&log->log, error) || ebb_input_require(&log->keyframes, error) ? -1
                                                                                            : 0;
}

int ebb_log_check_events(const struct ebb_log *log, unsigned share, unsigned shares,
                         struct ebb_error *error)
{
    return ebb_input_require_share(&log->log, share, shares, error);
}

int ebb_log_check_keyframes(const struct ebb_log *log, unsigned share, unsigned shares,
                            struct ebb_error *error)
{
    return ebb_input_require_share(&log->keyframes, share, shares, error);
}

const char *ebb_log_index_problem(const struct ebb_log *log)
{
    return log->index_problem;
}

const uint64_t *ebb_log_exclusive_clears(const struct ebb_log *log, size_t *count)
{
    *count = log->clear_count;
    return log->clears;
}
