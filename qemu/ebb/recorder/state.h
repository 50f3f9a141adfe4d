/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: the object `ebb-recorder`, which writes a recording of the machine it is created
 * in.
 *
 * Everything here is called with the BQL held and the vCPU not executing guest code, or from the
 * vCPU thread. There is one recorder per process; QEMU's hooks reach it through
 * recorder_hooks_session.
 */
#ifndef EBB_RECORDER_STATE_H
#define EBB_RECORDER_STATE_H

#include "cpu.h"
#include "qom/object.h"
#include "qobject/qdict.h"
#include "exec/memory.h"
#include "hw/resettable.h"
#include "log/error.h"
#include "log/event.h"
#include "log/writer.h"
#include "ram_space.h"
#include "system/runstate.h"

#define TYPE_EBB_RECORDER "ebb-recorder"

enum recorder_phase {
    RECORDER_IDLE,    /* until somebody asks for a recording */
    RECORDER_WAITING, /* for the vCPU to be between two runs */
    RECORDER_RECORDING,
    RECORDER_FINISHED, /* the log has its end event, the guest is gone */
    RECORDER_FAILED,
};

struct recorder_settings {
    char *directory;
    char *kernel;
    char *symbols;
    uint64_t keyframe_interval; /* instructions, under TCG */
    uint32_t keyframe_ms;       /* host time; 0: does not matter */
    uint32_t status_fd;         /* UINT32_MAX: none */
    uint32_t pmu_type;          /* of perf_event_open(): which PMU counts, under KVM */
    uint32_t clock_step_ms;     /* the guest's clock may stand still so long; 0: it never does */
    bool wait;                  /* idle at first */
    /* How much the flight recorder keeps; 0: everything. */
    uint64_t last_ms;
    uint64_t last_instructions;
    uint64_t last_bytes;
};

/* A place where what is left of a flight recording can begin. */
struct recorder_base {
    uint64_t keyframe;
    uint64_t position; /* instructions */
    int64_t time;      /* ms, host time */
    uint64_t bytes;    /* written before it */
};

/* The accelerator, as far as recording depends on it. */
struct recorder_session;
struct recorder_accel {
    const char *name; /* in the manifest */
    uint32_t log_flags;
    bool (*check_machine)(Error **errp);
    /* The machine is complete and has not run yet. */
    bool (*prepare)(struct recorder_session *session, Error **errp);
    /* Position 0 is here; before the first keyframe. */
    bool (*start)(struct recorder_session *session, Error **errp);
    void (*stop)(struct recorder_session *session);
    /* The place of what happens now, outside of accesses; what the log needs for it is appended. */
    uint64_t (*place)(struct recorder_session *session);
    /* The last position known, for looking only. */
    uint64_t (*position)(const struct recorder_session *session);
    /* The log is about to end here. */
    void (*settle)(struct recorder_session *session);
    struct ebb_cpu_registers *(*registers)(struct recorder_session *session);
    uint64_t (*digest)(struct recorder_session *session);
    /* Brings QEMU's dirty bits up to date. */
    void (*sync_dirty)(struct recorder_session *session);
    void (*describe)(struct recorder_session *session, QDict *manifest);
    void (*status)(struct recorder_session *session, QDict *status);
};
extern const struct recorder_accel recorder_tcg_accel, recorder_kvm_accel;

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

struct recorder_kvm;

struct recorder_session {
    Object parent;
    struct recorder_settings settings;

    const struct recorder_accel *accel;
    struct recorder_kvm *kvm; /* NULL under TCG */
    enum recorder_phase phase;
    enum ebb_end_reason end_reason;
    ARMCPU *cpu;
    struct recorder_ram_space *space;
    struct ebb_log_writer *writer;
    struct ebb_log_writer_stats stats; /* the last, once the writer is closed */

    struct recorder_access access;
    uint64_t entry_position; /* of the last entry into an exception handler; UINT64_MAX: none yet */
    uint64_t end_position;

    ResettableState reset_state;
    bool resetting; /* from the start of a machine reset until the vCPU runs again */

    uint64_t keyframe_position; /* of the last one */
    bool has_keyframe;
    bool tracks_dirty;              /* QEMU's dirty bits are kept for us */
    bool keyframe_requested;        /* its time has come */
    QEMUTimer *keyframe_timer;      /* guest time */
    QEMUTimer *keyframe_host_timer; /* host time */
    GArray *bases;                  /* struct recorder_base, oldest first */

