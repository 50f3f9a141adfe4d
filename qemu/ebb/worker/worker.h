/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker: CPU + RAM + log, driven by the engine over a socket (protocol/messages.h).
 *
 * Everything runs on the vCPU thread, with the BQL held except while guest code executes. One
 * struct worker exists per process; QEMU's hooks reach it through worker_current(). Here is what it
 * consists of; each file has a header of its own.
 */
#ifndef EBB_WORKER_WORKER_H
#define EBB_WORKER_WORKER_H

#include "cpu.h"
#include "exec/memory.h"
#include "ebb/arm/kvm_guest_cpu.h"
#include "ebb/arm/smccc.h"
#include "manifest.h"
#include "protocol/clockwork.h"
#include "protocol/messages.h"
#include "log/error.h"
#include "log/event.h"
#include "log/reader.h"

/* What it is started with. */
struct worker_options {
    const char *recording; /* directory, for messages */
    const struct ebb_log_files *files;
    bool resolve; /* open the log as if it had no index */
};

/* The log, as the worker consumes it. */
struct worker_events {
    struct ebb_log *log;
    struct ebb_cursor *cursor; /* behind the next event */
    struct ebb_event next;     /* the next event, if have_next */
    bool have_next;
    uint64_t next_number;         /* its number */
    struct ebb_cursor *lookahead; /* looks for the next asynchronous event */
    uint64_t ahead_position;      /* of the event it has read last; UINT64_MAX: there are no more */
    uint64_t ahead_number;
    bool ahead_async;
    uint64_t end_position; /* of the log */
    uint64_t event_count;
};

/* The memory map in force: the manifest's, or that of an event. */
struct worker_map {
    MemoryRegion *aliases;
    size_t count;
    unsigned changes;      /* since QEMU freed what it had of maps before */
    uint64_t event_number; /* 1 + number of the event it comes from; 0: the manifest */
    GArray *known;         /* uint64_t: numbers of the map events below scanned */
    uint64_t scanned;
};

/* Whether exits since the last anchor were met where they were expected. */
enum worker_trust {
    EXITS_TRUSTED = 0,
    EXITS_LOST,    /* the last one was not */
    EXITS_DOUBTED, /* the one before was not, and the last one was met elsewhere */
};

/* What resolving knows of the way from one anchor, or access with a count, to the next; part of the
 * CPU state blob. */
struct worker_progress {
    int64_t drift;         /* position minus count, at the last of them */
    uint64_t accesses;     /* since then: to devices, each emulated by KVM and hence not counted */
    uint64_t counters;     /* reads of the counter, which may have been counted or not */
    uint64_t calls;        /* hypercalls, the same */
    uint32_t counter_cost; /* 1 if counter reads were not counted so far */
    uint32_t trust;        /* enum worker_trust */
    uint32_t trap_count;   /* of the interval so far: */
    uint64_t trap_pcs[EBB_MAX_TRAPS];
    uint64_t trap_places[EBB_MAX_TRAPS]; /* from which on exits there are left out */
    uint64_t traps;     /* since then: passages through them, each emulated and not counted */
    uint64_t exit_next; /* 1 + position of the last instruction whose exit was recorded */
};

struct worker;
struct worker_resolution;
struct worker_rows;
struct worker_coverage_marks;
struct worker_calls;
struct worker_pages;

/* A recording of KVM. */
struct worker_kvm {
    bool active;       /* it is one */
    bool unresolved;   /* positions in the log are counts */
    bool exact_counts; /* with it: those of accesses to devices are their own */
    struct kvm_guest_cpu description;
    struct smccc_host smccc;
    unsigned wanted;        /* what the recorder has replaced (ebb/counter/access.h) */
    const uint64_t *clears; /* positions where the exclusive monitor is cleared, going up */
    size_t clear_count;
    struct worker_progress progress;
    struct worker_resolution *resolution; /* the request in progress, or NULL */
    GArray *positions;                    /* uint64_t: of the events consumed by it */
    GArray *cleared;                      /* struct worker_exclusive: where an exit did that */
    bool listing;                         /* store-exclusives are noted: */
    struct worker_exclusive *exclusives;  /* a ring of WORKER_MAX_EXCLUSIVES */
    uint64_t exclusive_total;
};

/*
 * What the worker does, as far as the log and the guest's instructions are concerned: replay.c and
 * resolve.c have one each.
 */
struct worker_mode {
    /* The log's next event was gone behind; it, or its instruction, is at position. */
    void (*consumed)(struct worker *worker, const struct ebb_event *event, uint64_t position);
    /* The guest is causing a synchronous event, which will be compared with the log's next. */
    void (*expecting)(struct worker *worker, uint64_t position);
    /* The next event is another one; true if that is no divergence. */
    bool (*passed_by)(struct worker *worker, const struct ebb_event *next);
    /* True if the instruction at the address needs a look each time, but for breakpoints. */
    bool (*looks_at)(struct worker *worker, vaddr address);
    /* Such an instruction, or one with a breakpoint, is about to execute; true if guest code has to
     * be left in front of it. */
    bool (*reached)(struct worker *worker, const struct worker_hit *hit);
    /* The same for an interrupt that is about to be entered in place of the instruction at pc. */
    bool (*stops_at)(struct worker *worker, uint64_t pc);
};

struct worker {
    ARMCPU *cpu;
    const struct worker_manifest *manifest;
    int socket;
    int memory_use; /* /proc/self/statm, until the last walls */
    bool resolves;  /* it was started to do that */
    int ram_fd, control_fd;
    struct worker_control *control;
    uint64_t *dirty, *replaced; /* bitmaps in the control file */

    MemoryRegion ram;           /* the flat RAM space */
    MemoryRegion romd;          /* the same bytes, for ROM-device mappings */
    MemoryRegion secure_memory; /* the secure address space, if the manifest has one */
    struct worker_map map;

    const struct worker_mode *mode;
    bool diversion;
    bool taking; /* an interrupt may be entered although no instruction may be executed */
    struct worker_events events;
    struct worker_kvm kvm;

    GArray *breakpoints;    /* struct worker_breakpoint */
    uint32_t kinds;         /* of them, a bit for each */
    uint64_t sample_every;  /* instructions; 0: no samples */
    GByteArray *conditions; /* of all of them */
    struct worker_translations *translations;
    struct worker_rows *rows;
    struct worker_changes *changes;
    struct worker_watch_ranges *watch_ranges;
    struct worker_coverage_marks *coverage;
    bool entering; /* an exception */
    struct worker_calls *calls;
    struct worker_pages *pages;
    struct clockwork clockwork;
    uint64_t run_end; /* the position where the execution under way would end */

    GString *report; /* not empty: replay and log disagree */
    uint64_t diverged_position;
    bool damaged; /* it is not the guest that did not fit: the log cannot be read on */
};

struct worker *worker_current(void);

/* The guest's program counter. */
uint64_t worker_pc(struct worker *worker);
/* Tells the engine that this process, or the one that it was forked from, is at work. */
void worker_give_sign(struct worker *worker);
/* True, once, if the engine wants the worker to stop. */
bool worker_stop_requested(struct worker *worker);

#endif
