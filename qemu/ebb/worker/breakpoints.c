/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breakpoints, compiled into the translation, and watchpoints, on QEMU's slow path (watch_ranges.h
 * says for which accesses). QEMU itself knows nothing of either: what it has in its lists is the
 * guest's own.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "exec/breakpoint.h"
#include "exec/cputlb.h"
#include "exec/exec-all.h"
#include "exec/translation-block.h"
#include "hw/core/cpu.h"
#include "tcg/tcg.h"
#include "tcg/insn-start-words.h"
#include "ebb/position.h"
#include "protocol/conditions.h"
#include "breakpoints.h"
#include "calls.h"
#include "changes.h"
#include "conditions.h"
#include "context.h"
#include "coverage.h"
#include "map.h"
#include "pages.h"
#include "physical.h"
#include "translations.h"
#include "watch_ranges.h"

#define MAX_WATCH_LENGTH (1u << 20) /* bytes */

static struct worker_breakpoint *breakpoint(struct worker *worker, guint i)
{
    return &g_array_index(worker->breakpoints, struct worker_breakpoint, i);
}

bool worker_breakpoints_have(vaddr address)
{
    struct worker *worker = worker_current();
    guint i;

    for (i = 0; i < worker->breakpoints->len; i++) {
        if (breakpoint(worker, i)->kind == WORKER_BREAK_EXECUTE &&
            breakpoint(worker, i)->address == address) {
            return true;
        }
    }
    return worker_coverage_looks_at(worker, address) || worker_calls_look_at(worker, address) ||
           worker->mode->looks_at(worker, address);
}

static bool contains_execute(const struct worker_breakpoint *set, size_t count, uint64_t address)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (set[i].kind == WORKER_BREAK_EXECUTE && set[i].address == address) {
            return true;
        }
    }
    return false;
}

/* Adds the addresses of a's breakpoints that b lacks. */
static void add_difference(GArray *addresses, const struct worker_breakpoint *a, size_t a_count,
                           const struct worker_breakpoint *b, size_t b_count)
{
    size_t i;

    for (i = 0; i < a_count; i++) {
        if (a[i].kind == WORKER_BREAK_EXECUTE && !contains_execute(b, b_count, a[i].address)) {
            g_array_append_val(addresses, a[i].address);
        }
    }
}

static bool is_watch(const struct worker_breakpoint *watch)
{
    return (watch->kind >= WORKER_WATCH_WRITE && watch->kind <= WORKER_WATCH_ACCESS) ||
           watch->kind == WORKER_WATCH_CHANGE || worker_watch_is_physical(watch->kind);
}

/* WORKER_WATCH_WRITE, _READ or _ACCESS, whatever its address is. */
static uint32_t watch_kind(const struct worker_breakpoint *watch)
{
    if (worker_watch_is_physical(watch->kind)) {
        return watch->kind - WORKER_WATCH_PHYSICAL_WRITE + WORKER_WATCH_WRITE;
    }
    return watch->kind == WORKER_WATCH_CHANGE ? WORKER_WATCH_WRITE : watch->kind;
}

/* The same as BP_MEM_READ and BP_MEM_WRITE. */
static int access_kinds(const struct worker_breakpoint *watch)
{
    uint32_t kind = watch_kind(watch);

    return (kind != WORKER_WATCH_READ ? BP_MEM_WRITE : 0) |
           (kind != WORKER_WATCH_WRITE ? BP_MEM_READ : 0);
}

static int check_watchpoints(const struct worker_breakpoint *set, size_t count,
                             struct ebb_error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (is_watch(&set[i]) && (!set[i].length || set[i].length > MAX_WATCH_LENGTH ||
                                  set[i].address + set[i].length - 1 < set[i].address)) {
            return ebb_fail(error, EBB_ERROR_USAGE, "cannot watch %" PRIu64 " bytes at 0x%" PRIx64,
                            set[i].length, set[i].address);
        }
    }
    return 0;
}

static int check_conditions(const struct worker_breakpoint *set, size_t count,
                            const uint8_t *conditions, size_t size, struct ebb_error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (set[i].conditions_at > size || set[i].conditions_size > size - set[i].conditions_at ||
            !conditions_are_whole(conditions + set[i].conditions_at, set[i].conditions_size)) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "a breakpoint with conditions that are not whole");
        }
    }
    return 0;
}

