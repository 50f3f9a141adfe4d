/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tracepoint of the host's KVM, read through perf: what one thread meets of it, in a ring. */
#ifndef EBB_RECORDER_KVM_TRACEPOINT_H
#define EBB_RECORDER_KVM_TRACEPOINT_H

#include <linux/perf_event.h>

struct recorder_kvm_tracepoint;

/* What is wanted of it. */
struct recorder_kvm_tracepoint_spec {
    const char *name;      /* of the group kvm */
    const char *fields[2]; /* of 4 or 8 bytes */
    const char *filter;
    pid_t thread;
    int group_fd; /* of perf_event_open(): each sample comes with the counts of the group; or -1 */
    size_t ring_size, small_ring_size; /* the second where the first is too much for the host */
};

/* NULL: the host does not allow it, or has no such tracepoint. */
struct recorder_kvm_tracepoint *
recorder_kvm_tracepoint_open(const struct recorder_kvm_tracepoint_spec *spec);
void recorder_kvm_tracepoint_close(struct recorder_kvm_tracepoint *tracepoint);

/* Has a signal sent to the thread at each sample. */
bool recorder_kvm_tracepoint_signal(struct recorder_kvm_tracepoint *tracepoint, int signal);

/* What perf has put into the ring since the last call, in order. */
typedef void recorder_kvm_tracepoint_taker(void *opaque, const struct perf_event_header *record);
void recorder_kvm_tracepoint_read(struct recorder_kvm_tracepoint *tracepoint,
                                  recorder_kvm_tracepoint_taker *take, void *opaque);

/*
 * The wanted fields of a sample; false: it has not got them. *count receives the first count of the
 * group, if there is one.
 */
bool recorder_kvm_tracepoint_sample(const struct recorder_kvm_tracepoint *tracepoint,
                                    const struct perf_event_header *record, uint64_t fields[2],
                                    uint64_t *count);

#endif
