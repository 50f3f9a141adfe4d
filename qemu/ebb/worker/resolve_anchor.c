/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolving: finding the positions of a KVM recording's events.
 *
 * Synchronous events are met where the guest causes them. An anchor is expected a certain number of
 * instructions behind the last one: as many as the PMU has counted in between, and one more for
 * each that KVM has emulated. Mostly it is there or next to it, and a narrow search goes there by
 * the number of instructions alone. Some of those that KVM has emulated are known only when the
 * guest passes them (traps). So places here are positions less these, as of
 * worker_resolve_traps_discount().
 *
 * But not all that KVM emulates is known (WFI, trapped system registers), and a store-exclusive
 * that failed on the host has been tried again there, but not here. So in a wide search the guest
 * stops, from some way before that place on, wherever its PC is the anchor's, until PSTATE and the
 * registers' digest are, too.
 *
 * The same state may come by several times before the expected place, in a loop that waits for a
 * device to write to memory. So after a match in front of that place a child of this process, with
 * RAM of its own, goes on and tells where there are more; the nearest is taken.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/memory.h"
#include "qemu/main-loop.h"
#include "ebb/position.h"
#include "anchor.h"
#include "divergence.h"
#include "events.h"
#include "resolve_anchor.h"
#include "resolve_step.h"
#include "resolve_traps.h"
#include "translations.h"
#include "vcpu.h"

/*
 * Places that are told apart for one anchor, 32 KiB of positions. Those beyond are not looked at,
 * so the nearest might be missed in a loop that comes by more often within twice the slack: with
 * that of the resolver (replay/resolver/interval.h), a loop of less than four instructions. A
 * guess.
 */
#define MAX_CANDIDATES 4096u

/*
 * How far from its expected place an anchor is looked for in a narrow search: before it, since an
 * instruction that traps lazily is counted twice; behind it, since a breakpoint or hypercall may
 * not have been counted. Of 4537 anchors of a recording of Linux 2120 were where they were
 * expected, 2254 no farther away than this, and 163 elsewhere, 107 of these behind an exit that was
 * not met.
 */
#define NARROW 2u

/* Where an anchor is looked for: places. */
struct search {
    bool narrow;
    uint64_t expected;
    uint64_t give_up;    /* the first not worth a look */
    uint64_t first;      /* where looking began */
    uint64_t similar;    /* how many with the anchor's PC but other registers */
    uint64_t similar_at; /* the position of the last of them */
};

struct candidate {
    uint64_t position, place;
};

struct candidates {
    struct candidate list[MAX_CANDIDATES]; /* going up */
    size_t count;
};

static bool is_here(struct worker *worker, const struct ebb_event *anchor, struct search *search)
{
    struct worker_resolved *result = worker->kvm.resolution->result;

    if (worker_anchor_is_here(worker, anchor)) {
        result->steps++;
        return true;
    }
    if (worker_pc(worker) == anchor->address) {
        result->steps++;
        search->similar++;
        search->similar_at = ebb_position_now();
    }
    return false;
}

/* From now on the guest stops wherever its PC is the anchor's. */
static void start_search(struct worker *worker, const struct ebb_event *anchor)
{
    struct worker_resolution *resolution = worker->kvm.resolution;

    resolution->searching = true;
    resolution->pc = anchor->address;
    worker_translations_drop(worker->translations, anchor->address);
}

static void end_search(struct worker *worker, const struct ebb_event *anchor)
{
    worker->kvm.resolution->searching = false;
    worker_translations_drop(worker->translations, anchor->address);
}

/* Goes on from a place that does not count; true if there is another match, at limit at most. */
static bool go_to_match(struct worker *worker, const struct ebb_event *anchor,
                        struct search *search, uint64_t limit)
{
    struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t here;

    while ((here = worker_resolve_traps_discount(worker)) < limit &&
           !worker_resolve_step_is_stuck(worker) && !resolution->interrupted) {
        if (worker_pc(worker) == anchor->address) {
            resolution->ignore = true;
            worker_resolve_step_by(worker, 1);
            resolution->ignore = false;
        } else {
            worker_resolve_step_by(worker, limit - here);
        }
        resolution->interrupted = worker_resolve_step_stop_requested(worker);
        if (resolution->passed_by || worker_diverged(worker)) {
            return false;
        }
        if (is_here(worker, anchor, search)) {
            return true;
        }
    }
    return false;
}

static struct candidate this_one(struct worker *worker)
{
    return (struct candidate){ebb_position_now(), worker_resolve_traps_discount(worker)};
}

