/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "placement.h"
#include "gaps.h"

#include "log/clock.h"

#include <stdio.h>
#include <string.h>

/*
 * Measured with tests/bench/costs, on the boot of Debian's arm64 kernel that ./run bench uses, in
 * nine runs on a busy machine with two CPUs. So times are told as how many instructions were
 * replayed in the same time, in the same run. By default base_every is 20 M of them.
 */

/*
 * Loading a keyframe and restoring a checkpoint, in instructions that could be replayed instead.
 *
 * A keyframe is worth the page contents that have to be read for it: each took as long as 7 k to
 * 13 k instructions (15 to 33 us), with all that has to be done with it until it is in the worker's
 * RAM. So the first keyframe, with all of the guest's RAM, took as long as 83 M to 125 M
 * instructions, and later ones of an idle kernel, of which 20 to 200 pages differ from the one
 * before, 0.3 M to 3 M.
 *
 * A checkpoint took as long as 30 k to 150 k instructions if it was the one before in history, and
 * 0.4 M to 3 M if it was half the recording away, since more pages differ.
 */
#define KEYFRAME_LEAST(timeline) ((timeline)->base_every / 50)
#define KEYFRAME_PAGES 2000.0 /* take as long as base_every */
#define RESTORE_COST(timeline) ((timeline)->base_every / 200)

/*
 * That kernel took 1.6 ns an instruction. In a guest that takes much longer, one that stores to the
 * page that its code is in say, loading costs as much time as ever, and so fewer instructions:
 * beyond SLOW_PACE they are reckoned in proportion. A guess, since a busy machine makes both
 * slower, which is no reason to reckon otherwise.
 */
#define SLOW_PACE 8.0 /* nanoseconds */

/*
 * Whoever goes somewhere goes back from there next. So the last stretch is replayed on the way,
 * with checkpoints, although a keyframe may be nearer: if that takes no more than APPROACH_MOST
 * instructions longer and, in a guest whose pace is known, APPROACH_TIME. Both are guesses. One
 * that runs with its MMU off took 225 ns an instruction instead of 1.6: its last 20 M took 4.5 s,
 * which nobody wants to wait for who does not want to go back.
 */
#define APPROACH_MOST(timeline) (5 * (timeline)->base_every)
#define APPROACH_TIME 2e9 /* nanoseconds */

/* How many times as much memory as is in use is advised where it is not enough: a guess. */
#define MEMORY_ADVICE 4u

/*
 * Near a target, distances shrink by DENSE_FACTOR, from four fifths of base_every down to the
 * smallest worth a checkpoint: by default 16 M, 4 M and so on to 3 906 instructions, which are
 * seven checkpoints.
 *
 * The last distance is what a step back from the target replays. With 3 906 a step took 0.27 to
 * 0.56 ms, with 250 000 (4 checkpoints) 1.9 to 5.0 ms, with 244 (9 checkpoints) 0.09 to 0.15 ms:
 * less than 3 906 is hardly noticed by who steps, and each checkpoint takes time on every way to a
 * target. The factor is a guess. A smaller one makes moves back by any distance replay less, again
 * for more checkpoints. 16 instructions are for histories as short as those of the unit tests.
 */
#define DENSE_FACTOR 4u
#define DENSE_LEAST(timeline)                                                                      \
    ((timeline)->base_every / 20000 > 16 ? (timeline)->base_every / 20000 : 16)

/*
 * Going forward, checkpoints may take one part in CAPTURE_SHARE of the time, and no more; but they
 * are never farther apart than EVERY_MAX_FACTOR times the default. Both are guesses: what going
 * forward saves by fewer checkpoints, moves back into that part of history pay.
 *
 * Taking one took as long as 100 k to 400 k instructions, in one run 1.2 M: mostly less than one
 * part in 40 of 20 M. So this guest gets them at the default distance, and only guests that write
 * to much more of their RAM get them less often.
 */
#define CAPTURE_SHARE 40.0
#define EVERY_MAX_FACTOR 3u

