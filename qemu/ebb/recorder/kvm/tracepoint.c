/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "tracepoint.h"

#define MAX_RECORD 512u
/* The counter, and the tracepoint itself; for a while one that was closed before. */
#define GROUP_MEMBERS 2u
#define MOST_MEMBERS 8u

/* Where a field of the tracepoint is. */
struct field {
    unsigned offset, size;
};

union record {
    struct perf_event_header header;
    uint8_t bytes[MAX_RECORD];
};

struct recorder_kvm_tracepoint {
    struct recorder_kvm_tracepoint_spec spec;
    uint64_t id; /* perf's */
    int fd;
    void (*called)(void *opaque); /* NULL: nobody watches */
    void *opaque;
    bool counts;                       /* samples come with those of the group */
    struct perf_event_mmap_page *ring; /* one page, then ring_size bytes; NULL: nothing comes */
    size_t ring_size;
    struct field fields[2];
    union record copy; /* of one that is in two pieces in the ring */
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

static bool read_description(const char *folder, struct recorder_kvm_tracepoint *tracepoint)
{
    const struct recorder_kvm_tracepoint_spec *spec = &tracepoint->spec;
    g_autofree char *id_path = g_strdup_printf("%s/events/kvm/%s/id", folder, spec->name);
    g_autofree char *format_path = g_strdup_printf("%s/events/kvm/%s/format", folder, spec->name);
    g_autofree char *id_text = NULL, *format = NULL;

    return g_file_get_contents(id_path, &id_text, NULL, NULL) &&
           g_file_get_contents(format_path, &format, NULL, NULL) &&
           sscanf(id_text, "%" SCNu64, &tracepoint->id) == 1 &&
           find_field(format, spec->fields[0], &tracepoint->fields[0]) &&
           find_field(format, spec->fields[1], &tracepoint->fields[1]);
}

static bool find_tracepoint(struct recorder_kvm_tracepoint *tracepoint)
{
    return read_description("/sys/kernel/tracing", tracepoint) ||
           read_description("/sys/kernel/debug/tracing", tracepoint);
}

static bool map_ring_of(struct recorder_kvm_tracepoint *tracepoint, size_t size)
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

static bool map_ring(struct recorder_kvm_tracepoint *tracepoint)
{
    return map_ring_of(tracepoint, tracepoint->spec.ring_size) ||
           map_ring_of(tracepoint, tracepoint->spec.small_ring_size);
}

static void unmap_ring(struct recorder_kvm_tracepoint *tracepoint)
{
    if (tracepoint->ring) {
        munmap(tracepoint->ring, qemu_real_host_page_size() + tracepoint->ring_size);
        tracepoint->ring = NULL;
    }
}

static int open_event(const struct recorder_kvm_tracepoint *tracepoint)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = PERF_TYPE_TRACEPOINT,
        .config = tracepoint->id,
        .sample_period = 1,
        .wakeup_events = tracepoint->spec.many,
        .sample_type = PERF_SAMPLE_RAW | (tracepoint->counts ? PERF_SAMPLE_READ : 0),
        .read_format = tracepoint->counts ? PERF_FORMAT_GROUP : 0,
    };

    return syscall(SYS_perf_event_open, &attributes, tracepoint->spec.thread, -1,
                   tracepoint->spec.group_fd, PERF_FLAG_FD_CLOEXEC);
}

static bool set_filter(int fd, const char *filter)
{
    return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) == 0;
}

static bool open_all(struct recorder_kvm_tracepoint *tracepoint)
{
    tracepoint->fd = open_event(tracepoint);
    if (tracepoint->fd < 0) {
        return false;
    }
    set_filter(tracepoint->fd, tracepoint->spec.filter); /* only saves time */
    if (!map_ring(tracepoint)) {
        close(tracepoint->fd);
        return false;
    }
    return true;
}

struct recorder_kvm_tracepoint *
recorder_kvm_tracepoint_open(const struct recorder_kvm_tracepoint_spec *spec)
{
    struct recorder_kvm_tracepoint *tracepoint = g_new0(struct recorder_kvm_tracepoint, 1);

    tracepoint->spec = *spec;
    tracepoint->counts = spec->group_fd >= 0;
    if (!find_tracepoint(tracepoint) || !open_all(tracepoint)) {
        g_clear_pointer(&tracepoint, g_free);
    }
    return tracepoint;
}

void recorder_kvm_tracepoint_watch(struct recorder_kvm_tracepoint *tracepoint,
                                   void (*called)(void *opaque), void *opaque)
{
    qemu_set_fd_handler(tracepoint->fd, called, NULL, opaque);
    tracepoint->called = called;
    tracepoint->opaque = opaque;
}

void recorder_kvm_tracepoint_unwatch(struct recorder_kvm_tracepoint *tracepoint)
{
    if (tracepoint->called) {
        qemu_set_fd_handler(tracepoint->fd, NULL, NULL, NULL);
        tracepoint->called = NULL;
    }
}

static void close_event(struct recorder_kvm_tracepoint *tracepoint)
{
    recorder_kvm_tracepoint_unwatch(tracepoint);
    unmap_ring(tracepoint);
    close(tracepoint->fd);
}

void recorder_kvm_tracepoint_close(struct recorder_kvm_tracepoint *tracepoint)
{
    if (tracepoint) {
        close_event(tracepoint);
        g_free(tracepoint);
    }
}

bool recorder_kvm_tracepoint_filter(struct recorder_kvm_tracepoint *tracepoint, const char *filter)
{
    void (*called)(void *opaque) = tracepoint->called;
    int fd = open_event(tracepoint);

    if (fd < 0 || !set_filter(fd, filter)) {
        close(fd);
        return false;
    }
    close_event(tracepoint);
    tracepoint->fd = fd;
    if (!map_ring(tracepoint)) {
        warn_report("the host has no memory for noting exits any more; resolving may take longer");
    } else if (called) {
        recorder_kvm_tracepoint_watch(tracepoint, called, tracepoint->opaque);
    }
    return true;
}

bool recorder_kvm_tracepoint_signal(struct recorder_kvm_tracepoint *tracepoint, int signal)
{
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = tracepoint->spec.thread};
    int flags = fcntl(tracepoint->fd, F_GETFL);

    return fcntl(tracepoint->fd, F_SETOWN_EX, &owner) == 0 &&
           fcntl(tracepoint->fd, F_SETSIG, signal) == 0 && flags >= 0 &&
           fcntl(tracepoint->fd, F_SETFL, flags | O_ASYNC) == 0;
}

/*
 * The record at an offset of the ring, or the copy of it if it goes on at the ring's beginning,
 * which its header never does; one that is too long for copy is cut off. The ring's size is a power
 * of two. NULL: there is nothing of sense.
 */
static const struct perf_event_header *record_at(struct recorder_kvm_tracepoint *tracepoint,
                                                 uint64_t offset)
{
    union record *copy = &tracepoint->copy;
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
    const struct perf_event_header *record;
    uint64_t head, tail;

    if (!tracepoint->ring) {
        return;
    }
    head = qatomic_load_acquire(&tracepoint->ring->data_head);
    tail = tracepoint->ring->data_tail;
    while (tail < head && (record = record_at(tracepoint, tail))) {
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
    size_t size = record->size - sizeof(*record), i;
    uint64_t members = tracepoint->counts && size >= 8 ? ldq_he_p(sample) : 0;
    const uint8_t *raw = sample + (tracepoint->counts ? 8 * (1 + members) : 0) + 4;

    if (tracepoint->counts && (members < GROUP_MEMBERS || members > MOST_MEMBERS)) {
        return false;
    }
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
    return true;
}