/* The child's life: what it writes to RAM and to its state is nobody's concern. It tells of most
 * places at most, since nobody reads on. */
static G_NORETURN void look_ahead_as_child(struct worker *worker, const struct ebb_event *anchor,
                                           struct search *search, uint64_t limit, int pipe,
                                           size_t most)
{
    void *ram = memory_region_get_ram_ptr(&worker->ram);
    size_t found = 0;

    worker->kvm.resolution->is_child = true;
    if (mmap(ram, worker->manifest->ram_size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, worker->ram_fd, 0) != ram) {
        _exit(1);
    }
    while (found < most && go_to_match(worker, anchor, search, limit)) {
        struct candidate candidate = this_one(worker);

        if (write(pipe, &candidate, sizeof(candidate)) != sizeof(candidate)) {
            _exit(1);
        }
        found++;
    }
    _exit(0);
}

static void read_candidates(int pipe, struct candidates *candidates)
{
    while (candidates->count < MAX_CANDIDATES &&
           RETRY_ON_EINTR(read(pipe, &candidates->list[candidates->count],
                               sizeof(struct candidate))) == sizeof(struct candidate)) {
        candidates->count++;
    }
}

/* Adds the matches behind this place and up to limit; false, with a report, if it cannot tell. */
static bool look_ahead(struct worker *worker, const struct ebb_event *anchor, struct search *search,
                       uint64_t limit, struct candidates *candidates)
{
    int ends[2], status = 0;
    pid_t child = -1;

    if (pipe(ends) == 0) {
        child = fork();
        if (child == 0) {
            close(ends[0]);
            look_ahead_as_child(worker, anchor, search, limit, ends[1],
                                MAX_CANDIDATES - candidates->count);
        }
        close(ends[1]);
        if (child > 0) {
            read_candidates(ends[0], candidates);
        }
        close(ends[0]);
    }
    if (child < 0 || RETRY_ON_EINTR(waitpid(child, &status, 0)) != child || status) {
        worker_diverge(
            worker, ebb_position_now(),
            "one of several places, perhaps; looking at the others needs another process "
            "like this one, for which the system lacks memory or processes");
        return false;
    }
    return true;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static struct candidate nearest(const struct candidates *candidates, uint64_t expected)
{
    struct candidate best = candidates->list[0];
    size_t i;

    for (i = 1; i < candidates->count; i++) {
        if (distance(candidates->list[i].place, expected) < distance(best.place, expected)) {
            best = candidates->list[i];
        }
    }
    return best;
}

/* Sorts by distance from the expected place. */
static int compare_distance(const void *a, const void *b, void *opaque)
{
    uint64_t expected = *(uint64_t *)opaque;
    uint64_t one = distance(((const struct candidate *)a)->place, expected);
    uint64_t other = distance(((const struct candidate *)b)->place, expected);

    return one < other ? -1 : one > other;
}

static void note_ambiguity(struct worker *worker, struct candidates *candidates, uint64_t expected,
                           struct candidate chosen)
{
    struct worker_resolved *result = worker->kvm.resolution->result;
    size_t i, noted = 1;

    if (candidates->count < 2 || result->ambiguous++) {
        return;
    }
    result->first_ambiguous = worker->events.next_number;
    g_qsort_with_data(candidates->list, candidates->count, sizeof(struct candidate),
                      compare_distance, &expected);
    result->candidates[0] = chosen.position;
    for (i = 0; i < candidates->count && noted < ARRAY_SIZE(result->candidates); i++) {
        if (candidates->list[i].position != chosen.position) {
            result->candidates[noted++] = candidates->list[i].position;
        }
    }
}

/* A match in front of the expected place may be one of several, up to limit; goes to the one to
 * take. */
static bool choose(struct worker *worker, const struct ebb_event *anchor, struct search *search,
                   uint64_t limit)
{
    g_autofree struct candidates *candidates = g_new0(struct candidates, 1);
    struct candidate chosen;

    candidates->list[candidates->count++] = this_one(worker);
    if (!look_ahead(worker, anchor, search, limit, candidates)) {
        return false;
    }
    chosen = nearest(candidates, search->expected);
    note_ambiguity(worker, candidates, search->expected, chosen);
    while (ebb_position_now() < chosen.position) {
        if (!go_to_match(worker, anchor, search, chosen.place + 1)) {
            return false;
        }
    }
    return true;
}

static bool find_widely(struct worker *worker, const struct ebb_event *anchor,
                        struct search *search)
{
    uint64_t slack = worker->kvm.resolution->request->slack;
    bool found;

    start_search(worker, anchor);
    found = is_here(worker, anchor, search) || go_to_match(worker, anchor, search, search->give_up);
    if (found && worker_resolve_traps_discount(worker) < search->expected) {
        found = choose(worker, anchor, search, search->expected + slack);
    }
    end_search(worker, anchor);
    return found;
}

static void step_on(struct worker *worker, uint64_t instructions)
{
    struct worker_resolution *resolution = worker->kvm.resolution;

    resolution->interrupted = worker_resolve_step_stop_requested(worker);
    if (!resolution->interrupted) {
        worker_resolve_step_by(worker, instructions);
    }
}

/* Goes to a place, or to where the guest cannot go on; on the way nothing is looked at. */
static void go_to(struct worker *worker, uint64_t place)
{
    uint64_t here;

    while ((here = worker_resolve_traps_discount(worker)) < place &&
           !worker_resolve_step_is_stuck(worker) && !worker->kvm.resolution->interrupted) {
        step_on(worker, place - here);
    }
}

/* The distance of a direct branch, in bytes: a signed field of so many bits from 'low' on, in
 * words. */
static int64_t branch_distance(uint32_t word, unsigned low, unsigned bits)
{
    return (int64_t)sextract32(word, low, bits) * 4;
}

/*
 * Where an A64 instruction that may branch may go on (Arm ARM, C4.1, "Branches, Exception
 * Generating and System instructions"); their number, or 0 if only execution tells.
 */
static unsigned branch_targets(uint64_t pc, uint32_t word, uint64_t targets[2])
{
    targets[0] = pc + 4;
    if ((word & 0x7c000000) == 0x14000000) { /* B, BL */
        targets[0] = pc + branch_distance(word, 0, 26);
    } else if ((word & 0x7e000000) == 0x34000000 || (word & 0xff000000) == 0x54000000) {
        targets[1] = pc + branch_distance(word, 5, 19); /* CBZ, CBNZ; B.cond */
        return 2;
    } else if ((word & 0x7e000000) == 0x36000000) { /* TBZ, TBNZ */
        targets[1] = pc + branch_distance(word, 5, 14);
        return 2;
    } else if ((word & 0xff000000) != 0xd5000000) { /* what is left is a system instruction */
        return 0;
    }
    return 1;
}

/* True if the PC may be 'home' again within so many A64 instructions from pc on. */
static bool may_come_back(struct worker *worker, uint64_t home, uint64_t pc, uint64_t instructions)
{
    uint64_t targets[2] = {pc + 4};
    unsigned count = 1, i;
    uint8_t bytes[4];
    bool may = false;

    if (!instructions) {
        return false;
    }
    if (cpu_memory_rw_debug(CPU(worker->cpu), pc, bytes, sizeof(bytes), false)) {
        return true;
    }
    if ((ldl_le_p(bytes) & 0x1c000000) == 0x14000000) {
        count = branch_targets(pc, ldl_le_p(bytes), targets);
        may = count == 0;
    }
    for (i = 0; i < count && !may; i++) {
        may = targets[i] == home || may_come_back(worker, home, targets[i], instructions - 1);
    }
    return may;
}

/* The same as choose(), if farther places than this one do not count. Traps on the way take no
 * place. */
static bool choose_nearest(struct worker *worker, const struct ebb_event *anchor,
                           struct search *search)
{
    uint64_t before = search->expected - worker_resolve_traps_discount(worker);
    bool found;

    if (is_a64(&worker->cpu->env) &&
        !may_come_back(worker, anchor->address, anchor->address,
                       2 * before - 1 + worker->kvm.progress.trap_count)) {
        return true;
    }
    start_search(worker, anchor);
    found = choose(worker, anchor, search, search->expected + before - 1);
    end_search(worker, anchor);
    return found;
}

static bool find_narrowly(struct worker *worker, const struct ebb_event *anchor,
                          struct search *search)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t here, last = MAX(search->expected, search->first) + NARROW;

    while ((here = worker_resolve_traps_discount(worker)) <= last) {
        if (is_here(worker, anchor, search)) {
            return here >= search->expected || choose_nearest(worker, anchor, search);
        }
        if (here < search->first || worker_resolve_step_is_stuck(worker)) {
            break;
        }
        step_on(worker, 1);
        if (resolution->interrupted || resolution->passed_by || worker_diverged(worker)) {
            break;
        }
    }
    return false;
}

