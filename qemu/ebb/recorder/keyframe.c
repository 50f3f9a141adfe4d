/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When keyframes are due, and which pages of RAM go into one.
 *
 * The first has every page that is not zero. After that dirty.h tells which pages were written to.
 * Under KVM that is not free: a guest that gets no keyframes but the last goes without, and the
 * last has all pages in use.
 */
#include "qemu/osdep.h"
#include "exec/ramblock.h"
#include "qemu/timer.h"
#include "system/cpu-timers.h"
#include "system/tcg.h"
#include "log/digest.h"
#include "ebb/arm/cpu_state.h"
#include "accel.h"
#include "dirty.h"
#include "flight.h"
#include "keyframe.h"
#include "ram_space.h"

/*
 * Bytes that are looked at together first: with 1 MiB, 1 GiB of RAM that nobody has written to is
 * passed in 1024 looks instead of 262144, while the vCPU waits. A guess: a larger one more often
 * has a dirty page in it, and then is gone through page by page.
 */
#define CLEAN_STRETCH (1u << 20)

struct recorder_keyframes {
    uint64_t position;     /* of the last one */
    bool any;              /* there is a last one */
    bool requested;        /* its time has come */
    QEMUTimer *timer;      /* guest time */
    QEMUTimer *host_timer; /* host time */
};

static int add_page(struct recorder_session *session, const struct recorder_ram_block *block,
                    uint64_t offset, struct ebb_error *error)
{
    return ebb_keyframe_add_page(session->writer, (block->offset + offset) / EBB_PAGE_SIZE,
                                 block->block->host + offset, error);
}

/* with_zeroes: also those that may hold something else in an earlier keyframe. */
static int add_used_pages(struct recorder_session *session, const struct recorder_ram_block *block,
                          bool with_zeroes, struct ebb_error *error)
{
    g_autofree DirtyBitmapSnapshot *dirty = recorder_dirty_take(block);
    g_autofree bool *used = recorder_ram_space_used_pages(block);
    uint64_t done;

    for (done = 0; done < block->size; done += EBB_PAGE_SIZE) {
        if (used[done / EBB_PAGE_SIZE] &&
            (with_zeroes || !ebb_is_zero(block->block->host + done, EBB_PAGE_SIZE)) &&
            add_page(session, block, done, error)) {
            return -1;
        }
    }
    return 0;
}

static int add_dirty_pages(struct recorder_session *session, const struct recorder_ram_block *block,
                           struct ebb_error *error)
{
    g_autofree DirtyBitmapSnapshot *dirty = recorder_dirty_take(block);
    uint64_t done = 0;

    while (done < block->size) {
        uint64_t stretch = MIN(CLEAN_STRETCH, block->size - done);

        if (done % CLEAN_STRETCH == 0 && !recorder_dirty_has(dirty, block, done, stretch)) {
            done += stretch;
            continue;
        }
        if (recorder_dirty_has(dirty, block, done, EBB_PAGE_SIZE) &&
            add_page(session, block, done, error)) {
            return -1;
        }
        done += EBB_PAGE_SIZE;
    }
    return 0;
}

static int add_block(struct recorder_session *session, const struct recorder_ram_block *block,
                     bool whole, struct ebb_error *error)
{
    return whole || !session->tracks_dirty ? add_used_pages(session, block, !whole, error)
                                           : add_dirty_pages(session, block, error);
}

static int write_keyframe(struct recorder_session *session, uint64_t position, bool whole,
                          uint64_t *number, struct ebb_error *error)
{
    struct ebb_cpu_registers *registers;
    const struct ebb_register *list;
    size_t count, i;
    int result;

    if (ebb_keyframe_begin(session->writer, position, number, error)) {
        return -1;
    }
    for (i = 0; i < session->space->block_count; i++) {
        if (add_block(session, &session->space->blocks[i], whole, error)) {
            return -1;
        }
    }
    registers = session->accel->registers(session);
    list = ebb_cpu_registers_list(registers, &count);
    result = ebb_keyframe_commit(session->writer, list, count, error);
    ebb_cpu_registers_free(registers);
    return result;
}

/* When the next one is due; under TCG, QEMU lets the vCPU run until the next timer of the guest. */
static void schedule(struct recorder_session *session)
{
    uint64_t interval = session->settings.keyframe_interval;

    session->keyframes->requested = false;
    if (session->settings.keyframe_ms) {
        timer_mod(session->keyframes->host_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + session->settings.keyframe_ms);
    } else if (tcg_enabled()) {
        timer_mod(session->keyframes->timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + icount_to_ns(interval));
    }
}

bool recorder_keyframe_write(struct recorder_session *session, uint64_t position, uint64_t *number)
{
    uint64_t local;
    struct ebb_error error;
    bool whole = !session->keyframes->any;

    number = number ? number : &local;
    session->accel->sync_dirty(session);
    if (!recorder_flight_keyframe_begin(session, &whole)) {
        return false;
    }
    if (write_keyframe(session, position, whole, number, &error)) {
        recorder_state_fail(session, "%s", error.message);
        return false;
    }
    session->keyframes->any = true;
    session->keyframes->position = position;
    schedule(session);
    return recorder_flight_keyframe_end(session, whole, *number);
}

static uint64_t instructions_left(const struct recorder_session *session)
{
    uint64_t done = session->accel->position(session);
    uint64_t due = session->keyframes->position + session->settings.keyframe_interval;

    return due > done ? due - done : 0;
}

bool recorder_keyframe_is_due(const struct recorder_session *session)
{
    if (session->settings.keyframe_ms || !tcg_enabled()) {
        return session->keyframes->requested;
    }
    return !instructions_left(session);
}

/* The vCPU has stopped running for it, and looks whether a keyframe is due. */
static void guest_timer(void *opaque)
{
    struct recorder_session *session = opaque;
    uint64_t left = instructions_left(session);

    if (recorder_state_is_recording(session) && left) {
        timer_mod(session->keyframes->timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + icount_to_ns(left));
    }
}

static void host_timer(void *opaque)
{
    struct recorder_session *session = opaque;

    session->keyframes->requested = true;
    qemu_cpu_kick(CPU(session->cpu));
}

void recorder_keyframe_start(struct recorder_session *session)
{
    session->keyframes = g_new0(struct recorder_keyframes, 1);
    session->keyframes->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, guest_timer, session);
    session->keyframes->host_timer = timer_new_ms(QEMU_CLOCK_REALTIME, host_timer, session);
    recorder_flight_start(session);
}

void recorder_keyframe_stop(struct recorder_session *session)
{
    timer_free(session->keyframes->timer);
    timer_free(session->keyframes->host_timer);
    g_clear_pointer(&session->keyframes, g_free);
    recorder_flight_stop(session);
}
