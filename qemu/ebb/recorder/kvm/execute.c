/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/main-loop.h"
#include "execute.h"
#include "rescan.h"
#include "state.h"
#include "tracepoint.h"

#define RING (64u << 10)
/* Of the syndromes that KVM has faults for, those of instruction aborts (Arm ARM, ESR_EL2). */
#define FIRST_DATA_ABORT 0x90000000u
#define FILTER "hsr < 0x90000000"

#define CTR_DIC (1ull << 29)

static uint64_t cache_type(void)
{
    uint64_t value;

    asm("mrs %0, ctr_el0" : "=r"(value));
    return value;
}

void recorder_kvm_execute_start(struct recorder_session *session)
{
    const struct recorder_kvm_tracepoint_spec spec = {
        .name = "kvm_guest_fault",
        .fields = {"hsr", "ipa"},
        .filter = FILTER,
        .thread = CPU(session->cpu)->thread_id,
        .group_fd = -1,
        .ring_size = RING,
        .small_ring_size = RING,
    };
    struct recorder_kvm_tracepoint *tracepoint = NULL;

    if (session->settings.rescan_on_execute && !(cache_type() & CTR_DIC)) {
        tracepoint = recorder_kvm_tracepoint_open(&spec);
    }
    if (tracepoint && !recorder_kvm_tracepoint_signal(tracepoint, SIG_IPI)) {
        recorder_kvm_tracepoint_close(tracepoint);
        tracepoint = NULL;
    }
    session->kvm->execute = tracepoint;
    session->kvm->execution_noticed = tracepoint;
}

void recorder_kvm_execute_stop(struct recorder_session *session)
{
    recorder_kvm_tracepoint_close(session->kvm->execute);
    session->kvm->execute = NULL;
}

static void take(void *opaque, const struct perf_event_header *record)
{
    struct recorder_session *session = opaque;
    uint64_t fields[2];

    if (record->type == PERF_RECORD_SAMPLE &&
        recorder_kvm_tracepoint_sample(session->kvm->execute, record, fields, NULL) &&
        fields[0] < FIRST_DATA_ABORT) {
        recorder_kvm_rescan_page(session, fields[1]);
    }
}

void recorder_kvm_execute_look(struct recorder_session *session)
{
    if (session->kvm->execute) {
        recorder_kvm_tracepoint_read(session->kvm->execute, take, session);
    }
}
