/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clockwork over a machine that is a script: for each position the asynchronous events, what
 * the instruction does and what of it is watched. The invariants of protocol/clockwork.h are
 * checked while it runs, its answers are compared with a list of all hits.
 */
#include "unit.h"

#include "protocol/clockwork.h"
#include "recording_fixture.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH 200u
#define MAX_EVENTS (4u * LENGTH)
#define SLICE 7u

enum { WATCHED = 1 };                   /* value of a DMA event that a watchpoint sees */
enum { ACCESS = 1, BEHIND, EXCEPTION }; /* what tells an instruction's hits from each other */

struct script {
    struct ebb_event events[MAX_EVENTS + 1];
    size_t event_count;
    bool breaks[LENGTH];    /* a breakpoint on the instruction */
    bool accesses[LENGTH];  /* it accesses what is watched, before it accesses a device */
    bool behind[LENGTH];    /* the same, but behind */
    bool again[LENGTH];     /* it is begun twice */
    unsigned takes[LENGTH]; /* so many exceptions are taken there, all alike */
    uint64_t pcs[LENGTH + 1];
    struct moment hits[4 * MAX_EVENTS];
    size_t hit_count;
    uint64_t reset_at; /* UINT64_MAX: no reset */

    uint64_t position;
    size_t next;
    bool leaving, stop_requested, diverged, asleep;
    struct clockwork clockwork;
};

static uint64_t position(void *opaque)
{
    return ((struct script *)opaque)->position;
}

static uint64_t pc(void *opaque)
{
    struct script *script = opaque;

    return script->pcs[script->position];
}

static const struct ebb_event *next_event(void *opaque)
{
    struct script *script = opaque;

    return script->next < script->event_count ? &script->events[script->next] : NULL;
}

static uint64_t next_number(void *opaque)
{
    return ((struct script *)opaque)->next;
}

static bool hit(struct script *script, struct moment moment, uint64_t address, bool by_device)
{
    struct worker_hit hit = {
        .moment = moment,
        .kind = address == EXCEPTION ? WORKER_BREAK_EXCEPTION : WORKER_BREAK_EXECUTE,
        .by_device = by_device,
        .data_address = address,
    };

    return clockwork_hit(&script->clockwork, &hit);
}

static void apply(void *opaque)
{
    struct script *script = opaque;
    const struct ebb_event *event = next_event(script);
    bool nested = event->flags & EBB_EVENT_NESTED;
    struct moment moment =
        nested ? moment_inside(script->position) : moment_arrived(script->position);

    assert_int_equal(event->position, script->position); /* (2) */
    if (!nested) {
        assert_int_equal(script->clockwork.now.phase, MOMENT_ARRIVED); /* (2) */
    }
    script->next++;
    moment.event = script->next;
    if (event->value == WATCHED) {
        script->leaving |= hit(script, moment, 0, true);
    }
}

/* Up to where it may turn out that the instruction has to begin again. False if it was left. */
static bool begin_one(struct script *script)
{
    uint64_t here = script->position;

    return !(script->breaks[here] && hit(script, moment_settled(here), 0, false)) &&
           !(script->accesses[here] && hit(script, moment_inside(here), ACCESS, false));
}

/* False if the instruction was left before it was over. */
static bool execute_one(struct script *script)
{
    const struct ebb_event *event = next_event(script);
    uint64_t here = script->position;

    if (event && event->position == here) {
        assert_false(ebb_event_is_asynchronous(event)); /* (1), (4) */
    }
    if (!begin_one(script) || (script->again[here] && !begin_one(script))) {
        return false;
    }
    for (unsigned n = 0; n < script->takes[here]; n++) {
        if (hit(script, moment_inside(here), EXCEPTION, false)) {
            return false;
        }
    }
    while ((event = next_event(script)) && event->position == here &&
           (event->flags & EBB_EVENT_NESTED)) {
        apply(script);
    }
    if (script->behind[here] && hit(script, moment_inside(here), BEHIND, false)) {
        return false;
    }
    script->position++;
    return true;
}

static void execute(void *opaque, uint64_t instructions)
{
    struct script *script = opaque;

    assert_int_equal(script->clockwork.now.phase, MOMENT_SETTLED); /* (1) */
    assert_true(instructions > 0);
    script->leaving = false;
    while (instructions-- && !script->leaving && execute_one(script)) {
    }
}

static void do_nothing(void *opaque)
{
    (void)opaque;
}

