/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/interval-tree.h"
#include "qemu/madvise.h"
#include "exec/cpu-common.h"
#include "exec/memory-internal.h"
#include "exec/ramblock.h"
#include "log/event.h"
#include "device_view.h"

/*
 * Bytes that stay in memory although they are not mapped any more. Most of them are mapped again
 * soon: a guest's buffers are reused, and to take a page from the kernel costs more than to fill
 * it.
 */
#define KEPT (16u << 20)

/* Of one RAM block. */
struct view {
    RAMBlock *block;
    uint8_t *base; /* address space for all of the block; the kernel gives memory to what is used */
    IntervalTreeRoot mappings;
};

struct mapping {
    IntervalTreeNode bytes; /* offsets in the block */
    MemoryRegion *mr;
    bool shared; /* another mapping has some of the bytes */
};

struct recorder_device_view {
    GArray *views;   /* struct view */
    uint64_t filled; /* bytes since what is not mapped was last given back to the kernel */
};

static struct view *view_at(struct recorder_device_view *all, guint i)
{
    return &g_array_index(all->views, struct view, i);
}

static struct view *find_view(struct recorder_device_view *all, const RAMBlock *block)
{
    guint i;

    for (i = 0; i < all->views->len; i++) {
        if (view_at(all, i)->block == block) {
            return view_at(all, i);
        }
    }
    return NULL;
}

static struct view *view_of(struct recorder_device_view *all, RAMBlock *block)
{
    struct view *found = find_view(all, block), new = {.block = block};

    if (found) {
        return found;
    }
    new.base = mmap(NULL, block->max_length, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (new.base == MAP_FAILED) {
        error_report("the recorder has no memory for what devices write to the guest's RAM: %s",
                     strerror(errno));
        exit(EXIT_FAILURE);
    }
    qemu_madvise(new.base, block->max_length, QEMU_MADV_NOHUGEPAGE);
    qemu_madvise(new.base, block->max_length, QEMU_MADV_DONTDUMP);
    g_array_append_val(all->views, new);
    return view_at(all, all->views->len - 1);
}

static struct mapping *mapping_of(IntervalTreeNode *node)
{
    return container_of(node, struct mapping, bytes);
}

static void fill(struct recorder_device_view *all, struct view *view, uint64_t start, uint64_t end)
{
    if (start < end) {
        memcpy(view->base + start, view->block->host + start, end - start);
        all->filled += end - start;
    }
}

/* Brings what is in no other mapping into the view; what is, may hold what a device has written. */
static void fill_new_bytes(struct recorder_device_view *all, struct view *view,
                           struct mapping *mapping)
{
    uint64_t start = mapping->bytes.start, last = mapping->bytes.last;
    IntervalTreeNode *other = interval_tree_iter_first(&view->mappings, start, last);

    for (; other; other = interval_tree_iter_next(other, mapping->bytes.start, last)) {
        mapping_of(other)->shared = true;
        mapping->shared = true;
        fill(all, view, start, other->start);
        start = MAX(start, other->last + 1);
    }
    fill(all, view, start, last + 1);
}

void *recorder_device_view_map(struct recorder_session *session, MemoryRegion *mr, hwaddr offset,
                               hwaddr length)
{
    struct recorder_device_view *all = session->device_view;
    struct view *view = view_of(all, mr->ram_block);
    struct mapping *mapping = g_new0(struct mapping, 1);

    mapping->mr = mr;
    mapping->bytes.start = offset;
    mapping->bytes.last = offset + length - 1;
    fill_new_bytes(all, view, mapping);
    interval_tree_insert(&mapping->bytes, &view->mappings);
    return view->base + offset;
}

/* The mapping that begins at an offset, and if several do one of the length, if there is one. */
static struct mapping *find_mapping(struct view *view, uint64_t offset, hwaddr length)
{
    IntervalTreeNode *node = interval_tree_iter_first(&view->mappings, offset, offset);
    struct mapping *found = NULL;

    for (; node; node = interval_tree_iter_next(node, offset, offset)) {
        if (node->start == offset && (!found || node->last == offset + length - 1)) {
            found = mapping_of(node);
        }
    }
    return found;
}

/* What several mappings share is written once: where RAM has it already, nothing has changed. */
static void write_differences(struct view *view, MemoryRegion *mr, uint64_t start, uint64_t end)
{
    while (start < end) {
        uint64_t next = MIN(end, ROUND_DOWN(start, EBB_PAGE_SIZE) + EBB_PAGE_SIZE);

        if (memcmp(view->base + start, view->block->host + start, next - start)) {
            memory_region_write_ram(mr, start, view->base + start, next - start);
        }
        start = next;
    }
}

static void give_back(struct view *view, uint64_t start, uint64_t end)
{
    start = ROUND_UP(start, qemu_real_host_page_size());
    end = ROUND_DOWN(end, qemu_real_host_page_size());
    if (start < end) {
        qemu_madvise(view->base + start, end - start, QEMU_MADV_DONTNEED);
    }
}

static void give_back_unmapped(struct recorder_device_view *all)
{
    guint i;

    for (i = 0; i < all->views->len; i++) {
        struct view *view = view_at(all, i);
        IntervalTreeNode *node = interval_tree_iter_first(&view->mappings, 0, UINT64_MAX);
        uint64_t start = 0;

        for (; node; node = interval_tree_iter_next(node, 0, UINT64_MAX)) {
            give_back(view, start, node->start);
            start = MAX(start, node->last + 1);
        }
        give_back(view, start, view->block->max_length);
    }
    all->filled = 0;
}

static MemoryRegion *unmap(struct recorder_device_view *all, struct view *view, uint64_t offset,
                           hwaddr length, hwaddr written)
{
    struct mapping *mapping = find_mapping(view, offset, length);
    MemoryRegion *mr = mapping->mr;

    interval_tree_remove(&mapping->bytes, &view->mappings);
    if (mapping->shared) {
        write_differences(view, mr, offset, offset + written);
    } else if (written) {
        memory_region_write_ram(mr, offset, view->base + offset, written);
    }
    g_free(mapping);
    if (all->filled > KEPT) {
        give_back_unmapped(all);
    }
    return mr;
}

MemoryRegion *recorder_device_view_unmap(struct recorder_session *session, void *buffer,
                                         hwaddr length, hwaddr written)
{
    struct recorder_device_view *all = session->device_view;
    guint i;

    for (i = 0; i < all->views->len; i++) {
        struct view *view = view_at(all, i);
        uint64_t offset = (uint8_t *)buffer - view->base;

        if ((uint8_t *)buffer >= view->base && offset < view->block->max_length) {
            return unmap(all, view, offset, length, written);
        }
    }
    return NULL;
}

void recorder_device_view_update(struct recorder_session *session, MemoryRegion *mr, hwaddr offset,
                                 hwaddr length)
{
    struct view *view = find_view(session->device_view, mr->ram_block);
    uint64_t last = offset + length - 1;
    IntervalTreeNode *node;

    if (!view || !length) {
        return;
    }
    node = interval_tree_iter_first(&view->mappings, offset, last);
    for (; node; node = interval_tree_iter_next(node, offset, last)) {
        uint64_t start = MAX(offset, node->start), end = MIN(last, node->last) + 1;

        memcpy(view->base + start, view->block->host + start, end - start);
    }
}

void recorder_device_view_start(struct recorder_session *session)
{
    session->device_view = g_new0(struct recorder_device_view, 1);
    session->device_view->views = g_array_new(false, false, sizeof(struct view));
}
