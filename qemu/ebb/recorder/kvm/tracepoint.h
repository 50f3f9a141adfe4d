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
    unsigned many;                     /* samples that have recorder_kvm_tracepoint_watch() call */
};

/* The specification's texts stay the caller's. NULL: the host does not allow it, or has no such
 * tracepoint. */
struct recorder_kvm_tracepoint *
recorder_kvm_tracepoint_open(const struct recorder_kvm_tracepoint_spec *spec);
void recorder_kvm_tracepoint_close(struct recorder_kvm_tracepoint *tracepoint);

/*
 * Replaces its filter; false: the old one is in force. All that there was has to be read already,
 * and the thread is the caller's. perf takes one filter for the life of an event, so this is
 * another event, with a ring of its own; should there be no memory for that there is nothing to be
 * read any more.
 */
bool recorder_kvm_tracepoint_filter(struct recorder_kvm_tracepoint *tracepoint, const char *filter);

/* Has the main thread call back, with the BQL, when there are many samples more. */
void recorder_kvm_tracepoint_watch(struct recorder_kvm_tracepoint *tracepoint,
                                   void (*called)(void *opaque), void *opaque);

/* No longer. */
void recorder_kvm_tracepoint_unwatch(struct recorder_kvm_tracepoint *tracepoint);

/* Has a signal sent to the thread at each sample; until there is another filter. */
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
