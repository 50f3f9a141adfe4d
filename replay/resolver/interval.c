/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interval.h"

#include "interval_bounds.h"

static int delimit(struct interval *interval, struct ebb_error *error)
{
    const struct task *task = interval->runner->task;
    struct interval_bounds bounds;

    if (interval_bounds_find(&bounds, task->log, interval->number, error)) {
        return -1;
    }
    interval->keyframe = bounds.keyframe;
    interval->first_event = bounds.first_event;
    interval->until_event = bounds.until_event;
    interval->ends_with_keyframe = bounds.ends_with_keyframe;
    interval->ends_recording = bounds.ends_recording;
    return 0;
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
