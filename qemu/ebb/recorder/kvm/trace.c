/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's tracepoint kvm_exit, read through perf, in one group with the counter of retired
 * instructions: so each exit comes with the guest's count and PC.
 */
#include "qemu/osdep.h"
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qemu/bswap.h"
#include "ebb/recorder/events.h"
#include "state.h"
#include "trace.h"

/* Room for what happens between two exits to us, a boot's page faults; and what perf allows each
 * user without further privileges. */
#define LARGE_RING (8u << 20)
#define SMALL_RING (512u << 10)
#define MAX_RECORD 512u
#define GROUP_MEMBERS 2u /* the counter, and the tracepoint itself */

/* Breakpoints and hypercalls of both instruction sets: they are in the log, or clear the exclusive
 * monitor in the replay as well. */
#define FILTER "esr_ec != 0x3c && esr_ec != 0x38 && esr_ec != 0x16 && esr_ec != 0x12"

/* Where a field of the tracepoint is. */
struct field {
    unsigned offset, size;
};

struct recorder_kvm_trace {
    int fd;
    struct perf_event_mmap_page *ring; /* one page, then ring_size bytes */
    size_t ring_size;
    struct field ec, pc;
    uint64_t lost;           /* exits that the ring had no room for */
    bool pending;            /* an exit that is not in the log yet: */
    struct ebb_event latest; /* position: its count */
};

/* The tracepoint. */

static bool find_field(const char *format, const char *name, struct field *field)
{
    g_autofree char *pattern = g_strdup_printf(" %s;", name);
    const char *at = strstr(format, pattern);

    return at &&
           sscanf(at + strlen(pattern), " offset:%u; size:%u;", &field->offset, &field->size) ==
               2 &&
           (field->size == 4 || field->size == 8) && field->offset < MAX_RECORD - 8;
}

static bool read_description(const char *folder, struct recorder_kvm_trace *trace, uint64_t *id)
{
    g_autofree char *id_path = g_strdup_printf("%s/events/kvm/kvm_exit/id", folder);
    g_autofree char *format_path = g_strdup_printf("%s/events/kvm/kvm_exit/format", folder);
    g_autofree char *id_text = NULL, *format = NULL;

    return g_file_get_contents(id_path, &id_text, NULL, NULL) &&
           g_file_get_contents(format_path, &format, NULL, NULL) &&
           sscanf(id_text, "%" SCNu64, id) == 1 && find_field(format, "esr_ec", &trace->ec) &&
           find_field(format, "vcpu_pc", &trace->pc);
}

static bool find_tracepoint(struct recorder_kvm_trace *trace, uint64_t *id)
{
    return read_description("/sys/kernel/tracing", trace, id) ||
           read_description("/sys/kernel/debug/tracing", trace, id);
}

static bool map_ring(struct recorder_kvm_trace *trace, size_t size)
{
    void *ring = mmap(NULL, qemu_real_host_page_size() + size, PROT_READ | PROT_WRITE, MAP_SHARED,
                      trace->fd, 0);

    if (ring == MAP_FAILED) {
        return false;
    }
    trace->ring = ring;
    trace->ring_size = size;
    return true;
}

static bool open_tracepoint(struct recorder_session *session, struct recorder_kvm_trace *trace,
                            uint64_t id)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = PERF_TYPE_TRACEPOINT,
        .config = id,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_READ | PERF_SAMPLE_RAW,
        .read_format = PERF_FORMAT_GROUP,
    };

    trace->fd = syscall(SYS_perf_event_open, &attributes, CPU(session->cpu)->thread_id, -1,
                        session->kvm->counter_fd, PERF_FLAG_FD_CLOEXEC);
    if (trace->fd < 0) {
        return false;
    }
    ioctl(trace->fd, PERF_EVENT_IOC_SET_FILTER, FILTER); /* only saves time */
    if (!map_ring(trace, LARGE_RING) && !map_ring(trace, SMALL_RING)) {
        close(trace->fd);
        return false;
    }
    return true;
}

void recorder_kvm_trace_open(struct recorder_session *session)
{
    struct recorder_kvm_trace *trace = g_new0(struct recorder_kvm_trace, 1);
    uint64_t id;

    if (find_tracepoint(trace, &id) && open_tracepoint(session, trace, id)) {
        session->kvm->trace = trace;
    } else {
        g_free(trace);
    }
}

void recorder_kvm_trace_close(struct recorder_session *session)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;

    if (trace) {
        munmap(trace->ring, qemu_real_host_page_size() + trace->ring_size);
        close(trace->fd);
        g_free(trace);
        session->kvm->trace = NULL;
    }
}

/* Exits. */

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

static uint64_t get_field(const uint8_t *raw, struct field field)
{
    return field.size == 8 ? ldq_he_p(raw + field.offset) : ldl_he_p(raw + field.offset);
}

/* A sample: the number of counts, the counts, the size of the tracepoint's fields, the fields. */
static void take_sample(struct recorder_session *session, const uint8_t *sample, size_t size)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;
    const uint8_t *raw = sample + 8 * (1 + GROUP_MEMBERS) + 4;
    size_t needed = MAX(trace->ec.offset + trace->ec.size, trace->pc.offset + trace->pc.size);

    if (size < (size_t)(raw - sample) + needed || ldq_he_p(sample) != GROUP_MEMBERS) {
        return;
    }
    append_pending(session);
    trace->latest = (struct ebb_event){
        .kind = EBB_EVENT_EXIT,
        .position = ldq_he_p(sample + 8) - session->kvm->base_count,
        .address = get_field(raw, trace->pc),
        .value = get_field(raw, trace->ec),
    };
    trace->pending = true;
}

static void take_record(struct recorder_session *session, const struct perf_event_header *header)
{
    const uint8_t *body = (const uint8_t *)(header + 1);
    size_t size = header->size - sizeof(*header);

    if (header->type == PERF_RECORD_SAMPLE) {
        take_sample(session, body, size);
    } else if (header->type == PERF_RECORD_LOST && size >= 16) {
        append_pending(session);
        session->kvm->trace->lost += ldq_he_p(body + 8); /* behind the event's number */
    }
}

/* Copies what begins at an offset of the ring and may go on at its beginning. */
static void copy_out(const struct recorder_kvm_trace *trace, uint64_t offset, void *to, size_t size)
{
    const uint8_t *data = (const uint8_t *)trace->ring + trace->ring->data_offset;
    size_t start = offset % trace->ring_size, first = MIN(size, trace->ring_size - start);

    memcpy(to, data + start, first);
    memcpy((uint8_t *)to + first, data, size - first);
}

static void take_records(struct recorder_session *session)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;
    uint64_t head = qatomic_load_acquire(&trace->ring->data_head);
    uint64_t tail = trace->ring->data_tail;
    union {
        struct perf_event_header header;
        uint8_t bytes[MAX_RECORD];
    } record;

    while (tail < head) {
        copy_out(trace, tail, &record.header, sizeof(record.header));
        if (record.header.size < sizeof(record.header)) {
            break;
        }
        if (record.header.size <= MAX_RECORD) {
            copy_out(trace, tail, &record, record.header.size);
            take_record(session, &record.header);
        }
        tail += record.header.size;
    }
    qatomic_store_release(&trace->ring->data_tail, head);
}

void recorder_kvm_trace_drain(struct recorder_session *session, bool known)
{
    struct recorder_kvm_trace *trace = session->kvm->trace;

    if (!trace) {
        return;
    }
    append_pending(session);
    take_records(session);
    trace->pending &= !known;
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