static bool has_watch(const struct worker_breakpoint *set, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (is_watch(&set[i]) || set[i].kind == WORKER_WATCH_ALL) {
            return true;
        }
    }
    return false;
}

/* What is asked for often, and not to be looked for in the set each time. */
static void note_kinds(struct worker *worker)
{
    guint i;

    worker->kinds = 0;
    worker->sample_every = 0;
    for (i = 0; i < worker->breakpoints->len; i++) {
        worker->kinds |= 1u << breakpoint(worker, i)->kind;
        if (breakpoint(worker, i)->kind == WORKER_BREAK_SAMPLE) {
            worker->sample_every = breakpoint(worker, i)->length;
        }
    }
}

int worker_breakpoints_set(struct worker *worker, const struct worker_breakpoint *set, size_t count,
                           const uint8_t *conditions, size_t conditions_size,
                           struct ebb_error *error)
{
    const struct worker_breakpoint *old = breakpoint(worker, 0);
    size_t old_count = worker->breakpoints->len, i;
    GArray *addresses = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    bool watched;

    for (i = 0; i < count; i++) {
        if (set[i].kind < WORKER_BREAK_EXECUTE ||
            (set[i].kind > WORKER_BREAK_RETURN && set[i].kind != WORKER_WATCH_ALL) ||
            (set[i].kind == WORKER_BREAK_SAMPLE && !set[i].length)) {
            g_array_free(addresses, true);
            return ebb_fail(error, EBB_ERROR_USAGE, "a breakpoint of kind %u", set[i].kind);
        }
    }
    if (check_watchpoints(set, count, error) ||
        check_conditions(set, count, conditions, conditions_size, error)) {
        g_array_free(addresses, true);
        return -1;
    }
    watched = has_watch(old, old_count) || has_watch(set, count);
    add_difference(addresses, old, old_count, set, count);
    add_difference(addresses, set, count, old, old_count);
    g_array_set_size(worker->breakpoints, 0);
    g_array_append_vals(worker->breakpoints, set, count);
    note_kinds(worker);
    g_byte_array_set_size(worker->conditions, 0);
    g_byte_array_append(worker->conditions, conditions, conditions_size);
    for (i = 0; i < addresses->len; i++) {
        worker_translations_drop(worker->translations, g_array_index(addresses, uint64_t, i));
    }
    g_array_free(addresses, true);
    worker_watch_ranges_follow(worker);
    if (watched) { /* pages are slow that had a watchpoint when they were entered into the TLB */
        tlb_flush(CPU(worker->cpu));
        process_queued_cpu_work(CPU(worker->cpu));
    }
    return 0;
}

/*
 * Position and PC of what the guest is doing, from inside a translation block or (ra is 0) in front
 * of one. The whole block was taken from the budget when it was entered.
 */
static uint64_t locate(struct worker *worker, uintptr_t ra, uint64_t *pc)
{
    CPUState *cpu = CPU(worker->cpu);
    uint64_t data[TARGET_INSN_START_WORDS] = {worker_pc(worker)};
    int left = ra ? cpu_unwind_data_from_tb(tcg_tb_lookup(ra), ra, data) : 0;

    *pc = data[0];
    return worker->run_end - cpu->neg.icount_decr.u16.low - cpu->icount_extra - left;
}

/* Leaves guest code, with the state before the instruction. */
static void leave(struct worker *worker, uintptr_t ra)
{
    CPUState *cpu = CPU(worker->cpu);

    cpu->exception_index = EXCP_INTERRUPT;
    cpu_loop_exit_restore(cpu, ra);
}

/* A run may do little else than evaluate conditions. */
static void look_up(struct worker *worker)
{
    worker_give_sign(worker);
    if (qatomic_read(&worker->control->stop_request)) {
        cpu_exit(CPU(worker->cpu));
    }
}

static bool condition_holds(struct worker *worker, const struct worker_breakpoint *wanted,
                            uint64_t pc, uintptr_t ra)
{
    bool holds;

    if (!wanted->conditions_size) {
        return true;
    }
    holds = worker_conditions_hold(worker, worker->conditions->data + wanted->conditions_at,
                                   wanted->conditions_size, wanted->flags & WORKER_BREAK_BIG_ENDIAN,
                                   pc, ra);
    if (!holds) {
        look_up(worker);
    }
    return holds;
}

