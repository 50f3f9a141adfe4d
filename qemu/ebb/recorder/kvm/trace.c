/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's tracepoint kvm_exit, read through perf, in one group with the counter of retired
 * instructions: so each exit comes with the guest's count and PC.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "ebb/recorder/events.h"
#include "count.h"
#include "state.h"
#include "trace.h"
#include "tracepoint.h"
#include "traps.h"

/* Room for what happens between two exits to us, a boot's page faults; enough where the guest is
 * brought out in time; and what perf allows each user without further privileges. */
#define LARGE_RING (8u << 20)
#define MIDDLE_RING (1u << 20)
#define SMALL_RING (512u << 10)

/*
 * A guest that leaves so often, and never for us, is brought out: so many exits are worth a look at
 * what they are (traps.h). A kernel does so when it has not found its clock yet. Later its ticks
 * are enough, and to bring it out has its price: other threads get the CPU.
 */
#define MANY_EXITS 1024u
#define MANY_TIMES 16u

/* Breakpoints and hypercalls of both instruction sets: they are in the log, or clear the exclusive
 * monitor in the replay as well. */
#define FILTER "esr_ec != 0x3c && esr_ec != 0x38 && esr_ec != 0x16 && esr_ec != 0x12"

struct recorder_kvm_trace {
    struct recorder_kvm_tracepoint *tracepoint;
    struct recorder_kvm_traps *traps; /* NULL: where counts are not exact */
    unsigned brought_out;             /* so often for many exits; by the main thread */
    uint64_t lost;                    /* exits that the ring had no room for */
    bool pending;                     /* an exit that is not in the log yet: */
    bool known;                       /* what follows it is what the vCPU came out for */
    struct ebb_event latest;          /* position: its count */
};

static void bring_out(void *opaque)
{
    struct recorder_session *session = opaque;
    struct recorder_kvm_trace *trace = session->kvm->trace;

    qatomic_set(&trace->brought_out, trace->brought_out + 1);
    qemu_cpu_kick(CPU(session->cpu));
}

void recorder_kvm_trace_open(struct recorder_session *session)
{
    const struct recorder_kvm_tracepoint_spec spec = {
        .name = "kvm_exit",
        .fields = {"esr_ec", "vcpu_pc"},
        .filter = FILTER,
        .thread = CPU(session->cpu)->thread_id,
        .group_fd = recorder_kvm_count_fd(session),
        .ring_size = session->kvm->counts_exits ? MIDDLE_RING : LARGE_RING,
        .small_ring_size = SMALL_RING,
        .many = MANY_EXITS,
    };
    struct recorder_kvm_tracepoint *tracepoint = recorder_kvm_tracepoint_open(&spec);

    if (tracepoint) {
        session->kvm->trace = g_new0(struct recorder_kvm_trace, 1);
        session->kvm->trace->tracepoint = tracepoint;
        if (session->kvm->counts_exits) {
            session->kvm->trace->traps = recorder_kvm_traps_new(tracepoint, FILTER);
            recorder_kvm_tracepoint_watch(tracepoint, bring_out, session);
        }
    }
}

void recorder_kvm_trace_close(struct recorder_session *session)
{
    if (session->kvm->trace) {
        recorder_kvm_traps_free(session->kvm->trace->traps);
        recorder_kvm_tracepoint_close(session->kvm->trace->tracepoint);
        g_clear_pointer(&session->kvm->trace, g_free);
    }
}

static void append_pending(struct recorder_session *session)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;
    struct ebb_event *event = &trace->latest;
    uint8_t lost[8];

    if (!trace->pending || !recorder_state_is_recording(session)) {
        return;
    }
    trace->pending = false;
    if (trace->lost) {
        stq_le_p(lost, trace->lost);
        event->data = lost;
        event->data_length = sizeof(lost);
        trace->lost = 0;
    }
    event->position = MAX(event->position, session->kvm->count);
    session->kvm->count = event->position;
    recorder_events_append(session, event);
}

