/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker: CPU + RAM + log, driven by the engine over a socket (protocol/messages.h).
 *
 * Everything here runs on the vCPU thread, with the BQL held except while guest code executes. One
 * struct worker exists per process; QEMU's hooks reach it through worker_current().
 */
#ifndef EBB_WORKER_WORKER_H
#define EBB_WORKER_WORKER_H

#include "cpu.h"
#include "exec/memory.h"
#include "ebb/arm/kvm_guest_cpu.h"
#include "ebb/arm/smccc.h"
#include "manifest.h"
#include "protocol/messages.h"
#include "log/error.h"
#include "log/event.h"
#include "log/reader.h"

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
    uint64_t event_number; /* 1 + number of the event it comes from; 0: the manifest */
    GArray *known;         /* uint64_t: numbers of the map events below scanned */
    uint64_t scanned;
};

struct worker_hits {
    bool pending;     /* guest code was left for hit.last */
    uint64_t run_end; /* where the execution under way would end */
    uint64_t count;
    struct worker_hit last;
    bool ignore_execute; /* while stepping off a breakpoint */
    bool stop_at_first;
};

/* Whether exits since the last anchor were met where they were expected. */
enum worker_trust {
    EXITS_TRUSTED = 0,
    EXITS_LOST,    /* the last one was not */
    EXITS_DOUBTED, /* the one before was not, and the last one was met elsewhere */
};

/* What resolving knows of the way from one anchor to the next; part of the CPU state blob. */
struct worker_progress {
    int64_t drift;         /* position minus count, at the last anchor */
    uint64_t accesses;     /* since then: to devices, each emulated by KVM and hence not counted */
    uint64_t counters;     /* reads of the counter, which may have been counted or not */
    uint64_t calls;        /* hypercalls, the same */
    uint32_t counter_cost; /* 1 if counter reads were not counted so far */
    uint32_t trust;        /* enum worker_trust */
};

/* A recording of KVM. */
struct worker_kvm {
    bool active;     /* it is one */
    bool unresolved; /* positions in the log are counts */
    bool taking;     /* an interrupt may be entered although no instruction may be executed */
    struct kvm_guest_cpu description;
    struct smccc_host smccc;
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

struct worker {
    ARMCPU *cpu;
    const struct worker_manifest *manifest;
    int socket;
    int ram_fd, control_fd;
    struct worker_control *control;
    uint64_t *dirty, *replaced; /* bitmaps in the control file */

    MemoryRegion ram;  /* the flat RAM space */
    MemoryRegion romd; /* the same bytes, for ROM-device mappings */
    struct worker_map map;

    bool diversion;
    struct worker_events events;
    struct worker_kvm kvm;

    GArray *breakpoints; /* struct worker_breakpoint */
    struct worker_hits hits;