    struct ebb_memory_range *map; /* as last logged */
    size_t map_count;
    GArray *flashes; /* struct recorder_flash */
    MemoryListener listener;
    RAMBlockNotifier ram_notifier;

    Notifier machine_ready, shutdown, exit;
    QEMUTimer *status_timer;
};

extern struct recorder_session *recorder_hooks_session;

static inline bool recorder_state_is_recording(const struct recorder_session *session)
{
    return session->phase == RECORDER_RECORDING;
}

/*
 * recorder.c: stops recording for good after an error, reports it and shuts the guest down with a
 * failing exit status. What is on disk stays valid.
 */
void recorder_state_fail(struct recorder_session *session, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/* Writes the last keyframe and the end event, at position, and closes the log. */
void recorder_session_finish(struct recorder_session *session, enum ebb_end_reason reason,
                             uint64_t position);

/* checks.c: false, with *errp set, if this machine cannot be recorded. */
bool recorder_checks_machine(const struct recorder_session *session, Error **errp);
bool recorder_check_tcg(Error **errp);
/* Types of devices that cannot be recorded, by the beginnings of their names. */
struct recorder_refusal {
    const char *type;
    const char *reason;
};
/* False, with *errp set, if the object is of one of the types. */
bool recorder_checks_type(Object *object, const struct recorder_refusal *refusals, size_t count,
                          Error **errp);
bool recorder_checks_has_gic_registers(ARMCPU *cpu);

/* manifest.c */
bool recorder_manifest_write(struct recorder_session *session, Error **errp);

/* hooks.c: what both accelerators call when such a thing happens. */
void recorder_hooks_watch_inputs(struct recorder_session *session);
void recorder_hooks_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);
/* The vCPU is between two runs: starts the recording, writes keyframes. With BQL and replay mutex.
 */
void recorder_session_between_runs(struct recorder_session *session);
/* The event of a load or store, as MMIO_READ or MMIO_WRITE. */
void recorder_access_append_mmio(struct recorder_session *session, uint32_t kind, hwaddr address,
                                 uint64_t value, unsigned size, uint32_t flags);

/* semihosting.c */
void recorder_semihosting_call(CPUState *cpu);

/*
 * events.c: appends an event, nested in the access if there is one, else at the position
 * that the vCPU has reached.
 */
void recorder_events_effect(struct recorder_session *session, struct ebb_event *event);
/* Appends DMA events with the present contents of length bytes of RAM. */
void recorder_events_dma(struct recorder_session *session, uint64_t ram_offset, uint64_t length);
/* Appends the event of the access itself. */
void recorder_access_append(struct recorder_session *session, struct ebb_event *event);
/* Around an access: events in between are nested in it. False if it is inside another. */
bool recorder_access_begin(struct recorder_session *session, uint64_t position);
void recorder_access_end(struct recorder_session *session);

/* keyframe.c: writes one at position; false after recorder_state_fail(). */
bool recorder_keyframe_write(struct recorder_session *session, uint64_t position, uint64_t *number);
bool recorder_keyframe_is_due(const struct recorder_session *session);
/* Before the first. */
void recorder_keyframe_start(struct recorder_session *session);
void recorder_keyframe_stop(struct recorder_session *session);

/* flight.c: before and after a keyframe. True if the keyframe has to be whole. */
bool recorder_flight_keyframe_begin(struct recorder_session *session, bool *whole);
bool recorder_flight_keyframe_end(struct recorder_session *session, bool whole, uint64_t keyframe);
void recorder_dirty_mark(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* map.c */
void recorder_map_start(struct recorder_session *session);
void recorder_map_stop(struct recorder_session *session);
/* Logs the whole map, unchanged, for readers that begin here. */
void recorder_map_append(struct recorder_session *session);
/* The guest is about to write to a flash device's commands. */
void recorder_flash_written(struct recorder_session *session, MemoryRegion *mr);
/* Logs what has been programmed since the guest last saw it, so that keyframes agree with the log.
 */
void recorder_flash_sync(struct recorder_session *session);

/* status.c */
void recorder_status_start(struct recorder_session *session);
void recorder_status_write(struct recorder_session *session);

#endif
