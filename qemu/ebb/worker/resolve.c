/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolving: finding the positions of a KVM recording's events.
 *
 * Synchronous events are met where the guest causes them. An anchor is expected a certain number of
 * instructions behind the last one: as many as the PMU has counted in between, and one more for
 * each that KVM has emulated. Not all of those are known (WFI, trapped system registers), and a
 * store-exclusive that failed on the host has been tried again there, but not here. So from some
 * way before that place on the guest stops wherever its PC is the anchor's, until PSTATE and the
 * registers' digest are, too.
 *
 * The same state may come by several times before the expected place, in a loop that waits for a
 * device to write to memory. So after a match in front of that place a child of this process, with
 * RAM of its own, goes on and tells where there are more; the nearest is taken.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "exec/cpu-common.h"
#include "exec/exec-all.h"
#include "exec/tb-flush.h"
#include "ebb/arm/cpu_state_kvm.h"
#include "ebb/position.h"
#include "resolve.h"

#define SLICE 1000000u /* instructions between two looks at the stop request */
#define MAX_CANDIDATES 4096u

/* Where an anchor is looked for. */
struct search {
    uint64_t expected;
    uint64_t give_up;    /* the first position not worth a look */
    uint64_t first;      /* where looking began */
    uint64_t similar;    /* places with the anchor's PC but other registers */
    uint64_t similar_at; /* the last of them */
};

struct candidates {
    uint64_t positions[MAX_CANDIDATES]; /* going up */
    size_t count;
};

const uint64_t *worker_resolve_positions(struct worker *worker)
{
    return (const uint64_t *)worker->kvm.positions->data;
}

static uint64_t exclusive_count(struct worker *worker)
{
    return MIN(worker->kvm.exclusive_total, WORKER_MAX_EXCLUSIVES);
}

void worker_resolve_exclusives(struct worker *worker, GByteArray *out)
{
    uint64_t i;

    for (i = worker->kvm.exclusive_total - exclusive_count(worker); i < worker->kvm.exclusive_total;
         i++) {
        g_byte_array_append(out,
                            (const uint8_t *)&worker->kvm.exclusives[i % WORKER_MAX_EXCLUSIVES],
                            sizeof(struct worker_exclusive));
    }
}

const struct worker_exclusive *worker_resolve_cleared(struct worker *worker)
{
    return (const struct worker_exclusive *)worker->kvm.cleared->data;
}

static bool is_a64_store_exclusive(uint32_t word)
{
    /* With bit 21, a pair; those of 32 bits and less are compare-and-swap. */
    return (word & 0x3fc00000) == 0x08000000 && (!(word & 1u << 21) || (word & 1u << 31));
}

static bool is_a32_store_exclusive(uint32_t word)
{
    return word >> 28 != 15 && (word & 0x0f900ef0) == 0x01800e90;
}

static bool is_t32_store_exclusive(uint16_t first, uint16_t second)
{
    static const uint16_t kinds = 1u << 4 | 1u << 5 | 1u << 7 | 0xfu << 12; /* STREX?, STLEX? */

    return (first & 0xfff0) == 0xe840 ||
           ((first & 0xfff0) == 0xe8c0 && (kinds >> (second >> 4 & 15) & 1));
}

static bool is_store_exclusive(struct worker *worker, uint64_t address)
{
    CPUARMState *env = &worker->cpu->env;
    uint8_t bytes[4];

    if (cpu_memory_rw_debug(CPU(worker->cpu), address, bytes, sizeof(bytes), false)) {
        return false;
    }
    if (is_a64(env)) {
        return is_a64_store_exclusive(ldl_le_p(bytes));
    }
    return env->thumb ? is_t32_store_exclusive(lduw_le_p(bytes), lduw_le_p(bytes + 2))
                      : is_a32_store_exclusive(ldl_le_p(bytes));
}

bool worker_resolve_watches(vaddr address)
{
    struct worker *worker = worker_current();
    const struct worker_resolution *resolution = worker->kvm.resolution;

    return (resolution && resolution->searching && resolution->pc == address) ||
           (worker->kvm.listing && is_store_exclusive(worker, address));
}

