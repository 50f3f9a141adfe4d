/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving toy histories that were recorded as if under KVM. What was resolved is compared with
 * where everything really was.
 */
#include "recording_fixture.h"
#include "toy_history.h"
#include "toy_session.h"
#include "unit.h"

#include "protocol/messages.h"
#include "replay/resolver/resolve_join.h"
#include "replay/resolver/resolver.h"
#include "replay/timeline/timeline.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Replays in search of what is wrong in one interval: the hardest of the histories here takes 805,
 * the same in every run. Time is no measure, since others may use the machine as well. */
#define TRIES 1000u

struct resolved {
    char *directory;
    struct toy_history *history;
    struct resolve_options options;
    struct resolve_result result;
    bool vague_exits; /* these need not be where they were */
};

static void make(struct resolved *resolved, const struct toy_history_options *options)
{
    *resolved = (struct resolved){.directory = fixture_directory()};
    resolved->history = toy_history_make(resolved->directory, options);
    resolved->options = (struct resolve_options){
        .recording = resolved->directory,
        .worker_path = session_fake_worker(),
        .checkpoint_every = 1000,
        .workers = 2,
        .repair_tries = TRIES,
        .repair_seconds = UINT_MAX,
    };
}

static void resolve(struct resolved *resolved)
{
    struct ebb_error error = {0};

    if (resolve_recording(&resolved->options, &resolved->result, &error)) {
        fail_msg("%s", error.message);
    }
}

static void forget(struct resolved *resolved)
{
    resolve_result_free(&resolved->result);
    toy_history_free(resolved->history);
    fixture_remove(resolved->directory);
}

/*
 * Compares the first count events and the keyframes before them with the truth; or, of a history
 * with vague anchors, the synchronous events: an anchor that nothing follows may be anywhere. So
 * may exits where some are missing.
 */
static void check_positions(const struct resolved *resolved, uint64_t count, bool vague)
{
    const struct toy_history *history = resolved->history;
    struct ebb_log *log = fixture_open(resolved->directory);
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_error error = {0};
    struct ebb_log_summary summary;
    struct ebb_event event;

    ebb_log_summary(log, &summary);
    assert_true(summary.counts && summary.resolved);
    assert_int_equal(summary.event_count, count);
    for (uint64_t i = summary.first_event; i < count; i++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), 1);
        if (event.kind == EBB_EVENT_EXIT && resolved->vague_exits) {
            continue;
        }
        if (event.position != history->event_positions[i] &&
            (!vague || ebb_event_is_synchronous(&event))) {
            fail_msg("event %llu is at %llu, not at %llu", (unsigned long long)i,
                     (unsigned long long)event.position,
                     (unsigned long long)history->event_positions[i]);
        }
    }
    for (uint64_t i = summary.first_keyframe; i < summary.keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        assert_int_equal(ebb_log_keyframe(log, i, &keyframe, &error), 0);
        assert_int_equal(keyframe.position, history->keyframe_positions[i]);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void check_end(const struct resolved *resolved)
{
    if (resolved->result.problem) {
        fail_msg("%s", resolved->result.problem);
    }
    assert_int_equal(resolved->result.events, resolved->history->event_count);
    assert_int_equal(resolved->result.intervals, resolved->history->keyframes);
    assert_int_equal(resolved->result.end_position, resolved->history->length);
}

static void check_whole(const struct resolved *resolved)
{
    check_end(resolved);
    check_positions(resolved, resolved->history->event_count, false);
}

/*
 * True if the store-exclusives that failed are the ones that really did. One may be missing whose
 * effect was gone before anything came to depend on it, or with a reset of the guest.
 */
static bool same_flips(const struct resolved *resolved)
{
    const struct toy_history *history = resolved->history;
    size_t next = 0;

    for (size_t i = 0; i < resolved->result.flip_count; i++) {
        while (next < history->flip_count &&
               history->flips[next] < resolved->result.flips[i].position) {
            next++;
        }
        assert_true(next < history->flip_count);
        assert_int_equal(history->flips[next], resolved->result.flips[i].position);
    }
    return resolved->result.flip_count == history->flip_count;
}

/* A timeline over what was resolved visits the end and some more states, and compares them with the
 * truth. */
static void check_replay(const struct resolved *resolved, uint64_t seed, int visits)
{
    const struct toy_history *history = resolved->history;
    struct timeline_options options = {.recording = resolved->directory,
                                       .worker_path = session_fake_worker(),
                                       .checkpoint_every = 700,
                                       .workers = 1};
    struct ebb_error error = {0};
    struct timeline *timeline = timeline_open(&options, &error);

    assert_non_null(timeline);
    for (int i = 0; i < visits; i++) {
        uint64_t position = i ? fixture_random(&seed) % history->length : history->length;
        struct timeline_stop stop;
        uint64_t registers = 0, ram = 0;

        if (timeline_seek(timeline, position, &stop, &error) ||
            timeline_digest(timeline, &registers, &ram, &error)) {
            fail_msg("%s", error.message);
        }
        assert_int_equal(timeline_position(timeline), position);
        if (ram != history->ram_digests[position] ||
            registers != toy_digest_registers(&history->states[position])) {
            fail_msg("the state at %llu is another one", (unsigned long long)position);
        }
    }
    timeline_close(timeline);
}

static void test_random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){
                            .seed = seed, .length = 20000 + 997 * seed, .kvm = true});
        resolved.options.workers = 1 + seed % 3;
        resolve(&resolved);
        check_whole(&resolved);
        assert_int_equal(resolved.result.flip_count, 0);
        assert_true(resolved.result.anchors > 0);
        check_replay(&resolved, seed, 20);
        forget(&resolved);
    }
}

