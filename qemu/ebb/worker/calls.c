/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "internals.h"
#include "exec/cpu-common.h"
#include "calls.h"
#include "context.h"
#include "translations.h"

#define LINK_A64 30
#define LINK_A32 14

/* Why an address is looked at. */
enum {
    PLACE_RETURN = 1 << 0, /* calls return there */
    PLACE_SITE_4 = 1 << 1, /* it makes calls that return 4 bytes behind it */
    PLACE_SITE_2 = 1 << 2, /* the same of 2 bytes */
};

struct call {
    struct worker_call call;
    struct call *older; /* that returns to the same address, with the same stack pointer */
};

struct worker_calls {
    bool active;
    GHashTable *open;   /* struct call: the newest of those that return alike */
    GHashTable *places; /* address → PLACE_... */
    guint count;        /* open calls, all of them */
    uint64_t ended;     /* position of the one that a row is made of */
};

static guint hash_call(gconstpointer key)
{
    const struct call *call = key;
    uint64_t mixed = call->call.return_address ^ call->call.context.stack * 0x9e3779b97f4a7c15u;

    return mixed ^ mixed >> 32;
}

static gboolean return_alike(gconstpointer a, gconstpointer b)
{
    const struct worker_call *first = &((const struct call *)a)->call;
    const struct worker_call *second = &((const struct call *)b)->call;

    return first->return_address == second->return_address &&
           first->context.stack == second->context.stack;
}

struct worker_calls *worker_calls_new(void)
{
    struct worker_calls *calls = g_new0(struct worker_calls, 1);

    calls->open = g_hash_table_new(hash_call, return_alike);
    calls->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return calls;
}

static void free_chain(gpointer key, gpointer value, gpointer opaque)
{
    struct call *call = value;

    while (call) {
        struct call *older = call->older;

        g_free(call);
        call = older;
    }
}

static void drop_place(gpointer key, gpointer value, gpointer worker)
{
    worker_translations_drop(((struct worker *)worker)->translations, *(uint64_t *)key);
}

static void look_at(struct worker *worker, uint64_t address, int why)
{
    GHashTable *places = worker->calls->places;
    int before = GPOINTER_TO_INT(g_hash_table_lookup(places, &address));

    if ((before | why) == before) {
        return;
    }
    g_hash_table_insert(places, g_memdup2(&address, sizeof(address)),
                        GINT_TO_POINTER(before | why));
    if (!before) {
        worker_translations_drop(worker->translations, address);
    }
}

static void open_call(struct worker *worker, const struct worker_call *call)
{
    struct worker_calls *calls = worker->calls;
    struct call *opened = g_new(struct call, 1);

    *opened = (struct call){.call = *call};
    opened->older = g_hash_table_lookup(calls->open, opened);
    g_hash_table_replace(calls->open, opened, opened);
    calls->count++;
    look_at(worker, call->return_address, PLACE_RETURN);
    look_at(worker, call->site,
            call->return_address - call->site == 2 ? PLACE_SITE_2 : PLACE_SITE_4);
}

void worker_calls_follow(struct worker *worker, bool active, const struct worker_call *list,
                         size_t count)
{
    struct worker_calls *calls = worker->calls;
    size_t i;

    g_hash_table_foreach(calls->open, free_chain, NULL);
    g_hash_table_remove_all(calls->open);
    calls->count = 0;
    calls->active = active;
    if (!active) {
        /* What is translated anew has no use for them; the places of another interval stay. */
        g_hash_table_foreach(calls->places, drop_place, worker);
        g_hash_table_remove_all(calls->places);
    }
    for (i = 0; active && i < count; i++) {
        open_call(worker, &list[i]);
    }
}

bool worker_calls_look_at(struct worker *worker, uint64_t address)
{
    return g_hash_table_contains(worker->calls->places, &address);
}

uint64_t worker_calls_plain_address(CPUARMState *env, uint64_t address)
{
    ARMVAParameters parameters =
        aa64_va_parameters(env, address, arm_stage1_mmu_idx(env), false, false);
    uint64_t mask = pauth_ptr_mask(parameters);

    return extract64(address, 55, 1) ? address | mask : address & ~mask;
}

/* A return leaves its address in the link register of A64, whose RET takes it from there. So who
 * gets to the return address by another way, as behind a setjmp() in the same function, is told
 * from it. A32 and T32 have functions that load the PC. */
static bool has_returned(CPUARMState *env, uint64_t return_address)
{
    return !is_a64(env) || worker_calls_plain_address(env, env->xregs[LINK_A64]) == return_address;
}

/* Whether a call is made in the context of now and before. */
static bool is_of(const struct worker_call *call, const struct worker_hit *hit,
                  const struct worker_context *now)
{
    return call->position < hit->moment.position && call->context.mode == now->mode &&
           call->context.space == now->space;
}