/* Somebody wants to know of the execution there: whatever the context, or in just this one. */
static bool is_wanted(struct worker *worker, uint64_t pc, uintptr_t ra)
{
    struct worker_context now;
    guint i;

    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *wanted = breakpoint(worker, i);

        if (wanted->kind != WORKER_BREAK_EXECUTE || wanted->address != pc ||
            !condition_holds(worker, wanted, pc, ra)) {
            continue;
        }
        if (!(wanted->flags & WORKER_BREAK_IN_CONTEXT)) {
            return true;
        }
        worker_context_read(worker, pc, &now);
        if (worker_context_same(&now, &wanted->context)) {
            return true;
        }
    }
    return worker->mode->looks_at(worker, pc);
}

void worker_breakpoints_reached(CPUState *cpu, uintptr_t ra)
{
    struct worker *worker = worker_current();
    struct worker_hit hit = {.kind = WORKER_BREAK_EXECUTE};

    hit.moment = moment_settled(locate(worker, ra, &hit.pc));
    hit.address = hit.pc;
    if (worker_coverage_reached(worker, hit.pc, hit.moment.position) &&
        !worker_breakpoints_have(hit.pc)) {
        /* Translated anew, the block does without the calls for what is marked. */
        worker_translations_drop(worker->translations, hit.pc);
    }
    worker_calls_reached(worker, &hit);
    if (is_wanted(worker, hit.pc, ra) && worker->mode->reached(worker, &hit)) {
        leave(worker, ra);
    }
}

static bool has_kind(struct worker *worker, enum worker_breakpoint_kind kind)
{
    return worker->kinds >> kind & 1;
}

bool worker_breakpoints_see_interrupts(struct worker *worker)
{
    return has_kind(worker, WORKER_BREAK_INTERRUPT);
}

bool worker_breakpoints_see_exceptions(struct worker *worker)
{
    return has_kind(worker, WORKER_BREAK_EXCEPTION);
}

void worker_breakpoints_exception_taken(struct worker *worker, bool by_instruction,
                                        const struct worker_context *context)
{
    struct worker_hit hit = {.kind = WORKER_BREAK_EXCEPTION, .context = *context};
    uint64_t position = locate(worker, 0, &hit.pc);

    hit.moment = by_instruction ? moment_inside(position - 1) : moment_settled(position);
    if (clockwork_hit(&worker->clockwork, &hit)) {
        cpu_exit(CPU(worker->cpu));
    }
}

void worker_breakpoints_returned(struct worker *worker)
{
    struct worker_hit hit = {.kind = WORKER_BREAK_RETURN};
    uint64_t position;

    if (has_kind(worker, WORKER_BREAK_RETURN)) {
        position = locate(worker, 0, &hit.pc);
        hit.moment = moment_inside(position - 1);
        worker_context_read(worker, hit.pc, &hit.context);
        if (clockwork_hit(&worker->clockwork, &hit)) {
            cpu_exit(CPU(worker->cpu));
        }
    }
}

void worker_breakpoints_settled(struct worker *worker, uint64_t position)
{
    struct worker_hit hit = {.moment = moment_settled(position), .kind = WORKER_BREAK_SAMPLE};

    if (worker->sample_every && position % worker->sample_every == 0) {
        hit.pc = worker_pc(worker);
        clockwork_hit(&worker->clockwork, &hit);
    }
}

void worker_breakpoints_interrupted(struct worker *worker, const struct worker_context *context)
{
    struct worker_hit hit = {.kind = WORKER_BREAK_INTERRUPT, .context = *context};
    guint i;

    hit.moment = moment_settled(locate(worker, 0, &hit.pc));
    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *wanted = breakpoint(worker, i);

        if (wanted->kind == WORKER_BREAK_INTERRUPT &&
            (!(wanted->flags & WORKER_BREAK_IN_CONTEXT) ||
             worker_context_same(context, &wanted->context))) {
            if (clockwork_hit(&worker->clockwork, &hit)) {
                cpu_exit(CPU(worker->cpu));
            }
            break;
        }
    }
}

