/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "accel/tcg/tb-context.h"
#include "exec/exec-all.h"
#include "exec/translation-block.h"
#include "translations.h"
#include "worker.h"

struct worker_translations {
    GHashTable *pages;    /* a page's number → GPtrArray of TranslationBlock */
    unsigned flush_count; /* QEMU's; with another one none of them exists any more */
};

static gpointer page_key(vaddr address)
{
    return (gpointer)(uintptr_t)(address / EBB_PAGE_SIZE);
}

static void free_blocks(gpointer blocks)
{
    g_ptr_array_free(blocks, true);
}

struct worker_translations *worker_translations_new(void)
{
    struct worker_translations *translations = g_new0(struct worker_translations, 1);

    translations->pages = g_hash_table_new_full(NULL, NULL, NULL, free_blocks);
    translations->flush_count = qatomic_read(&tb_ctx.tb_flush_count);
    return translations;
}

static void follow_flush(struct worker_translations *translations)
{
    unsigned flush_count = qatomic_read(&tb_ctx.tb_flush_count);

    if (translations->flush_count != flush_count) {
        g_hash_table_remove_all(translations->pages);
        translations->flush_count = flush_count;
    }
}

void worker_translations_add(TranslationBlock *tb)
{
    struct worker_translations *translations = worker_current()->translations;
    GPtrArray *blocks;

    follow_flush(translations);
    blocks = g_hash_table_lookup(translations->pages, page_key(tb->pc));
    if (!blocks) {
        blocks = g_ptr_array_new();
        g_hash_table_insert(translations->pages, page_key(tb->pc), blocks);
    }
    g_ptr_array_add(blocks, tb);
}

/* Of those that start on a page. Those that QEMU has dropped for another reason are forgotten by
 * the way. */
static void drop_starting_on(struct worker_translations *translations, gpointer page, vaddr address)
{
    GPtrArray *blocks = g_hash_table_lookup(translations->pages, page);
    guint i = 0;

    while (blocks && i < blocks->len) {
        TranslationBlock *tb = g_ptr_array_index(blocks, i);
        bool is_valid = !(tb_cflags(tb) & CF_INVALID);

        if (is_valid && address - tb->pc < tb->size) {
            tb_phys_invalidate(tb, -1);
            is_valid = false;
        }
        if (is_valid) {
            i++;
        } else {
            g_ptr_array_remove_index_fast(blocks, i);
        }
    }
}

void worker_translations_drop(struct worker_translations *translations, vaddr address)
{
    follow_flush(translations);
    drop_starting_on(translations, page_key(address), address);
    /* A block may end on the next page. */
    drop_starting_on(translations, page_key(address - EBB_PAGE_SIZE), address);
}