/* Takes those that end here out of the open ones. */
static struct call *take_ended(struct worker *worker, const struct worker_hit *hit,
                               const struct worker_context *now, uint64_t return_address)
{
    struct worker_calls *calls = worker->calls;
    struct call key = {.call = {.return_address = return_address, .context = *now}};
    struct call *call = g_hash_table_lookup(calls->open, &key), *older;
    struct call *kept = NULL, *ended = NULL, **kept_end = &kept, **ended_end = &ended;

    for (; call; call = older) {
        struct call ***end = is_of(&call->call, hit, now) ? &ended_end : &kept_end;

        older = call->older;
        call->older = NULL;
        **end = call;
        *end = &call->older;
    }
    g_hash_table_remove(calls->open, &key);
    if (kept) {
        g_hash_table_insert(calls->open, kept, kept);
    }
    return ended;
}

static void end_calls(struct worker *worker, const struct worker_hit *hit,
                      const struct worker_context *now, uint64_t return_address, uint32_t how)
{
    struct call *call = take_ended(worker, hit, now, return_address), *older;

    for (; call; call = older) {
        struct worker_hit end = *hit;

        older = call->older;
        end.kind = how;
        end.address = call->call.function;
        end.context = *now;
        worker->calls->ended = call->call.position;
        worker->calls->count--;
        clockwork_hit(&worker->clockwork, &end);
        g_free(call);
    }
}

/* The context matters only if some call may end; finding it walks the guest's tables. */
static bool may_end(struct worker *worker, uint64_t return_address)
{
    CPUARMState *env = &worker->cpu->env;
    struct call key = {.call = {.return_address = return_address}};

    key.call.context.stack = is_a64(env) ? env->xregs[31] : env->regs[13];
    return g_hash_table_contains(worker->calls->open, &key);
}

static void end_some(struct worker *worker, const struct worker_hit *hit, uint64_t return_address,
                     uint32_t how)
{
    struct worker_context now;

    if (may_end(worker, return_address)) {
        worker_context_read(worker, hit->pc, &now);
        end_calls(worker, hit, &now, return_address, how);
    }
}

void worker_calls_reached(struct worker *worker, const struct worker_hit *hit)
{
    struct worker_calls *calls = worker->calls;
    uint64_t pc = hit->pc;
    int why;

    if (!calls->count || !worker->clockwork.notes_rows) {
        return;
    }
    why = GPOINTER_TO_INT(g_hash_table_lookup(calls->places, &pc));
    if (why & PLACE_RETURN && has_returned(&worker->cpu->env, pc)) {
        end_some(worker, hit, pc, WORKER_CALL_RETURNED);
    }
    if (why & PLACE_SITE_4) {
        end_some(worker, hit, pc + 4, WORKER_CALL_LEFT);
    }
    if (why & PLACE_SITE_2) {
        end_some(worker, hit, pc + 2, WORKER_CALL_LEFT);
    }
}

/* The call instruction in front of a return address of T32: BLX (register) has 2 bytes, BL and BLX
 * (immediate) have 4 (Arm ARM, F5.1). */
static uint64_t site_of_t32(struct worker *worker, uint64_t return_address)
{
    uint8_t bytes[2];

    if (cpu_memory_rw_debug(CPU(worker->cpu), return_address - 2, bytes, sizeof(bytes), false)) {
        return return_address - 4;
    }
    return return_address - ((lduw_le_p(bytes) & 0xff87) == 0x4780 ? 2 : 4);
}

static void find_return(struct worker *worker, struct worker_row *row)
{
    CPUARMState *env = &worker->cpu->env;
    uint32_t link = env->regs[LINK_A32];

    if (is_a64(env)) {
        row->return_address = worker_calls_plain_address(env, env->xregs[LINK_A64]);
        row->site = row->return_address - 4;
    } else {
        row->return_address = link & ~1u;
        row->site = link & 1 ? site_of_t32(worker, row->return_address) : row->return_address - 4;
    }
}

void worker_calls_describe(struct worker *worker, struct worker_row *row)
{
    struct worker_calls *calls = worker->calls;
    struct worker_call call = {.position = row->hit.moment.position, .function = row->hit.address};

    if (row->hit.kind != WORKER_BREAK_EXECUTE) {
        row->call = calls->ended;
    } else if (calls->active) {
        find_return(worker, row);
        call.return_address = row->return_address;
        call.site = row->site;
        worker_context_read(worker, row->hit.pc, &call.context);
        open_call(worker, &call);
    }
}

bool worker_calls_are_over(struct worker *worker)
{
    return worker->calls->active && !worker->calls->count;
}