static uint64_t quiet_until(void *opaque, uint64_t from, uint64_t limit)
{
    struct script *script = opaque;

    for (size_t i = script->next; i < script->event_count; i++) {
        const struct ebb_event *event = &script->events[i];

        if (ebb_event_is_asynchronous(event) && event->position > from) {
            return event->position < limit ? event->position : limit;
        }
    }
    return limit;
}

static bool asleep(void *opaque)
{
    return ((struct script *)opaque)->asleep;
}

static bool stop_requested(void *opaque)
{
    struct script *script = opaque;
    bool requested = script->stop_requested;

    script->stop_requested = false;
    return requested;
}

static bool diverged(void *opaque)
{
    return ((struct script *)opaque)->diverged;
}

static void diverge(void *opaque, uint64_t position, const char *what)
{
    (void)position;
    assert_non_null(what);
    ((struct script *)opaque)->diverged = true;
}

static const struct clockwork_machine machine = {
    .position = position,
    .pc = pc,
    .execute = execute,
    .take_interrupt = do_nothing,
    .next_event = next_event,
    .next_number = next_number,
    .apply = apply,
    .quiet_until = quiet_until,
    .settled = do_nothing,
    .asleep = asleep,
    .stop_requested = stop_requested,
    .diverged = diverged,
    .diverge = diverge,
};

static void start(struct script *script, struct moment moment)
{
    script->position = moment.position;
    script->diverged = false;
    script->next = 0;
    while (script->next < script->event_count &&
           (script->events[script->next].position < moment.position ||
            (script->events[script->next].position == moment.position &&
             moment.phase == MOMENT_SETTLED &&
             ebb_event_is_asynchronous(&script->events[script->next])))) {
        script->next++;
    }
    clockwork_load(&script->clockwork, moment);
}

static struct script *new_script(void)
{
    struct script *script = calloc(1, sizeof(*script));

    assert_non_null(script);
    script->reset_at = UINT64_MAX;
    script->clockwork = (struct clockwork){
        .machine = &machine, .opaque = script, .end_position = LENGTH, .slice = SLICE};
    return script;
}

static void add_event(struct script *script, uint64_t position, uint32_t kind, bool nested,
                      bool watched)
{
    assert_true(script->event_count < MAX_EVENTS);
    script->events[script->event_count++] =
        (struct ebb_event){.kind = kind,
                           .position = position,
                           .value = watched ? WATCHED : 0,
                           .flags = nested ? EBB_EVENT_NESTED : 0};
}

static void add_hit(struct script *script, struct moment moment)
{
    script->hits[script->hit_count++] = moment;
}

static struct script *random_script(uint64_t *seed)
{
    struct script *script = new_script();

    for (uint64_t here = 0; here < LENGTH; here++) {
        script->pcs[here + 1] = fixture_random(seed) % 10;
        for (uint64_t n = fixture_random(seed) % 4; n >= 2; n--) {
            bool watched = fixture_random(seed) % 2;

            add_event(script, here, EBB_EVENT_DMA, false, watched);
            if (watched) {
                add_hit(script, (struct moment){here, MOMENT_ARRIVED, 0, script->event_count});
            }
        }
        script->breaks[here] = fixture_random(seed) % 5 == 0;
        script->accesses[here] = fixture_random(seed) % 5 == 0;
        if (script->breaks[here]) {
            add_hit(script, moment_settled(here));
        }
        if (script->accesses[here]) {
            add_hit(script, moment_inside(here));
        }
        script->takes[here] = fixture_random(seed) % 8 == 0 ? 2 : 0;
        for (unsigned n = 0; n < script->takes[here]; n++) {
            add_hit(script, moment_inside(here));
        }
        for (uint64_t n = fixture_random(seed) % 6; n >= 5; n--) {
            bool watched = fixture_random(seed) % 2;

            add_event(script, here, EBB_EVENT_DMA, true, watched);
            if (watched) {
                add_hit(script, moment_inside(here));
            }
        }
        script->again[here] = fixture_random(seed) % 4 == 0;
        script->behind[here] = fixture_random(seed) % 8 == 0;
        if (script->behind[here]) {
            add_hit(script, moment_inside(here));
        }
    }
    return script;
}

static struct worker_stop run(struct script *script, struct moment reported, struct moment limit,
                              uint32_t flags)
{
    struct worker_run wanted = {.reported = reported, .limit = limit, .flags = flags};
    struct worker_stop stop;

    assert_true(clockwork_run(&script->clockwork, &wanted, &stop));
    return stop;
}

