/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What recording under KVM adds to the state of the session (ebb/recorder/state.h). */
#ifndef EBB_RECORDER_KVM_STATE_H
#define EBB_RECORDER_KVM_STATE_H

#include "ebb/arm/smccc.h"
#include "ebb/devices/mmio_timer.h"
#include "probe.h"

/* What brought the vCPU out of the guest, for those who want to know where the time goes. */
enum recorder_kvm_exit {
    RECORDER_KVM_MMIO_READ,
    RECORDER_KVM_MMIO_WRITE,
    RECORDER_KVM_TIMER_READ, /* of an MMIO timer's counter */
    /* By breakpoints: read of the CPU's counter; access to its timers or CNTFRQ; random number */
    RECORDER_KVM_COUNTER,
    RECORDER_KVM_TIMER_ACCESS,
    RECORDER_KVM_RANDOM,
    RECORDER_KVM_BREAKPOINT, /* the guest's own */
    RECORDER_KVM_HYPERCALL,
    RECORDER_KVM_CLOCK, /* read of the clock page after a step */
    RECORDER_KVM_INTERRUPTED,
    RECORDER_KVM_COALESCED, /* no exit to us, but one fewer */
    RECORDER_KVM_EXITS,
};

struct recorder_kvm_alarm;
struct recorder_kvm_clock;
struct recorder_kvm_count;
struct recorder_kvm_reads;
struct recorder_kvm_stop;
struct recorder_kvm_stores;
struct recorder_kvm_trace;
struct recorder_kvm_tracepoint;

struct recorder_kvm {
    EbbMmioTimer *timer;
    unsigned wanted; /* what is replaced (ebb/counter/access.h), for good */
    struct recorder_kvm_alarm *alarm;
    QEMUTimer *clockless;               /* NULL: nobody watches whether the guest finds a clock */
    struct recorder_kvm_clock *clock;   /* NULL: every read of the timer is an exit */
    struct recorder_kvm_reads *reads;   /* NULL: none is opened */
    struct recorder_kvm_count *counter; /* NULL: closed */
    bool counts_exits;                  /* the count is known at each exit (count.h) */
    uint64_t count;                     /* the last one that the log has */
    struct recorder_kvm_stores *stores; /* NULL: none is ever coalesced */
    struct recorder_kvm_trace *trace;   /* NULL: the host does not let us have it */
    bool ran;                           /* the guest may have, since the last anchor */
    bool has_run;                       /* the guest, at some time */
    bool images_loaded;                 /* and nothing in them replaced yet */
    bool taking_breakpoints;            /* they come to us */
    bool debugged;                      /* the guest, for good, whether or not they do (debug.h) */
    struct recorder_kvm_stop *stops;    /* debug.c; as many as settings.rescan_at */
    size_t stop_count;
    struct recorder_kvm_tracepoint *execute; /* NULL: it is not noticed (execute.h) */
    bool execution_noticed;                  /* by the last recording */
    GHashTable *left_alone;                  /* guest-physical addresses to words (image.c) */
    bool hypercalls_forwarded;
    struct smccc_host smccc;         /* with them: what to answer */
    struct recorder_kvm_probe probe; /* what KVM does not tell right */
    int statistics_fd;               /* of the vCPU; -1: the host has none */
    off_t wfi_offset;
    uint64_t wfi_count; /* at the last look */
    uint64_t *ids;      /* KVM_GET_REG_LIST */
    size_t id_count;
    uint64_t exits[RECORDER_KVM_EXITS];
    uint64_t anchors;
    uint64_t traps;             /* instructions whose exits are left out (traps.h) */
    uint64_t replaced_in_image; /* when the guest was last started */
    uint64_t rescans;           /* that looked at more than a page */
    uint64_t replaced_by_rescans;
    uint64_t reads_opened, reads_closed;
};

#endif
