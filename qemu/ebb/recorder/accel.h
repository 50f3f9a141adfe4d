/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accelerator, as far as recording depends on it: a table of functions, of which there is one
 * in tcg.h and one in kvm/accel.h.
 */
#ifndef EBB_RECORDER_ACCEL_H
#define EBB_RECORDER_ACCEL_H

#include "qobject/qdict.h"
#include "state.h"

struct ebb_cpu_registers;

struct recorder_accel {
    const char *name;                                              /* in the manifest */
    uint32_t (*log_flags)(const struct recorder_session *session); /* NULL: none */
    bool reads_ahead; /* most pages of a keyframe, while the guest runs (ahead.h) */
    bool (*check_machine)(Error **errp);
    bool (*check_device)(Object *device, Error **errp); /* NULL: any may be there */
    /* The machine is complete and has not run yet. */
    bool (*prepare)(struct recorder_session *session, Error **errp);
    /* Position 0 is here; before the first keyframe. */
    bool (*start)(struct recorder_session *session, Error **errp);
    /* What start has begun ends, also where it has failed. */
    void (*stop)(struct recorder_session *session);
    /* The place of what happens now, outside of accesses; what the log needs for it is appended. */
    uint64_t (*place)(struct recorder_session *session);
    /* The last position known, for looking only. */
    uint64_t (*position)(const struct recorder_session *session);
    /* The machine was reset; before the keyframe of the state after it. NULL: nothing to do. */
    void (*was_reset)(struct recorder_session *session);
    /* There is one more keyframe, and the guest goes on. NULL: nothing to do. */
    void (*keyframe_made)(struct recorder_session *session);
    /* The log is about to end here. */
    void (*settle)(struct recorder_session *session);
    struct ebb_cpu_registers *(*registers)(struct recorder_session *session);
    uint64_t (*digest)(struct recorder_session *session);
    /* Brings QEMU's dirty bits up to date. */
    void (*sync_dirty)(struct recorder_session *session);
    /* Whether a RAM region can be read while the vCPU runs; NULL: all can. */
    bool (*is_readable)(const struct recorder_session *session, const MemoryRegion *mr);
    /* Looks through the guest's memory for what is to be replaced and was not there before; NULL:
     * nothing ever is. */
    struct recorder_replacements (*rescan)(struct recorder_session *session);
    void (*describe)(struct recorder_session *session, QDict *manifest);
    void (*status)(struct recorder_session *session, QDict *status);
};

#endif