bool worker_resolve_stops_at(struct worker *worker, uint64_t pc)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;

    return resolution && resolution->searching && resolution->pc == pc && !resolution->ignore;
}

bool worker_resolve_reached(struct worker *worker, uint64_t position, uint64_t pc)
{
    uint64_t i;

    if (worker_resolve_stops_at(worker, pc)) {
        return true; /* it comes here again when it is executed */
    }
    if (worker->kvm.listing && is_store_exclusive(worker, pc)) {
        i = worker->kvm.exclusive_total++ % WORKER_MAX_EXCLUSIVES;
        worker->kvm.exclusives[i] = (struct worker_exclusive){position, pc};
    }
    return false;
}

/* What has been translated so far lacks the calls, or has them for nothing. */
static void list_exclusives(struct worker *worker, bool wanted)
{
    worker->kvm.exclusive_total = 0;
    if (wanted == worker->kvm.listing) {
        return;
    }
    worker->kvm.listing = wanted;
    if (wanted && !worker->kvm.exclusives) {
        worker->kvm.exclusives = g_new0(struct worker_exclusive, WORKER_MAX_EXCLUSIVES);
    }
    tb_flush(CPU(worker->cpu));
    process_queued_cpu_work(CPU(worker->cpu));
}

void worker_resolve_passed_by(struct worker *worker)
{
    worker->kvm.resolution->passed_by = true;
    worker->kvm.resolution->passed_at = ebb_position_of_instruction();
    cpu_exit(CPU(worker->cpu));
}

/* True if the next event comes by itself while the guest runs. */
static bool next_is_synchronous(struct worker *worker)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return event && !ebb_event_is_asynchronous(event);
}

static bool has_enough(struct worker *worker)
{
    return worker->events.next_number >= worker->kvm.resolution->request->until_event ||
           worker->kvm.positions->len >= WORKER_MAX_RESOLVED;
}

void worker_resolve_consumed(struct worker *worker, const struct ebb_event *event,
                             uint64_t position)
{
    struct worker_progress *progress = &worker->kvm.progress;

    g_array_append_val(worker->kvm.positions, position);
    switch (event->kind) {
    case EBB_EVENT_MMIO_READ:
    case EBB_EVENT_MMIO_WRITE:
        progress->accesses++;
        break;
    case EBB_EVENT_SYSREG_READ:
        progress->counters++;
        break;
    case EBB_EVENT_HYPERCALL:
        progress->calls++;
        break;
    }
    if (!ebb_event_is_asynchronous(event) && (has_enough(worker) || !next_is_synchronous(worker))) {
        cpu_exit(CPU(worker->cpu)); /* stops behind the instruction */
    }
}

void worker_resolve_go_on(struct worker *worker, uint64_t limit)
{
    uint64_t position = ebb_position_now();
    uint64_t to = worker_kvm_next_clear(worker, position, MIN(limit, position + SLICE));

    worker_kvm_clear_exclusive(worker, position);
    worker_execute(worker, to - position);
    if (!worker->kvm.resolution->is_child) {
        qatomic_set(&worker->control->position, ebb_position_now());
    }
}

bool worker_resolve_stop_requested(struct worker *worker)
{
    return !worker->kvm.resolution->is_child && worker_stop_requested(worker);
}

bool worker_resolve_is_stuck(struct worker *worker)
{
    return worker->kvm.resolution->passed_by || worker->report->len ||
           worker_halted_for_good(worker);
}

static bool is_here(struct worker *worker, const struct ebb_event *anchor, struct search *search)
{
    if (worker_kvm_at_anchor(worker, anchor)) {
        return true;
    }
    if (worker_pc(worker) == anchor->address) {
        search->similar++;
        search->similar_at = ebb_position_now();
    }
    return false;
}

/* Kernels are mapped in one way for all processes; if not, the search finds nothing and says so. */
static bool is_privileged(const struct ebb_event *anchor)
{
    uint32_t mode = anchor->value & (anchor->value & PSTATE_nRW ? CPSR_M : PSTATE_M);

    return mode != PSTATE_MODE_EL0t && mode != ARM_CPU_MODE_USR;
}