/* The hits after `from` and before `to`: how many, the first and the last. */
static uint64_t expected_hits(const struct script *script, struct moment from, struct moment to,
                              struct moment *first, struct moment *last)
{
    uint64_t count = 0;

    for (size_t i = 0; i < script->hit_count; i++) {
        struct moment moment = script->hits[i];

        if (moment_before(from, moment) && moment_before(moment, to)) {
            *first = count++ ? *first : moment;
            *last = moment;
        }
    }
    return count;
}

static struct moment random_moment(uint64_t *seed)
{
    uint64_t position = fixture_random(seed) % (LENGTH + 1);

    return fixture_random(seed) % 2 ? moment_settled(position) : moment_arrived(position);
}

/* At a place, or at the limit if that comes first. */
static void assert_place(struct moment moment, struct moment place, struct moment limit)
{
    struct moment expected = moment_before(limit, place) ? limit : place;

    assert_int_equal(moment.position, expected.position);
    assert_int_equal(moment.phase, expected.phase);
}

static void check_last(struct script *script, struct moment from, struct moment to)
{
    struct moment first, last;
    uint64_t count = expected_hits(script, from, to, &first, &last);
    struct worker_stop stop;

    start(script, moment_settled(from.position));
    stop = run(script, from, to, WORKER_RUN_LAST_HIT);
    assert_int_equal(stop.reason, WORKER_STOP_LIMIT);
    assert_place(stop.moment, to, to);
    assert_int_equal(stop.hit_count, count);
    if (count) {
        assert_int_equal(moment_compare(stop.hit.moment, last), 0);
    }
}

static void check_first(struct script *script, struct moment from, struct moment to)
{
    struct moment first, last;
    uint64_t count = expected_hits(script, from, to, &first, &last);
    struct worker_stop stop;

    start(script, moment_settled(from.position));
    stop = run(script, from, to, 0);
    assert_int_equal(stop.reason, count ? WORKER_STOP_HIT : WORKER_STOP_LIMIT);
    if (!count) {
        return;
    }
    assert_int_equal(moment_compare(stop.hit.moment, first), 0); /* (6) */
    if (first.phase == MOMENT_ARRIVED) {
        assert_int_equal(moment_compare(stop.moment, moment_settled(first.position)), 0);
    } else if (stop.hit.by_device) {
        assert_place(stop.moment, moment_settled(first.position + 1), to);
    } else {
        assert_int_equal(moment_compare(stop.moment, first), 0);
    }
}

/* Any stretch, forward to the first hit and for the last one, against the list of all hits. */
static void test_any_stretch(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct script *script = random_script(&seed);

        for (unsigned i = 0; i < 200; i++) {
            struct moment from = random_moment(&seed), to = random_moment(&seed);

            from = moment_settled(from.position);
            if (moment_before(from, to)) {
                check_last(script, from, to);
                check_first(script, from, to);
            }
        }
        free(script);
    }
}

static uint64_t first_outside(const struct script *script, uint64_t from,
                              const struct worker_run *range)
{
    uint64_t position = from + 1;

    while (position <= LENGTH && script->pcs[position] >= range->range_start &&
           script->pcs[position] < range->range_end) {
        position++;
    }
    return position;
}

/* A range is left at the first position outside of it but the one where the run began, unless a hit
 * or the limit comes before. */
static void check_range(struct script *script, uint64_t from, uint64_t to, uint64_t range_start,
                        uint64_t range_end)
{
    struct worker_run wanted = {.reported = moment_settled(from),
                                .limit = moment_settled(to),
                                .flags = WORKER_RUN_RANGE,
                                .range_start = range_start,
                                .range_end = range_end};
    uint64_t outside = first_outside(script, from, &wanted);
    bool leaves = outside <= to;
    struct moment end = moment_settled(leaves ? outside : to), first = end, last;
    struct worker_stop stop;

    start(script, wanted.reported);
    assert_true(clockwork_run(&script->clockwork, &wanted, &stop));
    if (expected_hits(script, wanted.reported, end, &first, &last)) {
        assert_int_equal(stop.reason, WORKER_STOP_HIT);
        assert_int_equal(moment_compare(stop.hit.moment, first), 0);
        return;
    }
    assert_int_equal(stop.reason, leaves ? WORKER_STOP_LEFT : WORKER_STOP_LIMIT);
    assert_int_equal(moment_compare(stop.moment, end), 0);
}