static void take_sample(struct recorder_session *session, const struct perf_event_header *record)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;
    uint64_t fields[2], count;

    if (!recorder_kvm_tracepoint_sample(trace->tracepoint, record, fields, &count)) {
        return;
    }
    append_pending(session);
    trace->latest = (struct ebb_event){
        .kind = EBB_EVENT_EXIT,
        .position = count - recorder_kvm_count_base(session),
        .address = fields[1],
        .value = fields[0],
    };
    trace->pending = true;
    if (trace->traps) {
        recorder_kvm_traps_see(trace->traps, fields[0], fields[1]);
    }
}

static void take_record(void *opaque, const struct perf_event_header *record)
{
    struct recorder_session *session = opaque;
    const uint8_t *body = (const uint8_t *)(record + 1);

    if (record->type == PERF_RECORD_SAMPLE) {
        take_sample(session, record);
    } else if (record->type == PERF_RECORD_LOST && record->size >= sizeof(*record) + 16) {
        append_pending(session);
        session->kvm->trace->lost += ldq_he_p(body + 8); /* behind the event's number */
    }
}

/* Whether the latest of the noted exits can be the access that the vCPU has come out for: that of a
 * store to a device may be left out. */
static bool is_latest_exit(const struct recorder_session *session)
{
    const struct ebb_event *latest = &session->kvm->trace->latest;
    uint64_t count;

    return !recorder_kvm_count_noted(session, &count) ||
           (recorder_kvm_traps_is_access(latest->value) && latest->position == count);
}

void recorder_kvm_trace_drain(struct recorder_session *session, bool known)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;

    if (!trace) {
        return;
    }
    append_pending(session);
    recorder_kvm_tracepoint_read(trace->tracepoint, take_record, session);
    trace->known = trace->pending && known && is_latest_exit(session);
    trace->pending &= !trace->known;
    if (trace->traps && recorder_kvm_traps_wanted(trace->traps) &&
        recorder_state_is_recording(session)) {
        append_pending(session);
        recorder_kvm_traps_leave_out(session, trace->traps);
        recorder_kvm_tracepoint_unwatch(trace->tracepoint);
    }
    if (qatomic_read(&trace->brought_out) >= MANY_TIMES) {
        recorder_kvm_tracepoint_unwatch(trace->tracepoint);
    }
}

void recorder_kvm_trace_flush(struct recorder_session *session)
{
    if (session->kvm->trace) {
        append_pending(session);
    }
}

void recorder_kvm_trace_anchor(struct recorder_session *session, uint64_t count)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;

    if (!trace) {
        return;
    }
    if (!trace->lost && trace->latest.position == count) {
        trace->pending = false;
    }
    append_pending(session);
}

bool recorder_kvm_trace_last(const struct recorder_session *session, uint64_t *pc)
{
    const struct recorder_kvm_trace *trace = session->kvm->trace;

    if (!trace || !trace->traps) {
        return false;
    }
    *pc = trace->known ? trace->latest.address : 0;
    return trace->known ? recorder_kvm_traps_is_of_kernel(*pc)
                        : recorder_kvm_traps_has_stores(trace->traps);
}

bool recorder_kvm_trace_leave_out_store(struct recorder_session *session, uint64_t pc)
{
    return recorder_kvm_traps_leave_out_store(session->kvm->trace->traps, pc);
}

void recorder_kvm_trace_repeat(struct recorder_session *session)
{
    if (session->kvm->trace && session->kvm->trace->traps) {
        recorder_kvm_traps_repeat(session, session->kvm->trace->traps);
    }
}

void recorder_kvm_trace_reset(struct recorder_session *session)
{
    if (session->kvm->trace && session->kvm->trace->traps) {
        recorder_kvm_traps_forget(session->kvm->trace->traps);
    }
}