static const struct worker_override *placed(struct worker *worker, uint64_t event)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t i;

    for (i = 0; i < resolution->request->override_count; i++) {
        if (resolution->overrides[i].kind == WORKER_PLACE_EVENT &&
            resolution->overrides[i].event == event) {
            return &resolution->overrides[i];
        }
    }
    return NULL;
}

/* Goes to the position that the engine has decided on, if it has. */
static void go_to_decided(struct worker *worker)
{
    const struct worker_override *place = placed(worker, worker->events.next_number);

    while (place && ebb_position_now() < place->position && !worker_resolve_step_is_stuck(worker) &&
           !worker->kvm.resolution->interrupted) {
        step_on(worker, place->position - ebb_position_now());
    }
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct search plan(struct worker *worker, const struct ebb_event *anchor)
{
    const struct worker_progress *progress = &worker->kvm.progress;
    const struct worker_resolve *request = worker->kvm.resolution->request;
    const struct worker_override *place = placed(worker, worker->events.next_number);
    uint64_t low = anchor->position + progress->drift + progress->accesses;
    uint64_t expected = low + (progress->counter_cost ? progress->counters : 0);
    bool narrow =
        (request->flags & WORKER_RESOLVE_NARROW) && !place && progress->trust == EXITS_TRUSTED;
    uint64_t from = narrow ? expected : low, slack = narrow ? NARROW : request->slack;
    struct search search = {
        .narrow = narrow,
        .expected = expected,
        .first = from > slack ? from - slack : 0,
        .give_up = plus(low + progress->counters + progress->calls, request->give_up),
    };

    if (place) {
        search.expected = search.first = search.give_up =
            place->position - MIN(place->position, progress->traps);
    }
    search.first = MAX(search.first, worker_resolve_traps_discount(worker));
    return search;
}

/* How the way between two anchors compares with what was expected says what KVM counts. */
static void measure(struct worker *worker, const struct ebb_event *anchor)
{
    struct worker_progress *progress = &worker->kvm.progress;
    int64_t drift = ebb_position_now() - anchor->position;
    int64_t more = drift - progress->drift - (int64_t)(progress->accesses + progress->traps);

    if (progress->counters) {
        progress->counter_cost = more >= (int64_t)((progress->counters + 1) / 2);
    }
    progress->drift = drift;
    progress->accesses = progress->counters = progress->calls = progress->traps = 0;
    progress->trust = EXITS_TRUSTED;
}

static uint32_t not_found(struct worker *worker, const struct search *search)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t position = ebb_position_now(), traps = worker->kvm.progress.traps;

    if (worker_diverged(worker)) {
        return WORKER_RESOLVE_DIVERGED;
    }
    if (resolution->passed_by) {
        worker_diverge(worker, resolution->passed_at,
                       "an access to a device, a counter read or a hypercall, which comes later in "
                       "the log; the place was expected at position %" PRIu64
                       ", its PC was met %" PRIu64 " times with other registers",
                       search->expected + traps, search->similar);
    } else {
        worker_diverge(worker, position,
                       "no such place from position %" PRIu64 " to %" PRIu64
                       ", where it was expected at %" PRIu64 "%s; its PC was met %" PRIu64
                       " times with other registers, last at position %" PRIu64,
                       search->first + traps, position, search->expected + traps,
                       worker_vcpu_is_asleep(worker) ? ", and the CPU waits for an interrupt" : "",
                       search->similar, search->similar_at);
    }
    return WORKER_RESOLVE_NO_MATCH;
}

/* Runs to where the anchor was taken, and passes it; 0 or why that is impossible. */
uint32_t worker_resolve_anchor_find(struct worker *worker, const struct ebb_event *anchor)
{
    struct search search;
    bool found;

    go_to_decided(worker);
    search = plan(worker, anchor);
    go_to(worker, search.first);
    if (worker->kvm.resolution->interrupted) {
        return WORKER_RESOLVE_INTERRUPTED;
    }
    if (worker->kvm.resolution->passed_by || worker_diverged(worker)) {
        return not_found(worker, &search);
    }
    found = search.narrow ? find_narrowly(worker, anchor, &search)
                          : find_widely(worker, anchor, &search);
    if (worker->kvm.resolution->interrupted) {
        return WORKER_RESOLVE_INTERRUPTED;
    }
    if (!found) {
        return not_found(worker, &search);
    }
    measure(worker, anchor);
    worker_anchor_pass(worker);
    worker->kvm.resolution->result->anchors++;
    worker_events_advance(worker, ebb_position_now());
    return 0;
}
