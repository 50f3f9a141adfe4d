/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "exec/ramblock.h"
#include "qemu/thread.h"
#include "accel.h"
#include "ahead.h"
#include "dirty.h"
#include "ram_space.h"

struct recorder_ahead {
    struct recorder_session *session;
    QemuThread thread;
    QemuMutex lock; /* for what follows */
    QemuCond changed;
    /* Of each block, to be read, or NULL for those that are not read ahead; NULL: nothing to do. */
    DirtyBitmapSnapshot **dirty;
    void (*done)(void *session);
    bool stopping;
    bool failed;
    struct ebb_error error;
};

static int add_page(void *opaque, const struct recorder_ram_block *block, uint64_t offset)
{
    struct recorder_ahead *ahead = opaque;

    return ebb_keyframe_add_ahead(ahead->session->writer, (block->offset + offset) / EBB_PAGE_SIZE,
                                  block->block->host + offset, &ahead->error);
}

/* While nobody else uses what is read. */
static bool read_blocks(struct recorder_ahead *ahead)
{
    const struct recorder_ram_space *space = ahead->session->space;
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        if (ahead->dirty[i] &&
            recorder_dirty_each(ahead->dirty[i], &space->blocks[i], add_page, ahead)) {
            return false;
        }
    }
    return true;
}

static void free_snapshots(struct recorder_ahead *ahead)
{
    size_t i;

    for (i = 0; i < ahead->session->space->block_count; i++) {
        g_free(ahead->dirty[i]);
    }
    g_clear_pointer(&ahead->dirty, g_free);
}

static void *read_ahead(void *opaque)
{
    struct recorder_ahead *ahead = opaque;

    qemu_mutex_lock(&ahead->lock);
    while (!ahead->stopping) {
        bool read;

        if (!ahead->dirty) {
            qemu_cond_wait(&ahead->changed, &ahead->lock);
            continue;
        }
        qemu_mutex_unlock(&ahead->lock);
        read =
            read_blocks(ahead) && !ebb_keyframe_wait_ahead(ahead->session->writer, &ahead->error);
        qemu_mutex_lock(&ahead->lock);
        ahead->failed |= !read;
        free_snapshots(ahead);
        ahead->done(ahead->session);
        qemu_cond_broadcast(&ahead->changed);
    }
    qemu_mutex_unlock(&ahead->lock);
    return NULL;
}

void recorder_ahead_start(struct recorder_session *session)
{
    struct recorder_ahead *ahead = session->ahead = g_new0(struct recorder_ahead, 1);

    ahead->session = session;
    qemu_mutex_init(&ahead->lock);
    qemu_cond_init(&ahead->changed);
    qemu_thread_create(&ahead->thread, "ebb-ahead", read_ahead, ahead, QEMU_THREAD_JOINABLE);
}

void recorder_ahead_stop(struct recorder_session *session)
{
    struct recorder_ahead *ahead = session->ahead;

    if (!ahead) {
        return;
    }
    recorder_ahead_wait(session);
    qemu_mutex_lock(&ahead->lock);
    ahead->stopping = true;
    qemu_cond_broadcast(&ahead->changed);
    qemu_mutex_unlock(&ahead->lock);
    qemu_thread_join(&ahead->thread);
    qemu_cond_destroy(&ahead->changed);
    qemu_mutex_destroy(&ahead->lock);
    g_clear_pointer(&session->ahead, g_free);
}

static bool is_readable(struct recorder_session *session, const struct recorder_ram_block *block)
{
    const struct recorder_accel *accel = session->accel;

    return !accel->is_readable || accel->is_readable(session, block->block->mr);
}

static int count_page(void *opaque, const struct recorder_ram_block *block, uint64_t offset)
{
    ++*(uint64_t *)opaque;
    return 0;
}

bool recorder_ahead_begin(struct recorder_session *session, uint64_t few, uint64_t many,
                          void (*done)(void *session), uint64_t *pages)
{
    const struct recorder_ram_space *space = session->space;
    struct recorder_ahead *ahead = session->ahead;
    DirtyBitmapSnapshot **dirty = g_new0(DirtyBitmapSnapshot *, space->block_count + 1);
    bool left;
    size_t i;

    *pages = 0;
    session->accel->sync_dirty(session);
    for (i = 0; i < space->block_count; i++) {
        if (is_readable(session, &space->blocks[i])) {
            dirty[i] = recorder_dirty_take(&space->blocks[i]);
            recorder_dirty_each(dirty[i], &space->blocks[i], count_page, pages);
        }
    }
    qemu_mutex_lock(&ahead->lock);
    ahead->dirty = dirty;
    ahead->done = done;
    left = *pages > few && *pages < many;
    if (left) {
        qemu_cond_broadcast(&ahead->changed);
    } else {
        ahead->failed |= !read_blocks(ahead);
        free_snapshots(ahead);
    }
    qemu_mutex_unlock(&ahead->lock);
    return left;
}

bool recorder_ahead_wait(struct recorder_session *session)
{
    struct recorder_ahead *ahead = session->ahead;
    bool failed;

    if (!ahead) {
        return true;
    }
    qemu_mutex_lock(&ahead->lock);
    while (ahead->dirty) {
        qemu_cond_wait(&ahead->changed, &ahead->lock);
    }
    failed = ahead->failed;
    ahead->failed = false;
    qemu_mutex_unlock(&ahead->lock);
    if (failed) {
        recorder_state_fail(session, "%s", ahead->error.message);
    }
    return !failed;
}
