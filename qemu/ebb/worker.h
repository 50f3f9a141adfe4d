/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker: CPU + RAM + log, driven by the engine over a socket (worker_protocol.h).
 *
 * Everything here runs on the vCPU thread, with the BQL held except while guest code executes. One
 * struct worker exists per process; QEMU's hooks reach it through worker_current().
 */
#ifndef EBB_WORKER_H
#define EBB_WORKER_H

#include "cpu.h"
#include "exec/memory.h"
#include "worker_manifest.h"
#include "worker_protocol.h"
#include "ebb-log/error.h"
#include "ebb-log/event.h"
#include "ebb-log/reader.h"

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

    GArray *breakpoints; /* struct worker_breakpoint */
    struct worker_hits hits;

    GString *report; /* not empty: replay and log disagree */
    uint64_t diverged_position;
};

struct worker *worker_current(void);

/* Creates RAM, CPU and hooks; called by the machine. Exits with a message on failure. */
void worker_create(const struct worker_manifest *manifest, const char *recording, int engine_fd);

/* worker_loop.c: serves requests until the engine goes; does not return. */
void worker_serve(CPUState *cpu);

/* worker_run.c */
int worker_run(struct worker *worker, const struct worker_run *run, struct worker_stop *stop,
               struct ebb_error *error);

/* worker_events.c: what the log says. */
int worker_events_open(struct worker *worker, const char *recording, struct ebb_error *error);
int worker_events_seek(struct worker *worker, uint64_t event_number, struct ebb_error *error);
/* The event the guest is about to cause or meet; NULL at the end of the log. */
const struct ebb_event *worker_events_peek(struct worker *worker);
void worker_events_advance(struct worker *worker);
/* The position of the next asynchronous event, but at most limit; one there may be missed. */
uint64_t worker_events_next_async(struct worker *worker, uint64_t limit);
/* Applies an interrupt line, DMA, memory map or console event. */
void worker_events_apply(struct worker *worker, const struct ebb_event *event);

/* worker_replay.c: answers the guest from the log. */
extern const struct ebb_hooks worker_hooks;
void worker_replay_intercept(struct worker *worker);
/* Notes that replay and log disagree, and stops the run; the format says what was met. */
void worker_diverge(struct worker *worker, uint64_t position, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* worker_map.c */
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

/* worker_ram.c */
void worker_ram_create(struct worker *worker);
void worker_ram_write(struct worker *worker, uint64_t offset, const void *data, size_t length);
/* What wrote RAM was not guest code: a device, or the debugger. */
void worker_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);
uint64_t worker_ram_collect_dirty(struct worker *worker);
void worker_ram_accept_replaced(struct worker *worker);

/* worker_state.c */
size_t worker_state_size(struct worker *worker);
void worker_state_get(struct worker *worker, void *blob);
int worker_state_set(struct worker *worker, const void *blob, size_t size, struct ebb_error *error);
int worker_state_load_keyframe(struct worker *worker, const uint8_t *message, size_t length,
                               struct ebb_error *error);

/* worker_breakpoints.c */
int worker_breakpoints_set(struct worker *worker, const struct worker_breakpoint *set, size_t count,
                           struct ebb_error *error);
bool worker_breakpoint_at(vaddr address);
void worker_breakpoint_reached(CPUState *cpu, uintptr_t ra);
bool worker_watchpoint_reached(CPUState *cpu, vaddr address, vaddr length, int flags, uintptr_t ra);
/* A device wrote length bytes at a RAM offset. */
void worker_watch_device_write(struct worker *worker, uint64_t offset, uint64_t length,
                               bool nested);

/* worker_debug.c: what gdb looks at. Byte arrays are g_byte_array_unref()ed by the caller. */
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