/* From now on the guest stops wherever its PC is the anchor's. */
static void start_search(struct worker *worker, const struct ebb_event *anchor)
{
    struct worker_resolution *resolution = worker->kvm.resolution;

    resolution->searching = true;
    resolution->pc = anchor->address;
    worker_breakpoints_forget(worker, anchor->address, is_privileged(anchor));
}

static void end_search(struct worker *worker, const struct ebb_event *anchor)
{
    worker->kvm.resolution->searching = false;
    worker_breakpoints_forget(worker, anchor->address, is_privileged(anchor));
}

/* Goes on from a place that does not count; true if there is another match, at limit at most. */
static bool go_to_match(struct worker *worker, const struct ebb_event *anchor,
                        struct search *search, uint64_t limit)
{
    struct worker_resolution *resolution = worker->kvm.resolution;

    while (ebb_position_now() < limit && !worker_resolve_is_stuck(worker) &&
           !resolution->interrupted) {
        if (worker_pc(worker) == anchor->address) {
            resolution->ignore = true;
            worker_resolve_go_on(worker, ebb_position_now() + 1);
            resolution->ignore = false;
        } else {
            worker_resolve_go_on(worker, limit);
        }
        resolution->result->steps++;
        resolution->interrupted = worker_resolve_stop_requested(worker);
        if (resolution->passed_by || worker->report->len) {
            return false;
        }
        if (is_here(worker, anchor, search)) {
            return true;
        }
    }
    return false;
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
        uint64_t position = ebb_position_now();

        if (write(pipe, &position, sizeof(position)) != sizeof(position)) {
            _exit(1);
        }
        found++;
    }
    _exit(0);
}

