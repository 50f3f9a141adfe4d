/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recording needs of its host, checked before the guest starts, and by ebb doctor. Each
 * finding is a sentence that says what is the matter and what to do.
 */
#ifndef EBB_CLI_HOST_CHECKS_H
#define EBB_CLI_HOST_CHECKS_H

#include "log/error.h"
#include "host_facts.h"

#define HOST_FINDINGS_MAX 16

enum host_verdict {
    HOST_OK,
    HOST_NOTE, /* good to know */
    HOST_NO,   /* KVM recording is not possible */
};

struct host_finding {
    const char *name; /* what was looked at: "pmu" */
    enum host_verdict verdict;
    char text[500]; /* without full stop */
};

struct host_findings {
    struct host_finding list[HOST_FINDINGS_MAX];
    size_t count;
    bool kvm; /* nothing of it is HOST_NO: this host can record under KVM */
};

/* Everything about recording under KVM. */
void host_checks(const struct host_facts *facts, struct host_findings *findings);

/* The first finding that keeps this host from recording under KVM; NULL: there is none. */
const struct host_finding *host_obstacle(const struct host_findings *findings);

/*
 * The PMU to count with, and so the CPUs to keep a guest on, where they are of several kinds: the
 * fastest kind that this process may run on. NULL: there is one kind only.
 */
const struct host_pmu *host_pmu_of_guest(const struct host_facts *facts);

/* Whether this process may run on other CPUs, too. */
bool host_pmu_needs_pinning(const struct host_facts *facts, const struct host_pmu *pmu);

/*
 * Looks at the disk of a recording of a guest with that much RAM; a directory that is not there yet
 * counts as the one it will be in. *verdict is HOST_NO if nothing can be written.
 */
void host_check_disk(const char *directory, uint64_t ram_bytes, struct host_finding *finding);

/*
 * The same for a recording that is about to begin, as a disk that is full at once would only be
 * noticed later: a note goes to standard error; -1: nothing can be written, *error says so.
 */
int host_check_disk_for_recording(const char *directory, uint64_t ram_bytes,
                                  struct ebb_error *error);

/* What host_check_disk() says of a disk with that many free bytes. */
void host_check_space(const char *directory, uint64_t ram_bytes, uint64_t free_bytes,
                      struct host_finding *finding);

#endif
