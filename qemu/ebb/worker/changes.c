/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "changes.h"
#include "physical.h"
#include "translations.h"

/* Instructions that are looked behind; more are forgotten all at once, and found again. */
#define STORES_MAX 4096u

/* Bytes that one instruction is storing to, on one page. */
struct change {
    struct worker_hit hit;
    unsigned watch;
    bool told;
    const uint8_t *memory;
    size_t length;
    size_t before; /* where in worker_changes.before */
};

struct worker_changes {
    GHashTable *stores; /* addresses of instructions */
    GArray *pending;    /* struct change: of the instruction under way */
    GByteArray *before;
};

struct worker_changes *worker_changes_new(void)
{
    struct worker_changes *changes = g_new0(struct worker_changes, 1);

    changes->stores = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    changes->pending = g_array_new(FALSE, FALSE, sizeof(struct change));
    changes->before = g_byte_array_new();
    return changes;
}

bool worker_changes_looked_for(vaddr address)
{
    GHashTable *stores = worker_current()->changes->stores;
    uint64_t key = address;

    return g_hash_table_size(stores) && g_hash_table_contains(stores, &key);
}

static void look_behind(struct worker *worker, uint64_t pc)
{
    GHashTable *stores = worker->changes->stores;
    uint64_t *key = g_new(uint64_t, 1);

    if (g_hash_table_size(stores) == STORES_MAX) {
        g_hash_table_remove_all(stores);
    }
    *key = pc;
    g_hash_table_add(stores, key);
    worker_translations_drop(worker->translations, pc);
}

static bool keep_part(struct worker *worker, unsigned watch, const struct worker_hit *hit,
                      uint64_t address, size_t length)
{
    struct worker_changes *changes = worker->changes;
    struct change change = {
        .hit = *hit,
        .watch = watch,
        .memory = worker_physical_accessed(worker, address),
        .length = length,
        .before = changes->before->len,
    };

    if (!change.memory) {
        return false;
    }
    g_byte_array_append(changes->before, change.memory, length);
    g_array_append_val(changes->pending, change);
    return true;
}

enum worker_change worker_changes_keep(struct worker *worker, unsigned watch,
                                       const struct worker_hit *hit, uint64_t address)
{
    struct worker_hit part_hit = *hit;
    uint64_t done, part;

    if (!worker_changes_looked_for(hit->pc)) {
        look_behind(worker, hit->pc);
        return WORKER_CHANGE_UNSEEN;
    }
    for (done = 0; done < hit->data_length; done += part) {
        part = MIN(hit->data_length - done, EBB_PAGE_SIZE - (address + done) % EBB_PAGE_SIZE);
        part_hit.data_address = hit->data_address + done;
        part_hit.data_length = part;
        if (!keep_part(worker, watch, &part_hit, address + done, part)) {
            return WORKER_CHANGE_UNKNOWN;
        }
    }
    return WORKER_CHANGE_KEPT;
}

/* A watchpoint was told of the instruction before. */
static bool was_told(GArray *pending, unsigned watch)
{
    guint i;

    for (i = 0; i < pending->len; i++) {
        const struct change *change = &g_array_index(pending, struct change, i);

        if (change->told && change->watch == watch) {
            return true;
        }
    }
    return false;
}

void worker_changes_made(CPUState *cpu)
{
    struct worker *worker = worker_current();
    struct worker_changes *changes = worker->changes;
    guint i;

    for (i = 0; i < changes->pending->len; i++) {
        struct change *change = &g_array_index(changes->pending, struct change, i);

        if (!memcmp(change->memory, changes->before->data + change->before, change->length) ||
            was_told(changes->pending, change->watch)) {
            continue;
        }
        change->told = true;
        if (clockwork_hit(&worker->clockwork, &change->hit)) {
            cpu_exit(cpu);
        }
    }
    g_array_set_size(changes->pending, 0);
    g_byte_array_set_size(changes->before, 0);
}
