/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a guest will be recorded: the accelerator, QEMU's command line, the CPUs it may run on. */
#ifndef EBB_CLI_RECORD_PLAN_H
#define EBB_CLI_RECORD_PLAN_H

#include "host_facts.h"
#include "record_settings.h"

struct record_plan {
    enum accelerator accelerator; /* never ANY */
    struct qemu_arguments found;
    struct argument_list qemu; /* its arguments, its own name aside, and notes for the user */
    int pmu_type;              /* for perf_event_open(); -1: there is one PMU only */
    bool pinned;
    cpu_set_t cpus; /* with pinned */
};

/*
 * Decides. words are QEMU's arguments as the user gave them; facts are about the host. Returns -1
 * with what cannot be recorded, and what to do. record_plan_clear() in any case.
 */
int record_plan_make(struct record_plan *plan, const struct record_settings *settings,
                     char *const *words, int count, const struct host_facts *facts,
                     struct ebb_error *error);

/* Appends the recorder, which records into directory (NULL: nothing at first). */
int record_plan_add_recorder(struct record_plan *plan, const struct record_settings *settings,
                             const char *directory, int status_fd, struct ebb_error *error);

/* The recorder's properties for --keyframe-interval and --last. */
struct record_amounts {
    struct {
        const char *property;
        unsigned long long value;
    } list[5];
    size_t count;
};

/* Those that were asked for; what was not keeps the recorder's default or its last value. */
int record_amounts(const struct record_settings *settings, enum accelerator accelerator,
                   struct record_amounts *amounts, struct ebb_error *error);

void record_plan_clear(struct record_plan *plan);

#endif
