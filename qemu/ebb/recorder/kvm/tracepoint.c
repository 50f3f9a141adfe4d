/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "tracepoint.h"

#define MAX_RECORD 512u
#define GROUP_MEMBERS 2u /* the counter, and the tracepoint itself */

/* Where a field of the tracepoint is. */
struct field {
    unsigned offset, size;
};

struct recorder_kvm_tracepoint {
    int fd;
    pid_t thread;
    bool counts;                       /* samples come with those of the group */
    struct perf_event_mmap_page *ring; /* one page, then ring_size bytes */
    size_t ring_size;
    struct field fields[2];
};

static bool find_field(const char *format, const char *name, struct field *field)
{
    g_autofree char *pattern = g_strdup_printf(" %s;", name);
    const char *at = strstr(format, pattern);

    return at &&
           sscanf(at + strlen(pattern), " offset:%u; size:%u;", &field->offset, &field->size) ==
               2 &&
           (field->size == 4 || field->size == 8) && field->offset < MAX_RECORD - 8;
}

static bool read_description(const char *folder, const struct recorder_kvm_tracepoint_spec *spec,
                             struct recorder_kvm_tracepoint *tracepoint, uint64_t *id)
{
    g_autofree char *id_path = g_strdup_printf("%s/events/kvm/%s/id", folder, spec->name);
    g_autofree char *format_path = g_strdup_printf("%s/events/kvm/%s/format", folder, spec->name);
    g_autofree char *id_text = NULL, *format = NULL;

    return g_file_get_contents(id_path, &id_text, NULL, NULL) &&
           g_file_get_contents(format_path, &format, NULL, NULL) &&
           sscanf(id_text, "%" SCNu64, id) == 1 &&
           find_field(format, spec->fields[0], &tracepoint->fields[0]) &&
           find_field(format, spec->fields[1], &tracepoint->fields[1]);
}

static bool find_tracepoint(const struct recorder_kvm_tracepoint_spec *spec,
                            struct recorder_kvm_tracepoint *tracepoint, uint64_t *id)
{
    return read_description("/sys/kernel/tracing", spec, tracepoint, id) ||
           read_description("/sys/kernel/debug/tracing", spec, tracepoint, id);
}

static bool map_ring(struct recorder_kvm_tracepoint *tracepoint, size_t size)
{
    void *ring = mmap(NULL, qemu_real_host_page_size() + size, PROT_READ | PROT_WRITE, MAP_SHARED,
                      tracepoint->fd, 0);

    if (ring == MAP_FAILED) {
        return false;
    }
    tracepoint->ring = ring;
    tracepoint->ring_size = size;
    return true;
}

static bool open_event(const struct recorder_kvm_tracepoint_spec *spec,
                       struct recorder_kvm_tracepoint *tracepoint, uint64_t id)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = PERF_TYPE_TRACEPOINT,
        .config = id,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_RAW | (tracepoint->counts ? PERF_SAMPLE_READ : 0),
        .read_format = tracepoint->counts ? PERF_FORMAT_GROUP : 0,
    };

    tracepoint->fd = syscall(SYS_perf_event_open, &attributes, spec->thread, -1, spec->group_fd,
                             PERF_FLAG_FD_CLOEXEC);
    if (tracepoint->fd < 0) {
        return false;
    }
    ioctl(tracepoint->fd, PERF_EVENT_IOC_SET_FILTER, spec->filter); /* only saves time */
    if (!map_ring(tracepoint, spec->ring_size) && !map_ring(tracepoint, spec->small_ring_size)) {
        close(tracepoint->fd);
        return false;
    }
    return true;
}

struct recorder_kvm_tracepoint *
recorder_kvm_tracepoint_open(const struct recorder_kvm_tracepoint_spec *spec)
{
    struct recorder_kvm_tracepoint *tracepoint = g_new0(struct recorder_kvm_tracepoint, 1);
    uint64_t id;

    tracepoint->thread = spec->thread;
    tracepoint->counts = spec->group_fd >= 0;
    if (!find_tracepoint(spec, tracepoint, &id) || !open_event(spec, tracepoint, id)) {
        g_clear_pointer(&tracepoint, g_free);
    }
    return tracepoint;
}

