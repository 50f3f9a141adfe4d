/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interval.h"

/*
 * The number of the reset event that keyframe number holds the state after, which is next to the
 * keyframe's place. Returns 1, 0 if there is none, -1 on error.
 */
static int find_reset(const struct ebb_log *log, const struct ebb_keyframe *keyframe,
                      uint64_t first_event, uint64_t *event_number, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    uint64_t from = keyframe->event_number;
    struct ebb_event event;
    int result = cursor ? 0 : -1;

    from -= from > first_event;
    if (result == 0) {
        result = ebb_cursor_seek_event(cursor, from, error);
    }
    for (uint64_t number = from; result == 0 && number <= keyframe->event_number; number++) {
        int got = ebb_cursor_next(cursor, &event, error);

        if (got <= 0) {
            result = got;
            break;
        }
        if (event.kind == EBB_EVENT_RESET && event.value == keyframe->number) {
            *event_number = number;
            result = 1;
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

/* Where the interval begins and ends. */
static int delimit(struct interval *interval, struct ebb_error *error)
{
    const struct ebb_log *log = interval->runner->task->log;
    const struct ebb_log_summary *summary = &interval->runner->task->summary;
    struct ebb_keyframe next;
    uint64_t reset;
    int result;

    if (ebb_log_keyframe(log, interval->number, &interval->keyframe, error)) {
        return -1;
    }
    interval->first_event = interval->keyframe.event_number;
    result = find_reset(log, &interval->keyframe, summary->first_event, &reset, error);
    if (result > 0 && reset == interval->first_event) {
        interval->first_event++;
    }
    if (result < 0) {
        return -1;
    }
    if (interval->number + 1 >= summary->keyframe_count) {
        interval->until_event = summary->event_count;
        interval->ends_recording = summary->complete;
        return 0;
    }
    if (ebb_log_keyframe(log, interval->number + 1, &next, error)) {
        return -1;
    }
    result = find_reset(log, &next, summary->first_event, &reset, error);
    interval->until_event = result > 0 ? reset : next.event_number;
    interval->ends_with_keyframe = result == 0;
    return result < 0 ? -1 : 0;
}

static int load_keyframe(struct interval *interval, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    struct checkpoint *checkpoint = NULL;

    do {
        if (runner_start(runner, error)) {
            return -1;
        }
        if (replica_load_keyframe(&runner->replica, runner->task->log, &runner->loaded,
                                  interval->number, interval->first_event, error) == 0) {
            checkpoint = replica_capture(&runner->replica, interval->keyframe.position, error);
        }
    } while (!checkpoint && runner_recover(runner, error));
    if (!checkpoint) {
        return -1;
    }
    interval->root =
        trail_new(NULL, interval->keyframe.position, interval->first_event, checkpoint, error);
    interval->at = interval->root;
    checkpoint_release(checkpoint);
    return interval->root ? 0 : -1;
}

int interval_open(struct interval *interval, struct runner *runner, uint64_t number,
                  struct ebb_error *error)
{
    *interval = (struct interval){
        .runner = runner,
        .number = number,
        .effort = {.options = runner->task->options},
        .slack = INTERVAL_SLACK,
        .give_up = INTERVAL_GIVE_UP,
    };
    runner->deaths = 0;
    return delimit(interval, error) || load_keyframe(interval, error) ? -1 : 0;
}

void interval_close(struct interval *interval)
{
    trail_release(interval->root);
    ram_digest_clear(&interval->digest);
    anchor_list_clear(&interval->anchors);
    if (interval->end_ram.image) {
        /* The next keyframe is made from the one that is nearest. */
        ram_image_release(interval->runner->loaded.image);
        interval->runner->loaded = interval->end_ram;
    }
    *interval = (struct interval){0};
}