static void test_disturbed_exclusives(void **state)
{
    uint64_t flips = 0, same = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){
                            .seed = seed, .length = 20000, .kvm = true, .spurious = 200});
        resolve(&resolved);
        check_whole(&resolved);
        flips += resolved.result.flip_count;
        if (same_flips(&resolved)) {
            check_replay(&resolved, seed, 20);
            same++;
        }
        forget(&resolved);
    }
    assert_true(flips > 10);
    assert_true(same > 10);
}

/* Whether they stored shows in memory only, so maybe not before the next keyframe. */
static void test_silent_exclusives(void **state)
{
    uint64_t flips = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct resolved resolved;

        make(&resolved,
             &(struct toy_history_options){
                 .seed = seed, .length = 20000, .kvm = true, .spurious = 100, .silent = true});
        resolve(&resolved);
        check_whole(&resolved);
        flips += resolved.result.flip_count;
        same_flips(&resolved);
        forget(&resolved);
    }
    assert_true(flips > 5);
}

/* Of exits everything follows, however many store-exclusives failed: nothing is searched for. */
static void test_exits(void **state)
{
    uint64_t flips = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){.seed = seed,
                                                      .length = 20000,
                                                      .kvm = true,
                                                      .spurious = 3,
                                                      .silent = seed % 2,
                                                      .exits = true});
        resolved.options.repair_tries = 1;
        resolve(&resolved);
        check_whole(&resolved);
        assert_int_equal(resolved.result.astray, 0);
        assert_true(same_flips(&resolved));
        check_replay(&resolved, seed, 20);
        flips += resolved.result.flip_count;
        forget(&resolved);
    }
    assert_true(flips > 1000);
}

/* What some exits do not tell is searched for. */
static void test_lost_exits(void **state)
{
    uint64_t flips = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){.seed = seed,
                                                      .length = 20000,
                                                      .kvm = true,
                                                      .spurious = 50,
                                                      .exits = true,
                                                      .lost_exits = 20});
        resolved.vague_exits = true;
        resolve(&resolved);
        check_whole(&resolved);
        flips += resolved.result.flip_count;
        forget(&resolved);
    }
    assert_true(flips > 50);
}

/* Exits that never were let exclusive accesses fail that did not. */
static void test_wrong_exits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct resolved resolved;

        make(&resolved,
             &(struct toy_history_options){
                 .seed = seed, .length = 20000, .kvm = true, .exits = true, .wrong_exits = 200});
        resolved.vague_exits = true;
        resolve(&resolved);
        check_whole(&resolved);
        forget(&resolved);
    }
}

/* Anchors that fit several places: what follows tells which is the right one. */
static void test_vague_anchors(void **state)
{
    uint64_t ambiguous = 0, replaced = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct resolved resolved;

        make(&resolved,
             &(struct toy_history_options){.seed = seed, .length = 20000, .kvm = true, .vague = 2});
        resolve(&resolved);
        check_end(&resolved);
        check_positions(&resolved, resolved.history->event_count, true);
        check_replay(&resolved, seed, 1);
        ambiguous += resolved.result.ambiguous;
        replaced += resolved.result.replaced;
        forget(&resolved);
    }
    assert_true(ambiguous > 50);
    assert_true(replaced > 0);
}