void recorder_kvm_tracepoint_close(struct recorder_kvm_tracepoint *tracepoint)
{
    if (tracepoint) {
        munmap(tracepoint->ring, qemu_real_host_page_size() + tracepoint->ring_size);
        close(tracepoint->fd);
        g_free(tracepoint);
    }
}

bool recorder_kvm_tracepoint_signal(struct recorder_kvm_tracepoint *tracepoint, int signal)
{
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = tracepoint->thread};
    int flags = fcntl(tracepoint->fd, F_GETFL);

    return fcntl(tracepoint->fd, F_SETOWN_EX, &owner) == 0 &&
           fcntl(tracepoint->fd, F_SETSIG, signal) == 0 && flags >= 0 &&
           fcntl(tracepoint->fd, F_SETFL, flags | O_ASYNC) == 0;
}

union record {
    struct perf_event_header header;
    uint8_t bytes[MAX_RECORD];
};

/*
 * The record at an offset of the ring, or a copy of it if it goes on at the ring's beginning, which
 * its header never does; one that is too long for copy is cut off. The ring's size is a power of
 * two. NULL: there is nothing of sense.
 */
static const struct perf_event_header *record_at(const struct recorder_kvm_tracepoint *tracepoint,
                                                 uint64_t offset, union record *copy)
{
    const uint8_t *data = (const uint8_t *)tracepoint->ring + tracepoint->ring->data_offset;
    size_t start = offset & (tracepoint->ring_size - 1), room = tracepoint->ring_size - start;
    const struct perf_event_header *header = (const void *)(data + start);
    size_t size = MIN(header->size, MAX_RECORD);

    if (size < sizeof(*header)) {
        return NULL;
    }
    if (size <= room) {
        return header;
    }
    memcpy(copy, header, room);
    memcpy(copy->bytes + room, data, size - room);
    return &copy->header;
}

void recorder_kvm_tracepoint_read(struct recorder_kvm_tracepoint *tracepoint,
                                  recorder_kvm_tracepoint_taker *take, void *opaque)
{
    uint64_t head = qatomic_load_acquire(&tracepoint->ring->data_head);
    uint64_t tail = tracepoint->ring->data_tail;
    const struct perf_event_header *record;
    union record copy;

    while (tail < head && (record = record_at(tracepoint, tail, &copy))) {
        if (record->size <= MAX_RECORD) {
            take(opaque, record);
        }
        tail += record->size;
    }
    qatomic_store_release(&tracepoint->ring->data_tail, head);
}

static uint64_t get_field(const uint8_t *raw, struct field field)
{
    return field.size == 8 ? ldq_he_p(raw + field.offset) : ldl_he_p(raw + field.offset);
}

/* A sample: with counts their number and they themselves; the size of the fields, the fields. */
bool recorder_kvm_tracepoint_sample(const struct recorder_kvm_tracepoint *tracepoint,
                                    const struct perf_event_header *record, uint64_t fields[2],
                                    uint64_t *count)
{
    const uint8_t *sample = (const uint8_t *)(record + 1);
    const uint8_t *raw = sample + (tracepoint->counts ? 8 * (1 + GROUP_MEMBERS) : 0) + 4;
    size_t size = record->size - sizeof(*record), i;

    for (i = 0; i < 2; i++) {
        struct field field = tracepoint->fields[i];

        if (size < (size_t)(raw - sample) + field.offset + field.size) {
            return false;
        }
        fields[i] = get_field(raw, field);
    }
    if (tracepoint->counts) {
        *count = ldq_he_p(sample + 8);
    }
    return !tracepoint->counts || ldq_he_p(sample) == GROUP_MEMBERS;
}