static void test_range(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct script *script = random_script(&seed);

        for (unsigned i = 0; i < 200; i++) {
            uint64_t from = fixture_random(&seed) % LENGTH, low = fixture_random(&seed) % 3;

            check_range(script, from, from + 1 + fixture_random(&seed) % (LENGTH - from), low,
                        low + fixture_random(&seed) % 11);
        }
        free(script);
    }
}

/* The stretches of a history find all its hits, each once, wherever they are cut (5). */
static void test_neighbours(void **state)
{
    uint64_t seed = 6;

    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        struct script *script = random_script(&seed);
        struct moment first, last, here = moment_arrived(0);
        uint64_t found = 0,
                 all = expected_hits(script, here, moment_settled(LENGTH), &first, &last);

        start(script, here);
        while (here.position < LENGTH) {
            uint64_t step = 1 + fixture_random(&seed) % 30;
            uint64_t to = here.position + step < LENGTH ? here.position + step : LENGTH;
            struct moment limit =
                fixture_random(&seed) % 2 ? moment_settled(to) : moment_arrived(to);
            struct worker_stop stop;

            if (here.phase == MOMENT_SETTLED && fixture_random(&seed) % 2) {
                start(script, here); /* as if another worker went on from there */
            }
            /* What the state at the cut stands on is the later stretch's. */
            stop = run(script, here.phase == MOMENT_SETTLED ? moment_applied(here.position) : here,
                       limit, WORKER_RUN_LAST_HIT);
            assert_int_equal(stop.reason, WORKER_STOP_LIMIT);
            found += stop.hit_count;
            here = limit;
        }
        assert_int_equal(found, all);
        free(script);
    }
}

/* What a device writes inside an instruction, noted on the way to the last hit, does not keep the
 * position behind it from being settled: the machine would find its event unapplied. */
static void test_nested_write_before_an_event(void **state)
{
    struct script *script = new_script();
    struct worker_stop stop;

    (void)state;
    add_event(script, 10, EBB_EVENT_DMA, true, true);
    add_event(script, 11, EBB_EVENT_DMA, false, false);
    start(script, moment_settled(3));
    stop = run(script, moment_settled(3), moment_settled(20), WORKER_RUN_LAST_HIT);
    assert_int_equal(stop.reason, WORKER_STOP_LIMIT);
    assert_int_equal(stop.hit_count, 1);
    assert_int_equal(moment_compare(stop.hit.moment, moment_inside(10)), 0);
    free(script);
}

/* An instruction in which a device has written cannot be left before its end: what it has done
 * until then would be taken for the state in front of it. */
static void test_nested_write_before_an_access(void **state)
{
    struct script *script = new_script();
    struct worker_stop stop;

    (void)state;
    add_event(script, 10, EBB_EVENT_DMA, true, true);
    script->behind[10] = true;
    start(script, moment_settled(3));
    stop = run(script, moment_settled(3), moment_settled(20), 0);
    assert_int_equal(stop.reason, WORKER_STOP_HIT);
    assert_true(stop.hit.by_device);
    assert_int_equal(moment_compare(stop.hit.moment, moment_inside(10)), 0);
    assert_int_equal(moment_compare(stop.moment, moment_settled(11)), 0);
    assert_int_equal(script->position, 11);
    start(script, moment_settled(3));
    stop = run(script, moment_settled(3), moment_settled(20), WORKER_RUN_LAST_HIT);
    assert_int_equal(stop.hit_count, 2);
    assert_false(stop.hit.by_device);
    free(script);
}

/* A stop at a reset comes before it, and after what the devices did until then. */
static void test_reset(void **state)
{
    struct script *script = new_script();
    struct worker_stop stop;

    (void)state;
    add_event(script, 5, EBB_EVENT_DMA, false, true);
    add_event(script, 5, EBB_EVENT_RESET, false, false);
    start(script, moment_settled(2));
    stop = run(script, moment_settled(2), moment_arrived(5), 0);
    assert_int_equal(stop.reason, WORKER_STOP_LIMIT);
    assert_int_equal(stop.moment.event, 0);
    stop = run(script, moment_settled(2), moment_settled(9), WORKER_RUN_LAST_HIT);
    assert_int_equal(stop.reason, WORKER_STOP_RESET);
    assert_int_equal(stop.moment.phase, MOMENT_ARRIVED);
    assert_int_equal(stop.moment.event, 1);
    assert_int_equal(stop.hit_count, 1);
    start(script, moment_settled(2));
    stop = run(script, moment_settled(2), moment_settled(9), 0);
    assert_int_equal(stop.reason, WORKER_STOP_HIT);
    assert_int_equal(stop.moment.phase, MOMENT_ARRIVED);
    free(script);
}