/* Narrow searches. */

struct requests {
    struct worker_resolve *list;
    size_t count, wide;
};

/* Resolves with one worker; what it was asked for is to be freed. */
static struct requests resolve_and_note(struct resolved *resolved)
{
    struct requests requests = {0};
    struct stat written;
    char *name;
    FILE *file;

    assert_true(asprintf(&name, "%s/requests", resolved->directory) > 0);
    setenv("FAKE_WORKER_REQUESTS", name, 1);
    resolved->options.workers = 1;
    resolve(resolved);
    unsetenv("FAKE_WORKER_REQUESTS");
    assert_int_equal(stat(name, &written), 0);
    requests.count = (size_t)written.st_size / sizeof(*requests.list);
    requests.list = calloc(requests.count, sizeof(*requests.list));
    file = fopen(name, "r");
    assert_true(requests.list && file);
    assert_int_equal(fread(requests.list, sizeof(*requests.list), requests.count, file),
                     requests.count);
    fclose(file);
    unlink(name);
    free(name);
    for (size_t i = 0; i < requests.count; i++) {
        requests.wide += !(requests.list[i].flags & WORKER_RESOLVE_NARROW);
    }
    return requests;
}

/* The number of the first request for a wide search; there must be one, and a narrow one before. */
static size_t first_wide(const struct requests *requests)
{
    size_t i = 0;

    while (i < requests->count && requests->list[i].flags & WORKER_RESOLVE_NARROW) {
        i++;
    }
    assert_in_range(i, 1, requests->count - 1);
    return i;
}

/* Where all is as the counts say, nobody looks anywhere else. */
static void test_narrow_search(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct resolved resolved;
        struct requests requests;

        make(&resolved, &(struct toy_history_options){
                            .seed = seed, .length = 20000, .kvm = true, .exits = true});
        requests = resolve_and_note(&resolved);
        check_whole(&resolved);
        assert_int_equal(requests.wide, 0);
        assert_true(resolved.result.steps <= 5 * resolved.result.anchors);
        free(requests.list);
        forget(&resolved);
    }
}

/* Where the counts jump the anchor behind is looked for widely, from the event before it on, and
 * the others narrowly. */
static void test_wide_search_for_one(void **state)
{
    struct resolved resolved;
    struct requests requests;
    size_t i;

    (void)state;
    make(&resolved,
         &(struct toy_history_options){
             .seed = 1, .length = 20000, .kvm = true, .exits = true, .stops_counting = 14000});
    resolved.vague_exits = true; /* those up to the anchor are not where they are expected */
    requests = resolve_and_note(&resolved);
    check_whole(&resolved);
    assert_int_equal(requests.wide, 1);
    i = first_wide(&requests);
    assert_true(i + 1 < requests.count);
    assert_int_equal(requests.list[i].until_event, requests.list[i - 1].until_event + 1);
    free(requests.list);
    forget(&resolved);
}

/* Where they jump again and again, all are looked for widely in the end. */
static void test_wide_search_for_many(void **state)
{
    struct resolved resolved;
    struct requests requests;
    size_t single = 0, whole = 0;

    (void)state;
    make(&resolved,
         &(struct toy_history_options){.seed = 1, .length = 20000, .kvm = true, .forgets = 1});
    requests = resolve_and_note(&resolved);
    check_whole(&resolved);
    for (size_t i = 1; i < requests.count; i++) {
        const struct worker_resolve *request = &requests.list[i];

        if (!(request->flags & WORKER_RESOLVE_NARROW)) {
            single += request->until_event == request[-1].until_event + 1;
            whole += request->until_event == resolved.history->event_count;
        }
    }
    assert_true(single <= 4 * resolved.history->keyframes);
    assert_true(whole > 0);
    free(requests.list);
    forget(&resolved);
}