/*
 * A search backward runs through all that lies before a hit, most of which nobody will go to: so
 * its checkpoints are as far apart as one part in SPARSE_PART of the distance to where it began,
 * and no closer than going forward; and none is taken where a keyframe is near enough.
 *
 * Over 9.56 G instructions of a bare-metal guest that writes to 4096 pages in every 20 M, without a
 * hit, with keyframes 100 M apart, the engine was left with 22 checkpoints, 157 MB. With
 * checkpoints as in going forward, 60 M apart, it was left with 209, 3.2 GB, and took nine times as
 * much CPU time, half of it for page faults. Over 9.09 G of Linux it was 25 and 118 MB, not 469 and
 * 613 MB.
 *
 * Four is a guess: less leaves checkpoints closer, more makes the way from one to a hit longer, in
 * a recording that has no keyframes.
 */
#define SPARSE_PART 4u

/*
 * Of a search, starts may take one part in START_SHARE of the time: that many times what one takes
 * is replayed for each, once there is so much behind it that it is no detour. In the guest above
 * one took 10 to 16 ms, and there were 25 to 47 of them where intervals went from keyframe to
 * keyframe before, 107 of them; in Linux 59, not 103. A guess: more makes the way longer that is
 * searched in vain before a hit.
 */
#define START_SHARE 32.0

/* How fast averages follow: it is mostly the last five samples that count. A guess: less is
 * steadier, more is sooner right when the guest begins to do something else. */
#define PACE_WEIGHT 0.2