static void test_reasons(void **state)
{
    struct script *script = new_script();
    struct worker_run behind = {.limit = moment_settled(1)};
    struct worker_stop stop;

    (void)state;
    start(script, moment_settled(2));
    assert_false(clockwork_run(&script->clockwork, &behind, &stop));
    behind.limit = moment_inside(9);
    assert_false(clockwork_run(&script->clockwork, &behind, &stop));
    script->stop_requested = true;
    stop = run(script, moment_settled(2), moment_settled(9), 0);
    assert_int_equal(stop.reason, WORKER_STOP_INTERRUPTED);
    assert_int_equal(moment_compare(stop.moment, moment_settled(2)), 0);
    stop = run(script, moment_settled(2), moment_settled(LENGTH + 5), 0);
    assert_int_equal(stop.reason, WORKER_STOP_END);
    assert_int_equal(stop.moment.position, LENGTH);
    stop = run(script, moment_settled(2), moment_settled(LENGTH), 0);
    assert_int_equal(stop.reason, WORKER_STOP_LIMIT);
    start(script, moment_settled(2));
    script->asleep = true;
    stop = run(script, moment_settled(2), moment_settled(9), 0);
    assert_int_equal(stop.reason, WORKER_STOP_DIVERGED);
    free(script);
}

/* An event whose place the guest never stops at shows as a divergence (4). */
static void test_missed_event(void **state)
{
    struct script *script = new_script();
    struct worker_stop stop;

    (void)state;
    add_event(script, 4, EBB_EVENT_MMIO_READ, false, false);
    start(script, moment_settled(2));
    stop = run(script, moment_settled(2), moment_settled(9), 0);
    assert_int_equal(stop.reason, WORKER_STOP_DIVERGED);
    free(script);
}

static void test_diversion(void **state)
{
    struct script *script = new_script();
    struct worker_run run_on = {.limit = {.position = 4}, .flags = WORKER_RUN_DIVERSION};
    struct worker_stop stop;

    (void)state;
    script->breaks[2] = script->breaks[5] = true;
    start(script, moment_settled(2));
    script->clockwork.now = moment_settled(2);
    /* The breakpoint that it starts on counts where nothing was reported yet. */
    clockwork_divert(&script->clockwork, &run_on, &stop);
    assert_int_equal(stop.reason, WORKER_STOP_HIT);
    assert_int_equal(script->position, 2);
    run_on.reported = moment_settled(0);
    script->clockwork.now = moment_settled(2);
    clockwork_divert(&script->clockwork, &run_on, &stop);
    assert_int_equal(stop.reason, WORKER_STOP_HIT);
    assert_int_equal(script->position, 5);
    assert_false(clockwork_run(&script->clockwork, &run_on, &stop));
    /* The range is left at least one instruction on, whatever the PC was before. */
    run_on.flags |= WORKER_RUN_RANGE;
    run_on.limit.position = LENGTH;
    run_on.range_start = script->pcs[6] = script->pcs[7] = 3;
    run_on.range_end = 4;
    script->position = 5;
    script->clockwork.now = moment_settled(5);
    clockwork_divert(&script->clockwork, &run_on, &stop);
    assert_int_equal(stop.reason, WORKER_STOP_LEFT);
    assert_int_equal(script->position, 8);
    free(script);
}

static void test_order(void **state)
{
    struct moment ascending[] = {
        moment_arrived(3), {3, MOMENT_ARRIVED, 0, 7}, {3, MOMENT_ARRIVED, 0, 8}, moment_applied(3),
        moment_settled(3), moment_inside(3),          moment_arrived(4),
    };
    size_t count = sizeof(ascending) / sizeof(ascending[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = moment_compare(ascending[i], ascending[j]);

            assert_int_equal(order < 0, i < j);
            assert_int_equal(order > 0, i > j);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_any_stretch),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_nested_write_before_an_event),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_missed_event),
        cmocka_unit_test(test_diversion),
        cmocka_unit_test(test_nested_write_before_an_access),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
