/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the worker needs of a recording's manifest (docs/recording-format.md). */
#ifndef EBB_WORKER_MANIFEST_H
#define EBB_WORKER_MANIFEST_H

#include "qobject/qdict.h"
#include "log/event.h"

struct worker_manifest {
    char *cpu_type;                     /* QOM type name */
    QDict *cpu_properties;              /* to set before the CPU is realized */
    bool gic_cpu_interface;             /* the CPU had the GICv3's registers */
    unsigned gic_priority_bits;         /* 8 if there were as many, whatever the CPU says */
    bool semihosting, semihosting_user; /* taken at all; taken at EL0 as well */
    bool kvm;                           /* recorded under KVM; the rest is for that only: */
    bool aarch64;                       /* the guest starts in AArch64 state, else in AArch32 */
    bool hypercalls_recorded;           /* every one is in the log, else those that end the run */
    bool has_cpu_timer;                 /* the guest's clock was, or may have been, the CPU's own */
    uint64_t counter_frequency;         /* Hz */
    bool has_counter_page;
    uint64_t counter_page; /* RAM offset of the clock's page, for open reads */
    uint64_t ram_size;     /* bytes */
    size_t map_count;
    struct ebb_memory_range *map;
    bool has_secure_memory; /* ranges of the map are secure: secure accesses see these alone */
};

/* Reads and checks manifest.json, which is open; its path is for messages. The caller keeps the
 * result for good. NULL on error. */
struct worker_manifest *worker_manifest_read(int file, const char *path, Error **errp);

/* True if a range lies page-aligned inside the RAM space and the address space. */
bool worker_memory_range_valid(const struct ebb_memory_range *range, uint64_t ram_size);

#endif