/* A way that was found narrowly and ends wrong is no reason to guess: it is gone widely first. */
static void test_wide_search_for_all(void **state)
{
    struct resolved resolved;
    struct requests requests;
    size_t i, begin = 0;

    (void)state;
    make(&resolved,
         &(struct toy_history_options){
             .seed = 1, .length = 20000, .kvm = true, .exits = true, .wrong_keyframe = 3});
    resolved.options.repair_tries = 20;
    requests = resolve_and_note(&resolved);
    assert_non_null(resolved.result.problem);
    i = first_wide(&requests);
    while (requests.list[begin].until_event != requests.list[i].until_event) {
        begin++;
    }
    assert_int_equal(requests.list[i].limit, requests.list[begin].limit);
    assert_int_equal(requests.list[i].override_count, 0);
    free(requests.list);
    forget(&resolved);
}

/* A recording without its end is resolved up to where it was cut off. */
static void test_cut_off(void **state)
{
    struct resolved resolved;

    (void)state;
    make(&resolved,
         &(struct toy_history_options){.seed = 5, .length = 9000, .kvm = true, .cut_off = true});
    resolve(&resolved);
    assert_null(resolved.result.problem);
    check_positions(&resolved, resolved.history->event_count, false);
    forget(&resolved);
}

/* Of a flight recorder's recording the newest part is left; it begins with its first count. */
static void test_dropped_beginning(void **state)
{
    struct resolved resolved;
    struct ebb_log *log;
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    struct ebb_error error = {0};
    uint64_t shift;

    (void)state;
    make(&resolved, &(struct toy_history_options){
                        .seed = 3, .length = 20000, .kvm = true, .first_keyframe = 2});
    resolve(&resolved);
    assert_null(resolved.result.problem);
    assert_int_equal(resolved.result.intervals, resolved.history->keyframes - 2);
    assert_true(resolved.result.begin_position > 0);
    shift = resolved.history->keyframe_positions[2] - resolved.result.begin_position;
    assert_int_equal(resolved.result.end_position, resolved.history->length - shift);
    log = fixture_open(resolved.directory);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.first_keyframe, 2);
    assert_int_equal(summary.begin_position, resolved.result.begin_position);
    cursor = fixture_cursor(log);
    for (uint64_t i = summary.first_event; i < summary.event_count; i++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), 1);
        assert_int_equal(event.position + shift, resolved.history->event_positions[i]);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
    forget(&resolved);
}