/* How many keyframes there are at or before position. */
static size_t keyframes_up_to(const struct timeline *timeline, uint64_t position)
{
    size_t low = 0, high = timeline->keyframe_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (timeline->keyframes[middle].position <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The last keyframe at or before position; NULL if there is none. */
static const struct keyframe_place *keyframe_before(const struct timeline *timeline,
                                                    uint64_t position)
{
    size_t count = keyframes_up_to(timeline, position);

    return count ? &timeline->keyframes[count - 1] : NULL;
}

/* The first keyframe behind position; NULL if there is none. */
static const struct keyframe_place *keyframe_after(const struct timeline *timeline,
                                                   uint64_t position)
{
    size_t count = keyframes_up_to(timeline, position);

    return count < timeline->keyframe_count ? &timeline->keyframes[count] : NULL;
}

/* How many page contents have to be read to load it: those that the last one loaded did not have.
 * Deduplication makes that a few more than there are, and so does a way back. */
static double pages_to_read(const struct timeline *timeline, uint64_t number)
{
    uint64_t contents = ebb_keyframe_contents_before(timeline->log, number), known;
    uint64_t ram = timeline->hello.ram_size / EBB_PAGE_SIZE;

    if (timeline->loaded.image) {
        known = ebb_keyframe_contents_before(timeline->log, timeline->loaded.number);
        contents = contents > known ? contents - known : known - contents;
    }
    return (double)(contents < ram ? contents : ram);
}

/* What takes as long as that many instructions of the guest that was measured, in this guest's. */
static uint64_t at_own_pace(const struct timeline *timeline, double instructions)
{
    double pace = timeline->adaptive ? timeline->pace.per_instruction : 0;

    return (uint64_t)(pace > SLOW_PACE ? instructions * SLOW_PACE / pace : instructions);
}

static uint64_t keyframe_cost(const struct timeline *timeline, uint64_t number)
{
    double every = (double)timeline->base_every;

    return at_own_pace(timeline, (double)KEYFRAME_LEAST(timeline) +
                                     every * (pages_to_read(timeline, number) / KEYFRAME_PAGES));
}

/* Takes the start that the cost is of, if that is less than what it took so far. */
static void take_cheaper(struct start *best, uint64_t *least, struct start start, uint64_t cost)
{
    if (cost < *least) {
        *least = cost;
        *best = start;
    }
}

/* Chooses among the starts at `from` or behind it; returns what it takes to reach position from the
 * one chosen, or UINT64_MAX if there is none. */
static uint64_t choose_among(const struct timeline *timeline, const struct replica *replica,
                             uint64_t from, uint64_t position, struct start *best)
{
    struct checkpoint *checkpoint = checkpoint_set_before(timeline->set, position);
    const struct keyframe_place *keyframe = keyframe_before(timeline, position);
    uint64_t least = UINT64_MAX;
    struct start start;

    if (checkpoint && checkpoint->position >= from) {
        start = (struct start){
            .kind = START_CHECKPOINT, .position = checkpoint->position, .checkpoint = checkpoint};
        take_cheaper(best, &least, start,
                     position - start.position +
                         at_own_pace(timeline, (double)RESTORE_COST(timeline)));
    }
    if (keyframe && keyframe->position >= from) {
        start = (struct start){
            .kind = START_KEYFRAME, .position = keyframe->position, .keyframe = keyframe->number};
        take_cheaper(best, &least, start,
                     position - start.position + keyframe_cost(timeline, keyframe->number));
    }
    if (replica && moment_is_settled(replica->moment) && replica->moment.position <= position &&
        replica->moment.position >= from) {
        start = (struct start){.kind = START_HERE, .position = replica->moment.position};
        take_cheaper(best, &least, start, position - start.position);
    }
    return least;
}

/* Chooses the start, and returns what it takes to reach position from there, or UINT64_MAX. Between
 * the two there is no gap, if that can be had; else as few as can be. */
static uint64_t choose_start(const struct timeline *timeline, const struct replica *replica,
                             uint64_t position, struct start *start)
{
    uint64_t from = position + 1, least;

    do {
        from = gaps_behind_last(timeline, from - 1);
        least = choose_among(timeline, replica, from, position, start);
    } while (least == UINT64_MAX && from > 0);
    return least;
}

bool placement_choose_start(const struct timeline *timeline, const struct replica *replica,
                            uint64_t position, struct start *start)
{
    return choose_start(timeline, replica, position, start) != UINT64_MAX;
}

int placement_need_start(const struct timeline *timeline, const struct replica *replica,
                         uint64_t position, struct start *start, struct ebb_error *error)
{
    return placement_choose_start(timeline, replica, position, start)
               ? 0
               : ebb_fail(error, EBB_ERROR_CORRUPT,
                          "no keyframe that is whole leads to position %llu",
                          (unsigned long long)position);
}

bool placement_start_behind(const struct timeline *timeline, uint64_t position, struct start *start)
{
    struct checkpoint *checkpoint = checkpoint_set_after(timeline->set, position);
    const struct keyframe_place *keyframe = keyframe_after(timeline, position);

    if (checkpoint && !(keyframe && keyframe->position < checkpoint->position)) {
        *start = (struct start){
            .kind = START_CHECKPOINT, .position = checkpoint->position, .checkpoint = checkpoint};
        return true;
    }
    if (keyframe) {
        *start = (struct start){
            .kind = START_KEYFRAME, .position = keyframe->position, .keyframe = keyframe->number};
    }
    return keyframe != NULL;
}

void placement_forget_keyframe(struct timeline *timeline, uint64_t number, const char *why)
{
    size_t i = 0;

    while (i < timeline->keyframe_count && timeline->keyframes[i].number != number) {
        i++;
    }
    if (i == timeline->keyframe_count) {
        return;
    }
    timeline->keyframe_count--;
    timeline->damage_met++;
    memmove(timeline->keyframes + i, timeline->keyframes + i + 1,
            (timeline->keyframe_count - i) * sizeof(*timeline->keyframes));
    if (!timeline->notice && asprintf(&timeline->notice, "keyframe %llu cannot be used: %s",
                                      (unsigned long long)number, why) < 0) {
        timeline->notice = NULL;
    }
}

/* True if there is a checkpoint between first and last, both included. */
static bool covered(const struct timeline *timeline, uint64_t first, uint64_t last)
{
    const struct checkpoint *checkpoint = checkpoint_set_before(timeline->set, last);

    return checkpoint && checkpoint->position >= first;
}

/* True if only what is behind a gap leads to position, and not to place, which is before it. */
static bool parted(const struct timeline *timeline, uint64_t place, uint64_t position)
{
    uint64_t behind = gaps_behind_last(timeline, position);
    struct start start;

    return behind &&
           !(placement_start_behind(timeline, behind - 1, &start) && start.position <= place);
}

uint64_t placement_first_look(const struct timeline *timeline, uint64_t position)
{
    uint64_t approach = placement_approach(timeline, position), some = timeline->base_every / 10;
    struct start start;

    if (approach == position || !timeline->adaptive || timeline->pace.per_instruction > 0) {
        return position;
    }
    return placement_choose_start(timeline, &timeline->replicas[0], approach, &start) &&
                   approach - start.position > some
               ? start.position + some
               : position;
}

uint64_t placement_approach(const struct timeline *timeline, uint64_t position)
{
    const struct replica *replica = &timeline->replicas[0];
    uint64_t lead = timeline->base_every, direct, approach;
    struct start start;

    if (position - timeline->begin <= lead || parted(timeline, position - lead, position) ||
        covered(timeline, position - lead, position - 1)) {
        return position;
    }
    direct = choose_start(timeline, replica, position, &start);
    approach = choose_start(timeline, replica, position - lead, &start);
    if (approach == UINT64_MAX) {
        return position;
    }
    approach += lead;
    if (approach > direct &&
        (approach - direct > APPROACH_MOST(timeline) ||
         timeline->pace.per_instruction * (double)(approach - direct) > APPROACH_TIME)) {
        return position;
    }
    return position - lead;
}

/* The next regular place: `every` behind the last of a chain of checkpoints that has no gap. */
static uint64_t next_regular(const struct timeline *timeline, uint64_t position, uint64_t target)
{
    const struct checkpoint *checkpoint = checkpoint_set_before(timeline->set, position);
    uint64_t last = checkpoint ? checkpoint->position : position;

    while (last < target && (checkpoint = checkpoint_set_after(timeline->set, last)) &&
           checkpoint->position - last <= timeline->every) {
        last = checkpoint->position;
    }
    last += timeline->every;
    return last > position ? last : position + timeline->every;
}

/* The next place on the way to target where checkpoints get closer as it does; else target. */
static uint64_t next_dense(const struct timeline *timeline, uint64_t position, uint64_t target)
{
    uint64_t distance = timeline->base_every - timeline->base_every / 5, stop = target;

    for (; distance >= DENSE_LEAST(timeline); distance /= DENSE_FACTOR) {
        uint64_t place = target - distance;

        if (distance < target && place > position && place < stop &&
            !covered(timeline, place > distance ? place - distance : 0, place + distance / 2)) {
            stop = place;
        }
    }
    return stop;
}

uint64_t placement_next_stop(const struct timeline *timeline, uint64_t position, uint64_t target,
                             bool dense)
{
    uint64_t stop = next_regular(timeline, position, target);
    uint64_t place = dense ? next_dense(timeline, position, target) : target;

    return stop < place ? stop : place;
}

/* The last place at or before position that something starts from; `least` if there is none. */
static uint64_t place_before(const struct timeline *timeline, uint64_t position, uint64_t least)
{
    const struct checkpoint *checkpoint = checkpoint_set_before(timeline->set, position);
    const struct keyframe_place *keyframe = keyframe_before(timeline, position);
    uint64_t place = checkpoint && checkpoint->position > least ? checkpoint->position : least;

    return keyframe && keyframe->position > place ? keyframe->position : place;
}

/* How far apart the places are to be around position, in a search that began at `begun`. */
static uint64_t sparse_distance(const struct timeline *timeline, uint64_t position, uint64_t begun)
{
    uint64_t part = (begun - position) / SPARSE_PART;

    return part > timeline->every ? part : timeline->every;
}

/* The next place on the way to target that is as far from the one before; else target. */
static uint64_t next_sparse(const struct timeline *timeline, uint64_t position, uint64_t target,
                            uint64_t begun)
{
    uint64_t last = place_before(timeline, position, 0), next;

    if (last + sparse_distance(timeline, position, begun) <= position) {
        last = position;
    }
    while (last < target) {
        uint64_t stop = last + sparse_distance(timeline, last > position ? last : position, begun);

        next = place_before(timeline, stop, last);
        if (next == last) {
            return stop < target ? stop : target;
        }
        last = next;
    }
    return target;
}

uint64_t placement_next_in_search(const struct timeline *timeline, uint64_t position,
                                  uint64_t target, uint64_t begun)
{
    uint64_t stop = next_sparse(timeline, position, target, begun);
    uint64_t place = target == begun ? next_dense(timeline, position, target) : target;

    return stop < place ? stop : place;
}

static void average(double *mean, double sample)
{
    *mean = *mean > 0 ? *mean + PACE_WEIGHT * (sample - *mean) : sample;
}

void placement_learn_pace(struct timeline *timeline, uint64_t nanoseconds, uint64_t count)
{
    struct pace *pace = &timeline->pace;
    double sample = (double)nanoseconds / (double)(count ? count : 1);

    /* Short runs are mostly the round trip, which took as long as 30 k to 80 k instructions: of a
     * tenth of base_every it is a small part. For a first guess less will do, the later the better:
     * at first the worker translates all that it meets. */
    if (count && count >= timeline->base_every / 10) {
        average(&pace->per_instruction, sample);
        pace->first_guess = 0;
    } else if (count && count >= timeline->base_every / 40 &&
               (pace->per_instruction <= 0 || pace->first_guess > 0)) {
        pace->per_instruction = pace->first_guess = sample;
    }
}

void placement_learn_start(struct timeline *timeline, uint64_t nanoseconds)
{
    average(&timeline->pace.per_start, (double)nanoseconds);
}

uint64_t placement_worth_a_start(const struct timeline *timeline)
{
    const struct pace *pace = &timeline->pace;
    double wanted = timeline->adaptive && pace->per_instruction > 0
                        ? START_SHARE * pace->per_start / pace->per_instruction
                        : 0;

    return wanted > (double)timeline->every ? (uint64_t)wanted : timeline->every;
}

static void adapt(struct timeline *timeline)
{
    uint64_t least = timeline->base_every, most = EVERY_MAX_FACTOR * least;
    double wanted;

    if (!timeline->adaptive || timeline->pace.per_instruction <= 0) {
        return;
    }
    wanted = CAPTURE_SHARE * timeline->pace.per_capture / timeline->pace.per_instruction;
    timeline->every = wanted > (double)most    ? most
                      : wanted < (double)least ? least
                                               : (uint64_t)wanted;
}

/* Says once that there is not enough memory for checkpoints, and how to give more. */
static void tell_of_memory(struct timeline *timeline)
{
    uint64_t used = page_store_used(timeline->store);
    uint64_t budget = checkpoint_set_budget(timeline->set);

    if (timeline->memory_told || used <= budget || timeline->notice) {
        return;
    }
    timeline->memory_told = true;
    if (asprintf(
            &timeline->notice,
            "the guest's RAM fills the memory for checkpoints, %llu MiB of which are in use "
            "and %llu MiB allowed: only the nearest ones are kept, and moves back replay more; "
            "--memory %lluM allows for more",
            (unsigned long long)(used >> 20), (unsigned long long)(budget >> 20),
            (unsigned long long)(MEMORY_ADVICE * ((used >> 20) + 1))) < 0) {
        timeline->notice = NULL;
    }
}

void placement_make_room(struct timeline *timeline)
{
    checkpoint_set_evict(timeline->set, timeline->point_of_interest, timeline->base_every);
    tell_of_memory(timeline);
}

int placement_take(struct timeline *timeline, struct replica *replica, struct ebb_error *error)
{
    uint64_t before = ebb_clock_now();
    struct checkpoint *checkpoint = replica_capture(replica, replica->moment.position, error);
    int result;

    if (!checkpoint) {
        return -1;
    }
    result = checkpoint_set_insert(timeline->set, checkpoint);
    checkpoint_release(checkpoint);
    if (result) {
        return ebb_fail_memory(error);
    }
    placement_make_room(timeline);
    average(&timeline->pace.per_capture, (double)(ebb_clock_now() - before));
    adapt(timeline);
    return 0;
}