static void read_candidates(int pipe, struct candidates *candidates)
{
    while (candidates->count < MAX_CANDIDATES &&
           RETRY_ON_EINTR(read(pipe, &candidates->positions[candidates->count],
                               sizeof(uint64_t))) == sizeof(uint64_t)) {
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

static uint64_t nearest(const struct candidates *candidates, uint64_t expected)
{
    uint64_t best = candidates->positions[0];
    size_t i;

    for (i = 1; i < candidates->count; i++) {
        if (distance(candidates->positions[i], expected) < distance(best, expected)) {
            best = candidates->positions[i];
        }
    }
    return best;
}

/* Sorts by distance from the expected place. */
static int compare_distance(const void *a, const void *b, void *opaque)
{
    uint64_t expected = *(uint64_t *)opaque;
    uint64_t one = distance(*(uint64_t *)a, expected), other = distance(*(uint64_t *)b, expected);

    return one < other ? -1 : one > other;
}

static void note_ambiguity(struct worker *worker, struct candidates *candidates, uint64_t expected,
                           uint64_t chosen)
{
    struct worker_resolved *result = worker->kvm.resolution->result;
    size_t i, noted = 1;

    if (candidates->count < 2 || result->ambiguous++) {
        return;
    }
    result->first_ambiguous = worker->events.next_number;
    g_qsort_with_data(candidates->positions, candidates->count, sizeof(uint64_t), compare_distance,
                      &expected);
    result->candidates[0] = chosen;
    for (i = 0; i < candidates->count && noted < ARRAY_SIZE(result->candidates); i++) {
        if (candidates->positions[i] != chosen) {
            result->candidates[noted++] = candidates->positions[i];
        }
    }
}

/* A match in front of the expected place may be one of several; goes to the one to take. */
static bool choose(struct worker *worker, const struct ebb_event *anchor, struct search *search)
{
    g_autofree struct candidates *candidates = g_new0(struct candidates, 1);
    uint64_t chosen, slack = worker->kvm.resolution->request->slack;

    candidates->positions[candidates->count++] = ebb_position_now();
    if (!look_ahead(worker, anchor, search, search->expected + slack, candidates)) {
        return false;
    }
    chosen = nearest(candidates, search->expected);
    note_ambiguity(worker, candidates, search->expected, chosen);
    while (ebb_position_now() < chosen) {
        if (!go_to_match(worker, anchor, search, chosen)) {
            return false;
        }
    }
    return true;
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
    struct search search = {
        .expected = low + (progress->counter_cost ? progress->counters : 0),
        .first = low > request->slack ? low - request->slack : 0,
        .give_up = plus(low + progress->counters + progress->calls, request->give_up),
    };

    if (place) {
        search.expected = search.first = search.give_up = place->position;
    }
    search.first = MAX(search.first, ebb_position_now());
    return search;
}

/* How the way between two anchors compares with what was expected says what KVM counts. */
static void measure(struct worker *worker, const struct ebb_event *anchor)
{
    struct worker_progress *progress = &worker->kvm.progress;
    int64_t drift = ebb_position_now() - anchor->position;
    int64_t more = drift - progress->drift - (int64_t)progress->accesses;

    if (progress->counters) {
        progress->counter_cost = more >= (int64_t)((progress->counters + 1) / 2);
    }
    progress->drift = drift;
    progress->accesses = progress->counters = progress->calls = 0;
    progress->trust = EXITS_TRUSTED;
}

static uint32_t not_found(struct worker *worker, const struct search *search)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t position = ebb_position_now();

    if (worker->report->len) {
        return WORKER_RESOLVE_DIVERGED;
    }
    if (resolution->passed_by) {
        worker_diverge(worker, resolution->passed_at,
                       "an access to a device, a counter read or a hypercall, which comes later in "
                       "the log; the place was expected at position %" PRIu64
                       ", its PC was met %" PRIu64 " times with other registers",
                       search->expected, search->similar);
    } else {
        worker_diverge(worker, position,
                       "no such place from position %" PRIu64 " to %" PRIu64
                       ", where it was expected at %" PRIu64 "%s; its PC was met %" PRIu64
                       " times with other registers, last at position %" PRIu64,
                       search->first, position, search->expected,
                       worker_halted_for_good(worker) ? ", and the CPU waits for an interrupt" : "",
                       search->similar, search->similar_at);
    }
    return WORKER_RESOLVE_NO_MATCH;
}

/* Runs to where the anchor was taken, and passes it; 0 or why that is impossible. */
static uint32_t find_anchor(struct worker *worker, const struct ebb_event *anchor)
{
    struct search search = plan(worker, anchor);
    bool found;

    while (ebb_position_now() < search.first) {
        if (worker_resolve_is_stuck(worker)) {
            break;
        }
        if (worker_resolve_stop_requested(worker)) {
            return WORKER_RESOLVE_INTERRUPTED;
        }
        worker_resolve_go_on(worker, search.first);
    }
    if (worker->kvm.resolution->passed_by || worker->report->len) {
        return not_found(worker, &search);
    }
    start_search(worker, anchor);
    found =
        is_here(worker, anchor, &search) || go_to_match(worker, anchor, &search, search.give_up);
    if (found && ebb_position_now() < search.expected) {
        found = choose(worker, anchor, &search);
    }
    end_search(worker, anchor);
    if (worker->kvm.resolution->interrupted) {
        return WORKER_RESOLVE_INTERRUPTED;
    }
    if (!found) {
        return not_found(worker, &search);
    }
    measure(worker, anchor);
    worker_kvm_pass_anchor(worker);
    worker->kvm.resolution->result->anchors++;
    worker_events_advance(worker, ebb_position_now());
    return 0;
}

/* Asynchronous ones take effect where the guest is now; resets and the end have none. */
static void apply(struct worker *worker, const struct ebb_event *event)
{
    if (event->flags & EBB_EVENT_AFTER_ENTRY) {
        worker_take_interrupt(worker);
    }
    if (event->kind != EBB_EVENT_RESET && event->kind != EBB_EVENT_END) {
        worker_events_apply(worker, event);
    }
    worker_events_advance(worker, ebb_position_now());
}

static uint32_t run_to_event(struct worker *worker, uint64_t limit)
{
    if (worker_halted_for_good(worker)) {
        worker_diverge(worker, ebb_position_now(), "the CPU waits for an interrupt");
        return WORKER_RESOLVE_DIVERGED;
    }
    worker_resolve_go_on(worker, limit);
    return 0;
}

/* Why to stop between two events; 0 to go on. */
static uint32_t reason_to_stop(struct worker *worker, const struct worker_resolve *request)
{
    const struct ebb_event *event = worker_events_peek(worker);

    if (worker->report->len) {
        return WORKER_RESOLVE_DIVERGED;
    }
    if (worker->events.next_number >= request->until_event || !event) {
        return WORKER_RESOLVE_DONE;
    }
    if (has_enough(worker) ||
        (ebb_position_now() >= request->limit &&
         (!ebb_event_is_asynchronous(event) || ebb_event_kind_has_place(event->kind)))) {
        return WORKER_RESOLVE_LIMIT;
    }
    return worker_resolve_stop_requested(worker) ? WORKER_RESOLVE_INTERRUPTED : 0;
}

static uint32_t resolve_until_stop(struct worker *worker, const struct worker_resolve *request)
{
    uint32_t reason;

    while (!(reason = reason_to_stop(worker, request))) {
        struct ebb_event event = *worker_events_peek(worker);

        if (!ebb_event_is_asynchronous(&event)) {
            reason = run_to_event(worker, request->limit);
        } else if (event.kind == EBB_EVENT_ANCHOR) {
            reason = find_anchor(worker, &event);
        } else if (event.kind == EBB_EVENT_EXIT) {
            reason = worker_resolve_exit(worker, &event);
        } else {
            apply(worker, &event);
        }
        if (reason) {
            break;
        }
    }
    return reason;
}

static int compare_positions(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* The positions of the request's clears, going up. */
static uint64_t *sorted_clears(const struct worker_resolve *request,
                               const struct worker_override *overrides, size_t *count)
{
    uint64_t *clears = g_new0(uint64_t, request->override_count + 1);
    uint64_t i;

    *count = 0;
    for (i = 0; i < request->override_count; i++) {
        if (overrides[i].kind == WORKER_CLEAR_EXCLUSIVE) {
            clears[(*count)++] = overrides[i].position;
        }
    }
    qsort(clears, *count, sizeof(*clears), compare_positions);
    return clears;
}

static int check(struct worker *worker, const struct worker_resolve *request,
                 struct ebb_error *error)
{
    if (!worker->kvm.active || !worker->kvm.unresolved || worker->diversion) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there are no positions to be found in this recording%s",
                        worker->diversion ? "'s diversion" : "");
    }
    if (request->until_event > worker->events.event_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the recording has %" PRIu64 " events, fewer than %" PRIu64,
                        worker->events.event_count, request->until_event);
    }
    return 0;
}