    GString *report; /* not empty: replay and log disagree */
    uint64_t diverged_position;
};

struct worker *worker_current(void);

struct worker_options {
    const char *recording; /* directory */
    int engine_fd;
    bool resolve; /* open the log as if it had no index */
};

/* Creates RAM, CPU and hooks; called by the machine. Exits with a message on failure. */
void worker_create(const struct worker_manifest *manifest, const struct worker_options *options);

/* loop.c: serves requests until the engine goes; does not return. */
void worker_serve(CPUState *cpu);

/* run.c */
int worker_run(struct worker *worker, const struct worker_run *run, struct worker_stop *stop,
               struct ebb_error *error);

/* Executes at most budget instructions. */
void worker_execute(struct worker *worker, uint64_t budget);
/* Enters a pending interrupt's handler, which executes no instruction. */
void worker_take_interrupt(struct worker *worker);
bool worker_stop_requested(struct worker *worker);
/* The CPU sleeps, and no interrupt that is pending wakes it. */
bool worker_halted_for_good(struct worker *worker);

/* kvm.c: what is different in a recording of KVM. */
int worker_kvm_open(struct worker *worker, struct ebb_error *error);
void worker_kvm_init(struct worker *worker);
/* True if the CPU is where an anchor was taken, perhaps after a pending interrupt is taken. */
bool worker_kvm_at_anchor(struct worker *worker, const struct ebb_event *anchor);
/* What leaving the guest and entering it again does to its state. */
void worker_kvm_pass_anchor(struct worker *worker);
/* Clears the exclusive monitor, if that is to happen at this position. */
void worker_kvm_clear_exclusive(struct worker *worker, uint64_t position);
/* The first position behind this one where that is to happen, but at most limit. */
uint64_t worker_kvm_next_clear(struct worker *worker, uint64_t position, uint64_t limit);

/* resolve.c */
int worker_resolve(struct worker *worker, const struct worker_resolve *request,
                   const struct worker_override *overrides, struct worker_resolved *resolved,
                   struct ebb_error *error);
/* What was found, after worker_resolve(): positions of events; where exits cleared the exclusive
 * monitor; store-exclusives, oldest first. */
const uint64_t *worker_resolve_positions(struct worker *worker);
const struct worker_exclusive *worker_resolve_cleared(struct worker *worker);
void worker_resolve_exclusives(struct worker *worker, GByteArray *out);
/* The guest is causing an event and the next one in the log is an anchor: it was passed by. */
void worker_resolve_passed_by(struct worker *worker);
/* An event was consumed; its position, or that of its instruction. */
void worker_resolve_consumed(struct worker *worker, const struct ebb_event *event,
                             uint64_t position);
/* Breakpoints of the resolver's own: true where the address has one. */
bool worker_resolve_watches(vaddr address);
/* Such an instruction is about to execute; true if the guest has to stop in front of it. */
bool worker_resolve_reached(struct worker *worker, uint64_t position, uint64_t pc);
/* The same for an interrupt that is about to be entered in its place. */
bool worker_resolve_stops_at(struct worker *worker, uint64_t pc);

/* events.c: what the log says. */
int worker_events_open(struct worker *worker, const struct worker_options *options,
                       struct ebb_error *error);
int worker_events_seek(struct worker *worker, uint64_t event_number, struct ebb_error *error);
/* The event the guest is about to cause or meet; NULL at the end of the log. */
const struct ebb_event *worker_events_peek(struct worker *worker);
/* Goes behind it; position is where it happened, which the log may not know. */
void worker_events_advance(struct worker *worker, uint64_t position);
/* The position of the next asynchronous event, but at most limit; one there may be missed. */
uint64_t worker_events_next_async(struct worker *worker, uint64_t limit);
/* Applies an interrupt line, DMA, memory map or console event. */
void worker_events_apply(struct worker *worker, const struct ebb_event *event);

/* replay.c: answers the guest from the log. */
extern const struct ebb_hooks worker_hooks;
void worker_replay_intercept(struct worker *worker);
/*
 * The next event, if it is the synchronous one that the guest is causing; else NULL, after noting
 * the divergence. value is NULL for a read.
 */
const struct ebb_event *worker_expect(struct worker *worker, enum ebb_event_kind kind,
                                      uint64_t position, uint64_t address, uint32_t size,
                                      const uint64_t *value);
/* Applies the events that come inside the synchronous one that the guest is causing. */
void worker_apply_nested(struct worker *worker, uint64_t position);
/* Notes that replay and log disagree, and stops the run; the format says what was met. */
void worker_diverge(struct worker *worker, uint64_t position, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* map.c */
void worker_map_init(struct worker *worker);
int worker_map_apply(struct worker *worker, const struct ebb_memory_range *ranges, size_t count,
                     struct ebb_error *error);
int worker_map_apply_event(struct worker *worker, const struct ebb_event *event, uint64_t number,
                           struct ebb_error *error);
/* Puts the map in force that holds before the event with that number. */
int worker_map_restore_before(struct worker *worker, uint64_t event_number,
                              struct ebb_error *error);
int worker_map_restore(struct worker *worker, uint64_t map_event, struct ebb_error *error);
/* The RAM offset of a guest-physical address; UINT64_MAX where there is no RAM. */
uint64_t worker_map_offset(struct worker *worker, uint64_t address);

/* ram.c */
void worker_ram_create(struct worker *worker);
void worker_ram_write(struct worker *worker, uint64_t offset, const void *data, size_t length);
/* What wrote RAM was not guest code: a device, or the debugger. */
void worker_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);
uint64_t worker_ram_collect_dirty(struct worker *worker);
void worker_ram_accept_replaced(struct worker *worker);

/* state.c */
size_t worker_state_size(struct worker *worker);
void worker_state_get(struct worker *worker, void *blob);
int worker_state_set(struct worker *worker, const void *blob, size_t size, struct ebb_error *error);
int worker_state_load_keyframe(struct worker *worker, const uint8_t *message, size_t length,
                               struct ebb_error *error);

/* breakpoints.c */
int worker_breakpoints_set(struct worker *worker, const struct worker_breakpoint *set, size_t count,
                           struct ebb_error *error);
/*
 * Drops what has been translated from an address, since its breakpoint has come or gone. one_page:
 * no other page than the present one is ever mapped there, which makes it quick.
 */
void worker_breakpoints_forget(struct worker *worker, uint64_t address, bool one_page);
bool worker_breakpoint_at(vaddr address);
void worker_breakpoint_reached(CPUState *cpu, uintptr_t ra);
bool worker_watchpoint_reached(CPUState *cpu, vaddr address, vaddr length, int flags, uintptr_t ra);
/* A device wrote length bytes at a RAM offset. */
void worker_watch_device_write(struct worker *worker, uint64_t offset, uint64_t length,
                               bool nested);

/* debug.c: what gdb looks at. Byte arrays are g_byte_array_unref()ed by the caller. */
void worker_read_registers(struct worker *worker, GByteArray *out);
void worker_read_register(struct worker *worker, uint32_t number, GByteArray *out);
int worker_write_register(struct worker *worker, uint32_t number, const uint8_t *value, size_t size,
                          struct ebb_error *error);
size_t worker_read_memory(struct worker *worker, const struct worker_memory *memory, uint8_t *out);
size_t worker_write_memory(struct worker *worker, const struct worker_memory *memory,
                           const uint8_t *data);
char *worker_target_xml(struct worker *worker, const char *name);
uint64_t worker_pc(struct worker *worker);

#endif