/* What the keyframe says is not what the replay gets: nothing behind it is believed. */
static void test_wrong_keyframe(void **state)
{
    struct timeline_options options = {.worker_path = session_fake_worker(), .workers = 1};
    struct ebb_error error = {0};
    struct timeline_stop stop;
    struct timeline *timeline;
    struct resolved resolved;
    uint64_t end;

    (void)state;
    make(&resolved, &(struct toy_history_options){
                        .seed = 1, .length = 20000, .kvm = true, .wrong_keyframe = 3});
    resolved.options.repair_tries = 20;
    resolve(&resolved);
    end = resolved.history->keyframe_positions[3];
    assert_non_null(resolved.result.problem);
    assert_non_null(strstr(resolved.result.problem, "keyframe 3"));
    assert_non_null(strstr(resolved.result.problem, "RAM differs in 1 pages"));
    assert_int_equal(resolved.result.intervals, 3);
    assert_int_equal(resolved.result.end_position, end);
    check_positions(&resolved, resolved.result.events, false);

    /* What is before it can be debugged, and its end says why it is one. */
    options.recording = resolved.directory;
    timeline = timeline_open(&options, &error);
    assert_non_null(timeline);
    assert_int_equal(timeline_end(timeline), end);
    assert_int_equal(timeline_run_forward(timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    assert_int_equal(stop.position, end);
    assert_string_equal(stop.report, resolved.result.problem);
    assert_int_equal(timeline_seek(timeline, end / 2, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    timeline_close(timeline);
    forget(&resolved);
}

/* A wrong value in the log is found at its event. */
static void test_wrong_event(void **state)
{
    struct resolved resolved;
    uint64_t wrong;

    (void)state;
    make(&resolved,
         &(struct toy_history_options){.seed = 9, .length = 20000, .kvm = true, .wrong_at = 12000});
    resolved.options.repair_tries = 50;
    resolve(&resolved);
    wrong = resolved.history->wrong_position;
    assert_non_null(resolved.result.problem);
    assert_int_equal(resolved.history->event_positions[resolved.result.events], wrong);
    assert_true(resolved.result.end_position <= wrong);
    check_positions(&resolved, resolved.result.events, false);
    forget(&resolved);
}

#define PARTS 3u

/* Resolves it in parts, which may be empty. */
static void resolve_parts(struct resolved *resolved, struct resolve_part parts[PARTS])
{
    uint64_t intervals = resolved->history->keyframes, done = 0;
    struct ebb_error error;

    for (uint64_t i = 0; i < PARTS; i++) {
        struct resolve_range range = {done, intervals * (i + 1) / PARTS - done};

        parts[i] = (struct resolve_part){0};
        if (range.count && resolve_intervals(&resolved->options, &range, &parts[i], &error)) {
            fail_msg("%s", error.message);
        }
        done += range.count;
    }
}

static void free_parts(struct resolve_part parts[PARTS])
{
    for (unsigned i = 0; i < PARTS; i++) {
        resolve_part_free(&parts[i]);
    }
}

static void assert_same_results(const struct resolve_result *one,
                                const struct resolve_result *other)
{
    assert_int_equal(one->intervals, other->intervals);
    assert_int_equal(one->events, other->events);
    assert_int_equal(one->anchors, other->anchors);
    assert_int_equal(one->steps, other->steps);
    assert_int_equal(one->ambiguous, other->ambiguous);
    assert_int_equal(one->replaced, other->replaced);
    assert_int_equal(one->astray, other->astray);
    assert_int_equal(one->end_position, other->end_position);
    assert_int_equal(one->flip_count, other->flip_count);
    for (size_t i = 0; i < one->flip_count; i++) {
        assert_memory_equal(&one->flips[i], &other->flips[i], sizeof(one->flips[i]));
    }
}

/* What parts have found makes the index that resolving in one go makes. */
static void test_join(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct resolve_part parts[PARTS];
        struct resolve_result joined;
        struct resolved resolved;
        struct ebb_error error;
        uint8_t *index, *joined_index;
        size_t size, joined_size;

        make(&resolved, &(struct toy_history_options){.seed = seed,
                                                      .length = 20000,
                                                      .kvm = true,
                                                      .spurious = seed % 2 ? 20 : 0,
                                                      .vague = seed % 3 ? 0 : 4});
        resolve(&resolved);
        index = fixture_read(resolved.directory, "index", &size);
        resolve_parts(&resolved, parts);
        assert_int_equal(resolve_join(resolved.directory, parts, PARTS, &joined, &error), 0);
        joined_index = fixture_read(resolved.directory, "index", &joined_size);
        assert_int_equal(joined_size, size);
        assert_memory_equal(joined_index, index, size);
        assert_same_results(&joined, &resolved.result);
        resolve_result_free(&joined);
        free_parts(parts);
        free(joined_index);
        free(index);
        forget(&resolved);
    }
}

/* Changes one thing of what was found; the number says which. */
static void spoil(struct resolve_findings *findings, uint64_t which, uint64_t random)
{
    uint64_t *const numbers[] = {&findings->begin, &findings->end, &findings->first_event,
                                 &findings->event_count};

    switch (which) {
    case 0:
        *numbers[random % 4] += random >> 2 & 1 ? 1 : (uint64_t)-1;
        break;
    case 1:
        *numbers[random % 4] = random;
        break;
    case 2:
        if (findings->packed_size) {
            findings->packed[random % findings->packed_size] ^= 0x80;
        }
        break;
    case 3:
        findings->packed_size -= findings->packed_size > 0;
        break;
    case 4:
        if (findings->flip_count) {
            findings->flips[random % findings->flip_count].position = random;
        }
        break;
    default:
        free(findings->problem);
        findings->problem = strdup("made up");
        findings->good = random;
        break;
    }
}

/* Findings may be anybody's: those that cannot be true are refused, and nothing is written. */
static void test_join_nonsense(void **state)
{
    uint64_t random = 1;
    unsigned refused = 0;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct resolve_part parts[PARTS], *part = &parts[round % PARTS];
        struct ebb_error error = {0};
        struct resolve_result result;
        struct resolved resolved;

        make(&resolved,
             &(struct toy_history_options){.seed = 1, .length = 2000, .kvm = true, .spurious = 20});
        resolve_parts(&resolved, parts);
        if (part->finding_count) {
            spoil(&part->findings[fixture_random(&random) % part->finding_count], round % 6,
                  fixture_random(&random));
        }
        if (resolve_join(resolved.directory, parts, PARTS, &result, &error)) {
            char path[4096];

            assert_int_equal(error.kind, EBB_ERROR_USAGE);
            snprintf(path, sizeof(path), "%s/index", resolved.directory);
            assert_int_equal(access(path, F_OK), -1);
            refused++;
        }
        resolve_result_free(&result);
        free_parts(parts);
        forget(&resolved);
    }
    assert_in_range(refused, 20, 60);
}

/* Intervals each of which could be that long, but not all of them. */
static void test_join_too_long(void **state)
{
    struct resolve_part parts[PARTS];
    struct ebb_error error = {0};
    struct resolve_result result;
    struct resolved resolved;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 1, .length = 2000, .kvm = true});
    resolve_parts(&resolved, parts);
    for (unsigned i = 0; i < PARTS; i++) {
        for (size_t n = 0; n < parts[i].finding_count; n++) {
            parts[i].findings[n].end = EBB_MAX_POSITION;
        }
    }
    assert_int_equal(resolve_join(resolved.directory, parts, PARTS, &result, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    resolve_result_free(&result);
    free_parts(parts);
    forget(&resolved);
}

/* Intervals that are missing are missed. */
static void test_join_missing(void **state)
{
    struct resolve_part parts[PARTS];
    struct resolve_result result;
    struct resolved resolved;
    struct ebb_error error;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 1, .length = 20000, .kvm = true});
    assert_true(resolved.history->keyframes >= PARTS);
    resolve_parts(&resolved, parts);
    for (size_t i = 0; i < PARTS; i++) {
        /* The last, the first, and one twice. */
        const struct resolve_part some[] = {parts[i == 1], parts[i == 2 ? 0 : 1], parts[2]};

        assert_int_equal(resolve_join(resolved.directory, some, i ? PARTS : 2, &result, &error),
                         -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
        resolve_result_free(&result);
    }
    free_parts(parts);
    forget(&resolved);
}

static bool stop_soon(void *opaque, const struct resolve_status *status)
{
    unsigned *calls = opaque;

    assert_true(status->done <= status->total);
    return ++*calls < 2;
}

static void test_interrupted(void **state)
{
    struct ebb_error error = {0};
    struct ebb_log_summary summary;
    struct resolved resolved;
    struct ebb_log *log;
    unsigned calls = 0;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 6, .length = 100000, .kvm = true});
    resolved.options.progress = stop_soon;
    resolved.options.progress_opaque = &calls;
    assert_int_equal(resolve_recording(&resolved.options, &resolved.result, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_INTERRUPTED);
    assert_int_equal(calls, 2);
    log = fixture_open(resolved.directory);
    ebb_log_summary(log, &summary);
    assert_false(summary.resolved);
    ebb_log_close(log);

    /* Another time it goes through. */
    resolved.options.progress = NULL;
    resolve(&resolved);
    check_whole(&resolved);
    forget(&resolved);
}

