/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "hw/core/cpu.h"
#include "log/page_sets.h"
#include "pages.h"

struct worker_pages {
    bool known; /* all that was touched since the last call is in the set */
    bool device_wrote;
    GHashTable *touched; /* hashes, as pointers */
};

struct worker_pages *worker_pages_new(void)
{
    struct worker_pages *pages = g_new0(struct worker_pages, 1);

    pages->touched = g_hash_table_new(NULL, NULL);
    return pages;
}

void worker_pages_translated(vaddr address)
{
    struct worker *worker = worker_current();
    struct worker_pages *pages = worker->pages;

    if (!pages->known) {
        return;
    }
    g_hash_table_add(pages->touched, GUINT_TO_POINTER(ebb_page_hash(address)));
    if (g_hash_table_size(pages->touched) > WORKER_MAX_PAGE_SET) {
        worker_pages_lose(worker);
    }
}

void worker_pages_device_wrote(struct worker *worker)
{
    worker->pages->device_wrote = true;
}

void worker_pages_lose(struct worker *worker)
{
    worker->pages->known = false;
    g_hash_table_remove_all(worker->pages->touched);
}

static int compare(gconstpointer a, gconstpointer b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return first < second ? -1 : first > second;
}

static void append_hashes(struct worker *worker, GByteArray *reply)
{
    g_autoptr(GArray) hashes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, worker->pages->touched);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        uint32_t hash = GPOINTER_TO_UINT(key);

        g_array_append_val(hashes, hash);
    }
    g_array_sort(hashes, compare);
    g_byte_array_append(reply, (const guint8 *)hashes->data, hashes->len * sizeof(uint32_t));
}

void worker_pages_take(struct worker *worker, GByteArray *reply)
{
    struct worker_pages *pages = worker->pages;
    struct worker_page_set set = {
        .flags = (pages->known ? 0 : WORKER_PAGES_UNKNOWN) |
                 (pages->device_wrote ? WORKER_PAGES_DEVICE_WRITES : 0),
        .count = g_hash_table_size(pages->touched),
    };

    g_byte_array_append(reply, (const guint8 *)&set, sizeof(set));
    append_hashes(worker, reply);
    g_hash_table_remove_all(pages->touched);
    pages->known = true;
    pages->device_wrote = false;
    tlb_flush(CPU(worker->cpu));
}