static uint32_t access_kind(const struct worker_breakpoint *watch, int flags)
{
    flags &= access_kinds(watch);
    return flags & BP_MEM_WRITE ? WORKER_WATCH_WRITE : flags ? WORKER_WATCH_READ : 0;
}

static bool overlaps(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a - b < b_length || b - a < a_length;
}

/*
 * An address as the translation of the CPU's current regime takes it: where it ignores the top byte
 * (Arm ARM, D8.8 "Address tagging"), bit 55 stands for all above it, or zeroes where there is one
 * range. Tags of memory (MTE) are in that byte as well.
 */
static uint64_t untag(struct worker *worker, uint64_t address)
{
    CPUARMState *env = &worker->cpu->env;
    ARMMMUIdx mmu_idx = arm_mmu_idx(env);
    int ignores;

    if (!arm_el_is_aa64(env, regime_el(env, mmu_idx))) {
        return address;
    }
    ignores = aa64_va_parameter_tbi(regime_tcr(env, mmu_idx), mmu_idx);
    if (!regime_has_2_ranges(mmu_idx)) {
        return ignores ? extract64(address, 0, 56) : address;
    }
    return ignores >> extract64(address, 55, 1) & 1 ? sextract64(address, 0, 56) : address;
}

int worker_breakpoints_watched(CPUState *cpu, vaddr address, vaddr length)
{
    struct worker *worker = worker_current();
    uint64_t first = worker->breakpoints->len ? untag(worker, address) : 0;
    int kinds = has_kind(worker, WORKER_WATCH_ALL) ? BP_MEM_READ | BP_MEM_WRITE : 0;
    guint i;

    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *watch = breakpoint(worker, i);

        if (is_watch(watch) && !worker_watch_is_physical(watch->kind) &&
            overlaps(first, length, untag(worker, watch->address), watch->length)) {
            kinds |= access_kinds(watch);
        }
    }
    return kinds;
}

int worker_breakpoints_watched_physical(CPUState *cpu, hwaddr address, hwaddr length,
                                        MemTxAttrs attrs)
{
    struct worker *worker = worker_current();
    struct worker_span data;
    int kinds = 0;
    guint i;

    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *watch = breakpoint(worker, i);

        if (worker_watch_is_physical(watch->kind) &&
            worker_physical_holds(worker, watch, worker_map_offset(worker, address, attrs), length,
                                  &data)) {
            kinds |= access_kinds(watch);
        }
    }
    return kinds;
}

/* True if the access touches what is watched; then *data is where, in the words of whoever has set
 * it: with its tag. */
static bool touches(struct worker *worker, const struct worker_breakpoint *watch, uint64_t address,
                    uint64_t length, struct worker_span *data)
{
    uint64_t first, start, skipped;

    if (worker_watch_is_physical(watch->kind)) {
        return worker_physical_touched(worker, watch, address, length, data);
    }
    first = untag(worker, address);
    start = untag(worker, watch->address);
    skipped = first > start ? first - start : 0;
    data->address = watch->address + skipped;
    data->length = MIN(watch->length - skipped, length - (start > first ? start - first : 0));
    return overlaps(first, length, start, watch->length);
}

/* An access is about to make a hit, or to make one if it changes something. True if guest code has
 * to be left in front of it. */
static bool leaves(struct worker *worker, guint i, const struct worker_hit *hit, uint64_t address)
{
    const struct worker_breakpoint *watch = breakpoint(worker, i);
    enum worker_change change = WORKER_CHANGE_UNKNOWN;

    if (watch->kind == WORKER_WATCH_CHANGE && !worker->diversion && !worker->clockwork.notes_rows) {
        uint64_t skipped = untag(worker, hit->data_address) - untag(worker, address);

        change = worker_changes_keep(worker, i, hit, address + skipped);
    }
    return change == WORKER_CHANGE_UNKNOWN ? clockwork_hit(&worker->clockwork, hit)
                                           : change == WORKER_CHANGE_UNSEEN;
}