struct progress_seen {
    uint64_t done;
    unsigned calls, back;
};

static bool see_progress(void *opaque, const struct resolve_status *status)
{
    struct progress_seen *seen = opaque;

    seen->calls++;
    seen->back += status->done < seen->done;
    seen->done = status->done;
    return true;
}

/* Not when an interval is gone through again, and not while later ones are done before it. */
static void test_progress_never_goes_back(void **state)
{
    struct progress_seen seen = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct resolved resolved;

        make(&resolved,
             &(struct toy_history_options){
                 .seed = seed, .length = 20000, .kvm = true, .spurious = 100, .silent = true});
        resolved.options.workers = 3;
        resolved.options.progress = see_progress;
        resolved.options.progress_opaque = &seen;
        seen.done = 0;
        resolve(&resolved);
        check_whole(&resolved);
        forget(&resolved);
    }
    assert_true(seen.calls > 12);
    assert_int_equal(seen.back, 0);
}

/* A worker that dies is replaced; one that always dies at the same place is an error. */
static void test_dying_workers(void **state)
{
    struct ebb_error error = {0};
    struct resolved resolved;
    struct stat written;
    char *once;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 7, .length = 20000, .kvm = true});
    assert_true(asprintf(&once, "%s/died", resolved.directory) > 0);
    setenv("FAKE_WORKER_DIES_AT", "9000", 1);
    setenv("FAKE_WORKER_DIES_ONCE", once, 1);
    resolve(&resolved);
    assert_int_equal(stat(once, &written), 0);
    assert_true(written.st_size > 0);
    check_whole(&resolved);
    resolve_result_free(&resolved.result);

    unsetenv("FAKE_WORKER_DIES_ONCE");
    assert_int_equal(resolve_recording(&resolved.options, &resolved.result, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
    assert_non_null(strstr(error.message, "workers died"));
    unsetenv("FAKE_WORKER_DIES_AT");
    unlink(once);
    free(once);
    forget(&resolved);
}

/* A timeline resolves what it opens, and a recording of TCG is not there to be resolved. */
static void test_opening(void **state)
{
    struct timeline_options options = {.worker_path = session_fake_worker(), .workers = 2};
    struct ebb_error error = {0};
    struct resolved resolved;
    struct timeline *timeline;
    unsigned calls = 0;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 8, .length = 60000, .kvm = true});
    options.recording = resolved.directory;
    options.resolving = stop_soon;
    options.resolving_opaque = &calls;
    assert_null(timeline_open(&options, &error));
    assert_int_equal(error.kind, EBB_ERROR_INTERRUPTED);
    options.resolving = NULL;
    timeline = timeline_open(&options, &error);
    assert_non_null(timeline);
    assert_int_equal(timeline_end(timeline), resolved.history->length);
    timeline_close(timeline);
    check_positions(&resolved, resolved.history->event_count, false);
    forget(&resolved);

    make(&resolved, &(struct toy_history_options){.seed = 8, .length = 1000});
    assert_int_equal(resolve_recording(&resolved.options, &resolved.result, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    forget(&resolved);
}

enum { REFUSED, NOT_REFUSED, STILL_ROOT };

/* Root may write everywhere: somebody else, who can read, is to resolve. */
static void give_up_root(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
                           setresuid(NOBODY, NOBODY, NOBODY))) {
        dprintf(STDERR_FILENO, "skipped, since root cannot become user %d: %s\n", NOBODY,
                strerror(errno));
        _exit(STILL_ROOT);
    }
}

