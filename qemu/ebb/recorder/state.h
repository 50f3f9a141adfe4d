/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the recording session, which all of the recorder shares: how far it is, where the
 * guest is, where the log goes. What only one file needs is behind a pointer to that file's type.
 * The session's life, from its beginning to the end of the log, is session.h.
 *
 * Everything in the recorder is called with the BQL held and the vCPU not executing guest code, or
 * from the vCPU thread.
 */
#ifndef EBB_RECORDER_STATE_H
#define EBB_RECORDER_STATE_H

#include "cpu.h"
#include "qemu/notify.h"
#include "qobject/qdict.h"
#include "log/event.h"
#include "log/writer.h"
#include "protocol/moment.h"

enum recorder_phase {
    RECORDER_IDLE,    /* until somebody asks for a recording */
    RECORDER_WAITING, /* for the vCPU to be between two runs */
    RECORDER_RECORDING,
    RECORDER_FINISHED, /* the log has its end event, the guest is gone */
    RECORDER_FAILED,
};

/* What the user has asked for: the properties of the object. */
struct recorder_settings {
    char *directory;
    char *kernel;
    char *symbols;
    uint64_t keyframe_interval; /* instructions, under TCG */
    uint32_t keyframe_ms;       /* host time; 0: does not matter */
    uint32_t status_fd;         /* UINT32_MAX: none */
    uint32_t pmu_type;          /* of perf_event_open(): which PMU counts, under KVM */
    uint32_t clock_step_us;     /* the guest's clock may stand still so long; 0: it never does */
    uint64_t *rescan_at;        /* guest-virtual addresses, under KVM */
    size_t rescan_at_count;
    bool rescan_on_execute; /* where the host can tell, under KVM */
    /* How much the flight recorder keeps; 0: everything. */
    uint64_t last_ms;
    uint64_t last_instructions;
    uint64_t last_bytes;
    char *until;      /* conditions, as text */
    uint64_t markers; /* guest-physical address; 0: that of the machine */
};

struct recorder_accel;
struct recorder_ahead;
struct recorder_device_view;
struct recorder_keyframes;
struct recorder_kvm;
struct recorder_map;
struct recorder_ram_space;
struct recorder_until;

/* The guest's reboots, while they come quickly. */
struct recorder_reboots {
    bool powered_on;
    unsigned quick;     /* one behind the other */
    int64_t started_ns; /* of QEMU_CLOCK_VIRTUAL */
};

/*
 * What became of words that look like an access to the CPU's counter or timers, or a read of random
 * numbers, under KVM.
 */
struct recorder_replacements {
    uint64_t replaced, left_alone;
    uint64_t random; /* of those replaced: reads of random numbers */
};

struct recorder_session {
    struct recorder_settings settings;
    const struct recorder_accel *accel;
    struct recorder_kvm *kvm; /* NULL under TCG */
    ARMCPU *cpu;              /* NULL until the machine is complete */
    struct recorder_device_view *device_view;

    enum recorder_phase phase;
    enum ebb_end_reason end_reason;
    uint64_t end_position;
    Notifier shutdown, exit;

    /*
     * The latest moment that matters to events: in an access while the vCPU is making one, settled
     * behind the entry into an exception handler. Elsewhere the accelerator knows the position.
     */
    struct moment moment;
    struct recorder_reboots reboots;
    struct recorder_until *until;           /* until.c; NULL: no conditions */
    struct recorder_replacements rescanned; /* by the last rescan */
    bool resetting; /* from the start of a machine reset until the vCPU runs again */

    struct ebb_log_writer *writer;
    struct ebb_log_writer_stats stats; /* the last, once the writer is closed */

    /* While there is a recording: */
    struct recorder_ram_space *space;
    struct recorder_map *map;
    struct recorder_keyframes *keyframes;
    struct recorder_ahead *ahead; /* NULL: nothing is read ahead */
    GArray *bases;                /* flight.c */
    QDict *manifest;
    bool tracks_dirty; /* QEMU's dirty bits are kept for us */

    QEMUTimer *status_timer;
};

static inline bool recorder_state_is_recording(const struct recorder_session *session)
{
    return session->phase == RECORDER_RECORDING;
}

/*
 * Stops recording for good after an error, reports it and shuts the guest down with a failing exit
 * status. What is on disk stays valid.
 */
void recorder_state_fail(struct recorder_session *session, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

#endif
