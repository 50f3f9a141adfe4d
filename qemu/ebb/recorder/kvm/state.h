/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording under KVM.
 *
 * The vCPU thread holds the replay mutex from kvm_enter to kvm_leave, so that device code of the
 * main thread, which takes the mutex, runs only while the vCPU is outside of the guest and has left
 * an anchor in the log. Exits in between are handled by the vCPU thread itself; what devices do
 * there is nested in the event of the access.
 */
#ifndef EBB_RECORDER_KVM_STATE_H
#define EBB_RECORDER_KVM_STATE_H

#include <linux/kvm.h>
#include "ebb/devices/mmio_timer.h"
#include "ebb/recorder/state.h"
#include "probe.h"
#include "ebb/arm/smccc.h"

/* What brought the vCPU out of the guest, for those who want to know where the time goes. */
enum recorder_kvm_exit {
    RECORDER_KVM_MMIO_READ,
    RECORDER_KVM_MMIO_WRITE,
    RECORDER_KVM_TIMER_READ, /* of an MMIO timer's counter */
    RECORDER_KVM_COUNTER,    /* read of the CPU's counter, by a breakpoint */
    RECORDER_KVM_BREAKPOINT, /* the guest's own */
    RECORDER_KVM_HYPERCALL,
    RECORDER_KVM_CLOCK, /* read of the clock page after a step */
    RECORDER_KVM_INTERRUPTED,
    RECORDER_KVM_EXITS,
};

struct recorder_kvm_alarm;
struct recorder_kvm_clock;
struct recorder_kvm_trace;

struct recorder_kvm {
    EbbMmioTimer *timer;
    struct recorder_kvm_alarm *alarm;
    struct recorder_kvm_clock *clock; /* NULL: every read of the timer is an exit */
    int counter_fd;                   /* of perf_event_open(); -1: closed */
    uint64_t base_count;              /* at position 0 */
    uint64_t count;                   /* of the last anchor, relative to the base */
    struct recorder_kvm_trace *trace; /* NULL: the host does not let us have it */
    bool ran;                         /* the guest may have, since that anchor */
    bool images_loaded;               /* and their counter reads not replaced yet */
    bool debugging;                   /* breakpoints come to us */
    bool hypercalls_forwarded;
    struct smccc_host smccc; /* with them: what to answer */
    struct kvm_probe probe;  /* what KVM does not tell right */
    int statistics_fd;       /* of the vCPU; -1: the host has none */
    off_t wfi_offset;
    uint64_t wfi_count; /* at the last look */
    uint64_t *ids;      /* KVM_GET_REG_LIST */
    size_t id_count;
    uint64_t exits[RECORDER_KVM_EXITS];
    uint64_t anchors;
};

/* vm.c: what the virtual machine is told before it runs. */
bool recorder_kvm_vm_check(Error **errp);
bool recorder_kvm_vm_prepare(struct recorder_session *session, Error **errp);
/* After each reset of the vCPU. */
void recorder_kvm_vm_clear_upper_halves(struct recorder_session *session);

/* anchor.c */
bool recorder_kvm_anchor_open(struct recorder_session *session, Error **errp);
void recorder_kvm_anchor_close(struct recorder_session *session);
/* Appends an anchor if the guest may have run since the last; returns its count. */
uint64_t recorder_kvm_anchor_place(struct recorder_session *session);

/* sleep.c: true if a WFI may have ended by the vCPU's leaving the guest just now. */
void recorder_kvm_sleep_watch(struct recorder_session *session);
bool recorder_kvm_sleep_may_have_ended(struct recorder_session *session);

/* alarm.c: before the guest runs; and between two runs, with the BQL. */
bool recorder_kvm_alarm_prepare(struct recorder_session *session, Error **errp);
void recorder_kvm_alarm_look(struct recorder_session *session);

/*
 * clock.c: before the guest runs. After that, around each stay of the vCPU in the
 * guest: enter, and leave, which is true if the guest may not read the page until the clock has
 * moved on.
 */
bool recorder_kvm_clock_prepare(struct recorder_session *session, Error **errp);
void recorder_kvm_clock_enter(struct recorder_session *session);
bool recorder_kvm_clock_leave(struct recorder_session *session);
/* Moves the clock on; between leave and enter, with the BQL. */
void recorder_kvm_clock_refresh(struct recorder_session *session);
/* The same between two runs, where it costs no anchor or has to be. */
void recorder_kvm_clock_settle(struct recorder_session *session);
/* True for the guest-physical addresses of the page. */
bool recorder_kvm_clock_owns(const struct recorder_session *session, hwaddr address);
bool recorder_kvm_clock_fault(CPUState *cpu);

/* registers.c: false after recorder_state_fail(). */
bool recorder_kvm_registers_list(struct recorder_session *session, Error **errp);
struct ebb_cpu_registers *recorder_kvm_registers_all(struct recorder_session *session);
bool recorder_kvm_registers_get(struct recorder_session *session, uint64_t id, void *value);
bool recorder_kvm_registers_set(struct recorder_session *session, uint64_t id, const void *value);
/* The id of a member of struct kvm_regs, of 8 bytes. */
#define RECORDER_KVM_CORE(member)                                                                  \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(member))
#define RECORDER_KVM_X(n) (RECORDER_KVM_CORE(regs.regs[0]) + 2 * (n))

/* exits.c */
bool recorder_kvm_exits_handle(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs);

/* image.c: replaces the counter reads of what was loaded into the guest's memory. */
void recorder_kvm_image_patch(struct recorder_session *session);

#endif