static void note_access(struct worker *worker, uint64_t address, uint64_t length, int flags,
                        uintptr_t ra)
{
    struct worker_hit hit = {
        .kind = WORKER_WATCH_ALL,
        .data_address = untag(worker, address),
        .data_length = length,
    };

    hit.moment = moment_inside(locate(worker, ra, &hit.pc));
    if (flags & BP_MEM_READ) {
        hit.access = WORKER_WATCH_READ;
        clockwork_hit(&worker->clockwork, &hit);
    }
    if (flags & BP_MEM_WRITE) {
        hit.access = WORKER_WATCH_WRITE;
        clockwork_hit(&worker->clockwork, &hit);
    }
}

void worker_breakpoints_accessed(CPUState *cpu, vaddr address, vaddr length, int flags,
                                 uintptr_t ra)
{
    struct worker *worker = worker_current();
    bool touched = has_kind(worker, WORKER_WATCH_ALL);
    guint i;

    if (touched) {
        note_access(worker, address, length, flags, ra);
    }
    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *watch = breakpoint(worker, i);
        struct worker_hit hit = {
            .kind = watch->kind,
            .access = is_watch(watch) ? access_kind(watch, flags) : 0,
            .address = watch->address,
        };
        struct worker_span data;

        if (hit.access && touches(worker, watch, address, length, &data)) {
            hit.data_address = data.address;
            hit.data_length = data.length;
            touched = true;
            hit.moment = moment_inside(locate(worker, ra, &hit.pc));
            if (leaves(worker, i, &hit, address)) {
                leave(worker, ra);
            }
        }
    }
    if (!touched) {
        worker_watch_ranges_missed(worker);
    }
}

/* A device has written data of what is watched. */
static void hit_by_device(struct worker *worker, const struct worker_breakpoint *watch,
                          struct worker_span data, bool nested)
{
    struct worker_hit hit = {
        .moment = nested ? moment_inside(ebb_position_of_instruction())
                         : moment_arrived(ebb_position_now()),
        .kind = watch->kind,
        .access = WORKER_WATCH_WRITE,
        .address = watch->address,
        .data_address = data.address,
        .data_length = data.length,
        .pc = worker_pc(worker),
        .by_device = true,
    };

    hit.moment.event = worker->events.next_number + 1;
    if (clockwork_hit(&worker->clockwork, &hit) && nested) {
        cpu_exit(CPU(worker->cpu));
    }
}

/* The part of a watchpoint that lies on one page, against a device's write. */
static void check_page(struct worker *worker, const struct worker_breakpoint *watch, uint64_t start,
                       uint64_t length, uint64_t offset, uint64_t count, bool nested)
{
    MemTxAttrs attrs;
    hwaddr physical = cpu_get_phys_page_attrs_debug(CPU(worker->cpu),
                                                    start & ~(uint64_t)(EBB_PAGE_SIZE - 1), &attrs);
    uint64_t watched = physical == -1
                           ? UINT64_MAX
                           : worker_map_offset(worker, physical + start % EBB_PAGE_SIZE, attrs);

    if (watched != UINT64_MAX && overlaps(watched, length, offset, count)) {
        struct worker_span data = {
            .address = start + (offset > watched ? offset - watched : 0),
            .length = MIN(offset + count, watched + length) - MAX(offset, watched),
        };

        hit_by_device(worker, watch, data, nested);
    }
}

static void check_pages(struct worker *worker, const struct worker_breakpoint *watch,
                        uint64_t offset, uint64_t count, bool nested)
{
    uint64_t done, part;

    for (done = 0; done < watch->length; done += part) {
        uint64_t start = watch->address + done;

        part = MIN(watch->length - done, EBB_PAGE_SIZE - start % EBB_PAGE_SIZE);
        check_page(worker, watch, start, part, offset, count, nested);
    }
}

void worker_breakpoints_device_wrote(struct worker *worker, uint64_t offset, uint64_t length,
                                     bool nested)
{
    guint i;

    worker_pages_device_wrote(worker);
    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *watch = breakpoint(worker, i);
        struct worker_span data;

        if (!is_watch(watch) || !(access_kinds(watch) & BP_MEM_WRITE)) {
            continue;
        }
        if (!worker_watch_is_physical(watch->kind)) {
            check_pages(worker, watch, offset, length, nested);
        } else if (worker_physical_holds(worker, watch, offset, length, &data)) {
            hit_by_device(worker, watch, data, nested);
        }
    }
}