int worker_resolve(struct worker *worker, const struct worker_resolve *request,
                   const struct worker_override *overrides, struct worker_resolved *resolved,
                   struct ebb_error *error)
{
    struct worker_resolution resolution = {request, overrides, resolved};
    g_autofree uint64_t *clears = NULL;

    if (check(worker, request, error)) {
        return -1;
    }
    memset(resolved, 0, sizeof(*resolved));
    memset(&worker->hits, 0, sizeof(worker->hits));
    if (!worker->kvm.positions) {
        worker->kvm.positions = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        worker->kvm.cleared = g_array_new(FALSE, FALSE, sizeof(struct worker_exclusive));
    }
    g_array_set_size(worker->kvm.positions, 0);
    g_array_set_size(worker->kvm.cleared, 0);
    list_exclusives(worker, request->flags & WORKER_RESOLVE_LIST_EXCLUSIVES);
    clears = sorted_clears(request, overrides, &worker->kvm.clear_count);
    worker->kvm.clears = clears;
    worker->kvm.resolution = &resolution;
    resolved->reason = resolve_until_stop(worker, request);
    worker->kvm.resolution = NULL;
    worker->kvm.clears = NULL;
    worker->kvm.clear_count = 0;
    resolved->position = worker->report->len ? worker->diverged_position : ebb_position_now();
    resolved->pc = worker_pc(worker);
    resolved->event_number = worker->events.next_number;
    resolved->event_count = worker->kvm.positions->len;
    resolved->exclusive_count = exclusive_count(worker);
    resolved->clear_count = worker->kvm.cleared->len;
    resolved->report_length = worker->report->len;
    return 0;
}
