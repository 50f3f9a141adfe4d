/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/main-loop.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "system/replay.h"
#include "qapi/qapi-types-ui.h"
#include "replay/replay-internal.h"
#include "ebb/tables.h"
#include "device_view.h"
#include "dirty.h"
#include "events.h"
#include "hooks.h"
#include "ram_space.h"

#define CPU_INPUTS (ARM_CPU_VINMI + 1)

struct recorder_session *recorder_hooks_session;

/* QEMU's CPU inputs are levels; calls that do not change one have no effect, but cost KVM a call.
 */
static bool changes_line(CPUARMState *env, int input, bool level)
{
    static const uint32_t bits[CPU_INPUTS] = {
        [ARM_CPU_IRQ] = CPU_INTERRUPT_HARD,  [ARM_CPU_FIQ] = CPU_INTERRUPT_FIQ,
        [ARM_CPU_VIRQ] = CPU_INTERRUPT_VIRQ, [ARM_CPU_VFIQ] = CPU_INTERRUPT_VFIQ,
        [ARM_CPU_NMI] = CPU_INTERRUPT_NMI,   [ARM_CPU_VINMI] = CPU_INTERRUPT_VINMI,
    };

    if ((input == ARM_CPU_VIRQ || input == ARM_CPU_VFIQ) && !arm_feature(env, ARM_FEATURE_EL2)) {
        return false;
    }
    return level != !!(env->irq_line_state & bits[input]);
}

/* False, after recorder_state_fail(), if the vCPU may be executing while the caller changes its
 * world. */
static bool check_serialized(struct recorder_session *session, const char *what)
{
    if (bql_locked() && (current_cpu || replay_mutex_locked())) {
        return true;
    }
    recorder_state_fail(
        session,
        "cannot record %s from another thread while the guest runs; use a device that "
        "does its work on QEMU's main thread",
        what);
    return false;
}

static void interrupt_line_moved(void *opaque, int input, int level)
{
    qemu_irq original = *(qemu_irq *)opaque;
    struct recorder_session *session = recorder_hooks_session;
    struct ebb_event event = {
        .kind = EBB_EVENT_INTERRUPT_LINE,
        .address = input,
        .value = level != 0,
    };

    if (!changes_line(&session->cpu->env, input, level != 0)) {
        return;
    }
    if (recorder_state_is_recording(session) && check_serialized(session, "an interrupt raised")) {
        recorder_events_effect(session, &event);
    }
    qemu_set_irq(original, level);
}

void recorder_hooks_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    struct recorder_session *session = recorder_hooks_session;
    uint64_t ram_offset;

    ebb_tables_ram_written(mr, offset, length);
    recorder_device_view_update(session, mr, offset, length);
    if (!recorder_state_is_recording(session) || !length) {
        return;
    }
    ram_offset = recorder_ram_space_offset(session->space, mr, offset);
    if (ram_offset == UINT64_MAX) {
        return;
    }
    recorder_dirty_mark(mr, offset, length);
    if (session->resetting) {
        return; /* the keyframe after the reset has it */
    }
    if (check_serialized(session, "RAM written")) {
        recorder_events_dma(session, ram_offset, length);
    }
}

void *recorder_hooks_device_map(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    return recorder_device_view_map(recorder_hooks_session, mr, offset, length);
}

MemoryRegion *recorder_hooks_device_unmap(void *buffer, hwaddr length, hwaddr written)
{
    return recorder_device_view_unmap(recorder_hooks_session, buffer, length, written);
}

void recorder_hooks_watch_inputs(struct recorder_session *session)
{
    qemu_irq inputs[CPU_INPUTS];
    int i;

    for (i = 0; i < CPU_INPUTS; i++) {
        inputs[i] = qdev_get_gpio_in(DEVICE(session->cpu), i);
    }
    qemu_irq_intercept_in(inputs, interrupt_line_moved, CPU_INPUTS);
    /* The main thread, which this is, starts out with the mutex. */
    replay_mutex_init();
}
