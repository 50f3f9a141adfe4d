/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to the CPU and RAM from outside, and what is done between two runs of the vCPU. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "gdbstub/internals.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "state.h"
#include "system/replay.h"
#include "qapi/qapi-types-ui.h"
#include "replay/replay-internal.h"

#define CPU_INPUTS (ARM_CPU_VINMI + 1)

void recorder_append_mmio(struct recorder *recorder, uint32_t kind, hwaddr address, uint64_t value,
                          unsigned size, uint32_t flags)
{
    struct ebb_event event = {
        .kind = kind,
        .address = address,
        .value = value,
        .size = size,
        .flags = flags,
    };

    recorder_append_access(recorder, &event);
}

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

/* False, after recorder_fail(), if the vCPU may be executing while the caller changes its world. */
static bool check_serialized(struct recorder *recorder, const char *what)
{
    if (bql_locked() && (current_cpu || replay_mutex_locked())) {
        return true;
    }
    recorder_fail(recorder,
                  "cannot record %s from another thread while the guest runs; use a device that "
                  "does its work on QEMU's main thread",
                  what);
    return false;
}

static void interrupt_line_moved(void *opaque, int input, int level)
{
    qemu_irq original = *(qemu_irq *)opaque;
    struct recorder *recorder = ebb_recorder;
    struct ebb_event event = {
        .kind = EBB_EVENT_INTERRUPT_LINE,
        .address = input,
        .value = level != 0,
    };

    if (!changes_line(&recorder->cpu->env, input, level != 0)) {
        return;
    }
    if (recorder_is_recording(recorder) && check_serialized(recorder, "an interrupt raised")) {
        recorder_append_effect(recorder, &event);
    }
    qemu_set_irq(original, level);
}

void recorder_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    struct recorder *recorder = ebb_recorder;
    uint64_t ram_offset;

    if (!recorder_is_recording(recorder) || !length) {
        return;
    }
    ram_offset = ebb_ram_space_offset(recorder->space, mr, offset);
    if (ram_offset == UINT64_MAX) {
        return;
    }
    recorder_mark_dirty(mr, offset, length);
    if (recorder->resetting) {
        return; /* the keyframe after the reset has it */
    }
    if (check_serialized(recorder, "RAM written")) {
        recorder_append_dma(recorder, ram_offset, length);
    }
}

static void append_reset(struct recorder *recorder)
{
    struct ebb_event event = {.kind = EBB_EVENT_RESET};

    recorder->resetting = false;
    recorder->entry_position = UINT64_MAX;
    if (recorder_keyframe(recorder, recorder->accel->position(recorder), &event.value)) {
        recorder_append_effect(recorder, &event);
    }
}

static void start_recording(struct recorder *recorder)
{
    Error *error = NULL;

    if (gdbserver_state.init) {
        recorder_fail(recorder, "cannot record this guest: what a debugger writes is not recorded; "
                                "leave -s and -gdb out and debug the recording with ebb replay");
        return;
    }
    recorder->space = ebb_ram_space_new();
    recorder_map_start(recorder);
    if (!recorder->accel->start(recorder, &error) || !recorder_write_manifest(recorder, &error)) {
        recorder_fail(recorder, "%s", error_get_pretty(error));
        error_free(error);
        return;
    }
    recorder->phase = RECORDER_RECORDING;
    recorder_keyframe_start(recorder);
    recorder_keyframe(recorder, recorder->accel->place(recorder), NULL);
}

void recorder_between_runs(struct recorder *recorder)
{
    if (recorder->phase == RECORDER_WAITING) {
        start_recording(recorder);
    }
    if (!recorder_is_recording(recorder)) {
        recorder->resetting = false;
        return;
    }
    if (recorder->resetting) {
        append_reset(recorder);
    } else if (recorder_keyframe_is_due(recorder)) {
        recorder_keyframe(recorder, recorder->accel->place(recorder), NULL);
    }
}

void recorder_watch_inputs(struct recorder *recorder)
{
    qemu_irq inputs[CPU_INPUTS];
    int i;

    for (i = 0; i < CPU_INPUTS; i++) {
        inputs[i] = qdev_get_gpio_in(DEVICE(recorder->cpu), i);
    }
    qemu_irq_intercept_in(inputs, interrupt_line_moved, CPU_INPUTS);
    /* The main thread, which this is, starts out with the mutex. */
    replay_mutex_init();
}