/* In a child, which says what else happens. It need not get to where the recording and the worker
 * are, of which none is started. */
static _Noreturn void resolve_without_writing(struct resolved *resolved)
{
    struct ebb_error error = {0};
    bool refused;

    if (chdir(resolved->directory)) {
        _exit(NOT_REFUSED);
    }
    resolved->options.recording = ".";
    resolved->options.worker_path = "/bin/sh";
    give_up_root();
    refused = resolve_recording(&resolved->options, &resolved->result, &error) < 0;
    if (refused && strstr(error.message, "copy the recording")) {
        _exit(REFUSED);
    }
    dprintf(STDERR_FILENO, "%s\n", refused ? error.message : "it could be resolved");
    _exit(NOT_REFUSED);
}

/* Whatever the umask is. */
static void make_readable(const struct resolved *resolved, const char *file)
{
    char name[4096];

    snprintf(name, sizeof(name), "%s/%s", resolved->directory, file);
    assert_int_equal(chmod(name, 0444), 0);
}

static void test_read_only(void **state)
{
    struct resolved resolved;
    int status;
    pid_t child;

    (void)state;
    make(&resolved, &(struct toy_history_options){.seed = 2, .length = 2000, .kvm = true});
    make_readable(&resolved, "log");
    make_readable(&resolved, "keyframes");
    assert_int_equal(chmod(resolved.directory, 0555), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        resolve_without_writing(&resolved);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(resolved.directory, 0755), 0);
    forget(&resolved);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == STILL_ROOT) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_disturbed_exclusives),
        cmocka_unit_test(test_exits),
        cmocka_unit_test(test_lost_exits),
        cmocka_unit_test(test_wrong_exits),
        cmocka_unit_test(test_silent_exclusives),
        cmocka_unit_test(test_vague_anchors),
        cmocka_unit_test(test_narrow_search),
        cmocka_unit_test(test_wide_search_for_one),
        cmocka_unit_test(test_wide_search_for_many),
        cmocka_unit_test(test_wide_search_for_all),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_dropped_beginning),
        cmocka_unit_test(test_wrong_keyframe),
        cmocka_unit_test(test_wrong_event),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_join_nonsense),
        cmocka_unit_test(test_join_too_long),
        cmocka_unit_test(test_join_missing),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_progress_never_goes_back),
        cmocka_unit_test(test_dying_workers),
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_read_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
