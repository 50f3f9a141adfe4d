/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: the object `ebb-recorder`, which writes a recording of the machine it is created
 * in.
 *
 * Everything here is called with the BQL held and the vCPU not executing guest code, or from the
 * vCPU thread. There is one recorder per process; QEMU's hooks reach it through ebb_recorder.
 */
#ifndef EBB_RECORDER_H
#define EBB_RECORDER_H

#include "cpu.h"
#include "qom/object.h"
#include "qobject/qdict.h"
#include "exec/memory.h"
#include "hw/resettable.h"
#include "ebb-log/error.h"
#include "ebb-log/event.h"
#include "ebb-log/writer.h"
#include "ram_space.h"
#include "system/runstate.h"

#define TYPE_EBB_RECORDER "ebb-recorder"

enum recorder_phase {
    RECORDER_WAITING, /* for the guest's first instruction */
    RECORDER_RECORDING,
    RECORDER_FINISHED, /* the log has its end event */
    RECORDER_FAILED,
};

struct recorder_properties {
    char *directory;
    char *kernel;
    char *symbols;
    uint64_t keyframe_interval; /* instructions */
    uint32_t status_fd;         /* UINT32_MAX: none */
};

/* The synchronous access that the vCPU is making. */
struct recorder_access {
    bool active;
    uint64_t position;
};

/* What the guest last saw in the array of a flash device. */
struct recorder_flash {
    MemoryRegion *mr;
    uint8_t *shadow;
};

struct recorder {
    Object parent;
    struct recorder_properties properties;

    enum recorder_phase phase;
    enum ebb_end_reason end_reason;
    ARMCPU *cpu;
    struct ebb_ram_space *space;
    struct ebb_log_writer *writer;
    struct ebb_log_writer_stats stats; /* the last, once the writer is closed */

    struct recorder_access access;
    uint64_t entry_position; /* of the last entry into an exception handler; UINT64_MAX: none yet */
    uint64_t end_position;

    ResettableState reset_state;
    bool resetting; /* from the start of a machine reset until the vCPU runs again */

    uint64_t keyframe_position; /* of the last one */
    bool has_keyframe;
    QEMUTimer *keyframe_timer;

    struct ebb_memory_range *map; /* as last logged */
    size_t map_count;
    GArray *flashes; /* struct recorder_flash */
    MemoryListener listener;
    RAMBlockNotifier ram_notifier;

    Notifier machine_ready, shutdown, exit;
    QEMUTimer *status_timer;
};

extern struct recorder *ebb_recorder;

static inline bool recorder_is_recording(const struct recorder *recorder)
{
    return recorder->phase == RECORDER_RECORDING;
}

/*
 * recorder.c: stops recording for good after an error, reports it and shuts the guest down with a
 * failing exit status. What is on disk stays valid.
 */
void recorder_fail(struct recorder *recorder, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Writes the last keyframe and the end event, at position, and closes the log. */
void recorder_finish(struct recorder *recorder, enum ebb_end_reason reason, uint64_t position);

/* recorder_checks.c: false, with *errp set, if this machine cannot be recorded. */
bool recorder_check_machine(Error **errp);
bool recorder_has_gic_registers(ARMCPU *cpu);

/* recorder_manifest.c */
bool recorder_write_manifest(struct recorder *recorder, Error **errp);

/* recorder_hooks.c: makes QEMU call the recorder. */
void recorder_install_hooks(struct recorder *recorder);

/* recorder_semihosting.c */
void recorder_semihosting(CPUState *cpu);

/*
 * recorder_events.c: appends an event, nested in the access if there is one, else at the position
 * that the vCPU has reached.
 */
void recorder_append_effect(struct recorder *recorder, struct ebb_event *event);
/* Appends DMA events with the present contents of length bytes of RAM. */
void recorder_append_dma(struct recorder *recorder, uint64_t ram_offset, uint64_t length);
/* Appends the event of the access itself. */
void recorder_append_access(struct recorder *recorder, struct ebb_event *event);
/* Around an access: events in between are nested in it. False if it is inside another. */
bool recorder_access_begin(struct recorder *recorder, uint64_t position);
void recorder_access_end(struct recorder *recorder);

/* recorder_keyframe.c: writes one at position; false after recorder_fail(). */
bool recorder_keyframe(struct recorder *recorder, uint64_t position, uint64_t *number);
bool recorder_keyframe_is_due(const struct recorder *recorder);
/* Before the first. */
void recorder_keyframe_start(struct recorder *recorder);
void recorder_mark_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* recorder_map.c */
void recorder_map_start(struct recorder *recorder);
/* The guest is about to write to a flash device's commands. */
void recorder_flash_written(struct recorder *recorder, MemoryRegion *mr);
/* Logs what has been programmed since the guest last saw it, so that keyframes agree with the log.
 */
void recorder_flash_sync(struct recorder *recorder);

/* recorder_status.c */
void recorder_status_start(struct recorder *recorder);
void recorder_status_write(struct recorder *recorder);

#endif
