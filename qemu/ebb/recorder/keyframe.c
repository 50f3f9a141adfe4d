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
#include "qemu/atomic.h"
#include "qemu/timer.h"
#include "system/cpu-timers.h"
#include "system/tcg.h"
#include "log/digest.h"
#include "ebb/arm/cpu_state.h"
#include "accel.h"
#include "ahead.h"
#include "dirty.h"
#include "flight.h"
#include "keyframe.h"
#include "ram_space.h"

/*
 * Pages are read ahead until so few are dirty that the vCPU may as well wait for them, a
 * millisecond; but not more often than that: what has changed in between is stored in vain.
 */
#define FEW_PAGES 256u
#define MOST_PASSES 6u

struct recorder_keyframes {
    uint64_t position;     /* of the last one */
    bool any;              /* there is a last one */
    bool requested;        /* the vCPU is to see to the next one; other threads set this */
    unsigned passes;       /* of reading its pages ahead */
    uint64_t pass_pages;   /* of the last one */
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

struct addition {
    struct recorder_session *session;
    struct ebb_error *error;
};

static int add_dirty_page(void *opaque, const struct recorder_ram_block *block, uint64_t offset)
{
    struct addition *addition = opaque;

    return add_page(addition->session, block, offset, addition->error);
}

static int add_dirty_pages(struct recorder_session *session, const struct recorder_ram_block *block,
                           struct ebb_error *error)
{
    g_autofree DirtyBitmapSnapshot *dirty = recorder_dirty_take(block);
    struct addition addition = {session, error};

    return recorder_dirty_each(dirty, block, add_dirty_page, &addition);
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

    qatomic_set(&session->keyframes->requested, false);
    session->keyframes->passes = 0;
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
    if (!recorder_ahead_wait(session)) {
        return false;
    }
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
        return qatomic_read(&session->keyframes->requested);
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

/* From the main thread, or that which reads ahead. */
static void request(void *opaque)
{
    struct recorder_session *session = opaque;

    qatomic_set(&session->keyframes->requested, true);
    qemu_cpu_kick(CPU(session->cpu));
}

void recorder_keyframe_go_on(struct recorder_session *session)
{
    if (session->accel->keyframe_made && recorder_state_is_recording(session)) {
        session->accel->keyframe_made(session);
    }
}

void recorder_keyframe_make(struct recorder_session *session)
{
    struct recorder_keyframes *keyframes = session->keyframes;

    if (session->ahead && keyframes->passes < MOST_PASSES &&
        !recorder_flight_base_is_due(session)) {
        /* A guest that writes as fast as its pages are read gains nothing by it. */
        uint64_t many = keyframes->passes++ ? keyframes->pass_pages : UINT64_MAX;

        qatomic_set(&keyframes->requested, false);
        if (recorder_ahead_begin(session, FEW_PAGES, many, request, &keyframes->pass_pages)) {
            return;
        }
    }
    recorder_keyframe_write(session, session->accel->place(session), NULL);
    recorder_keyframe_go_on(session);
}

void recorder_keyframe_start(struct recorder_session *session)
{
    session->keyframes = g_new0(struct recorder_keyframes, 1);
    session->keyframes->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, guest_timer, session);
    session->keyframes->host_timer = timer_new_ms(QEMU_CLOCK_REALTIME, request, session);
    recorder_flight_start(session);
    if (session->tracks_dirty && session->accel->reads_ahead) {
        recorder_ahead_start(session);
    }
}

void recorder_keyframe_stop(struct recorder_session *session)
{
    recorder_ahead_stop(session);
    timer_free(session->keyframes->timer);
    timer_free(session->keyframes->host_timer);
    g_clear_pointer(&session->keyframes, g_free);
    recorder_flight_stop(session);
}
