/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scanning: one replay of a part of history that tells of everything in it that hits a breakpoint
 * or watchpoint, is an exception or a return from one, or is due as a sample: a row for each.
 *
 * History is cut at keyframes and checkpoints into intervals, which are replayed on all workers at
 * once. Rows are looked up where they happen, in the worker; they come out in the order of their
 * positions, whichever worker was first.
 */
#ifndef EBB_REPLAY_TIMELINE_SCAN_H
#define EBB_REPLAY_TIMELINE_SCAN_H

#include "timeline.h"

#define TIMELINE_OPEN_CALLS (1u << 16)
#define TIMELINE_STACK_POINTER 31u /* its bit among the registers of a scan; AArch64's */
#define TIMELINE_LOADS 8u
#define TIMELINE_LOAD_SIZE 64u /* bytes, the most of a load */

/* Memory that a register points to when a row is noted. */
struct timeline_load {
    unsigned number; /* of the register */
    unsigned length; /* bytes */
    int64_t offset;  /* from where the register points */
};

enum timeline_row_kind { /* values as in the worker's protocol */
                         TIMELINE_ROW_EXECUTE = 1,
                         TIMELINE_ROW_EXCEPTION = 9,
                         TIMELINE_ROW_SAMPLE = 10,
                         TIMELINE_ROW_RETURN = 12, /* from an exception */
                         TIMELINE_ROW_CALL_RETURNED = 13,
                         TIMELINE_ROW_CALL_LEFT = 14, /* it never returns: it is made again */
                         TIMELINE_ROW_ACCESS = 15, /* by the CPU, to memory at whatever address */
                         /* others: watchpoints, with the values of timeline_breakpoint_kind */
};

enum timeline_exception { /* values as in the worker's protocol */
                          TIMELINE_EXCEPTION_OTHER,
                          TIMELINE_EXCEPTION_UNDEFINED,
                          TIMELINE_EXCEPTION_SUPERVISOR_CALL,
                          TIMELINE_EXCEPTION_HYPERVISOR_CALL,
                          TIMELINE_EXCEPTION_MONITOR_CALL,
                          TIMELINE_EXCEPTION_PREFETCH_ABORT,
                          TIMELINE_EXCEPTION_DATA_ABORT,
                          TIMELINE_EXCEPTION_DEBUG,
                          TIMELINE_EXCEPTION_TRAP,
                          TIMELINE_EXCEPTION_IRQ,
                          TIMELINE_EXCEPTION_FIQ,
                          TIMELINE_EXCEPTION_SERROR,
                          TIMELINE_EXCEPTIONS,
};

/* A call of a function: in the context that it was made in, where it will return to. */
struct timeline_call {
    uint64_t position;       /* of the function's first instruction */
    uint64_t function;       /* its address */
    uint64_t return_address; /* bit 0 clear for Thumb */
    uint64_t site;           /* of the instruction that made the call */
    uint64_t stack, space;   /* as in a row */
    uint32_t mode;
};

/* All pointers are good until the callback returns. */
struct timeline_row {
    uint64_t position; /* of the instruction, or on reaching which it happened */
    uint32_t kind;     /* enum timeline_row_kind */
    /* Watchpoints: the instruction at position made the access, or a device in it; else a device
     * made it on reaching position. Exceptions: the instruction there caused it; else it was taken
     * in front of that one. */
    bool inside;
    bool write, by_device, by_reset;
    uint64_t address;      /* the breakpoint's, as set */
    uint64_t data_address; /* first byte accessed inside the watched range */
    uint64_t data_length;  /* bytes of it that were accessed */
    uint64_t pc;           /* exceptions: the handler */
    /* What was running: the stack pointer, where the stack is (of user code its translation table,
     * else the physical page), M[4:0] of the processor state. Exceptions: what was interrupted, and
     * from_pc: the instruction that has caused it, or in front of which it was taken (of a software
     * step the next one). Returns: what was returned to. Others only with `context`. */
    uint64_t stack, space, from_pc;
    uint32_t mode;
    uint64_t tables[2];  /* TTBR0_EL1, TTBR1_EL1 */
    uint64_t context_id; /* CONTEXTIDR_EL1 */
    enum timeline_exception exception;
    unsigned level;        /* exception level it was taken to */
    uint32_t to_mode;      /* the handler's M[4:0] */
    uint64_t syndrome;     /* ESR_ELx or HSR; calls in AArch32: as it would be */
    uint32_t fault_status; /* DFSR or IFSR; 0: there is a syndrome, or nothing */
    uint64_t fault;        /* address of an abort */
    /* In front of the instruction; of an exception or return, behind it; of `accesses` none. */
    const uint64_t *registers; /* those asked for, by their numbers going up */
    size_t register_count;
    const uint64_t *frames; /* return addresses, the innermost first */
    size_t frame_count;
    uint64_t return_address, site; /* with `calls`, of EXECUTE: as in struct timeline_call */
    uint64_t call;                 /* of CALL_...: its position */
    const uint8_t *before, *after; /* what was accessed; NULL if that is not in RAM */
    size_t data_size; /* bytes of each; less than data_length if that is more than 64 */
    const uint8_t *loads[TIMELINE_LOADS]; /* those asked for; NULL: could not be read */
    /* With `code`: the CPSR (of AArch64 what gdb shows as it), whether data in memory is
     * big-endian, and of samples the instruction at pc, 2 or 4 bytes as in memory, or 0: it cannot
     * be read. */
    uint32_t state;
    bool big_endian;
    const uint8_t *code;
    size_t code_size;
};

/* Which instructions were executed, at guest-virtual addresses from begin, a multiple of 16, to
 * end. */
struct timeline_coverage {
    uint64_t begin, end;        /* at most 256 MiB */
    uint64_t table, table_mask; /* only while TTBR0_EL1 is that under the mask */
    uint8_t *marks; /* timeline_coverage_size() bytes, to which what is found is or-ed */
};

static inline size_t timeline_coverage_size(const struct timeline_coverage *coverage)
{
    return (size_t)((coverage->end - coverage->begin + 15) / 16);
}

static inline bool timeline_coverage_has(const struct timeline_coverage *coverage, uint64_t address)
{
    uint64_t offset = address - coverage->begin;

    return coverage->marks[offset / 16] >> offset / 2 % 8 & 1;
}

struct timeline_scan {
    /* Rows of positions from `from` to before `to`; if history ends with `to`, those of its end as
     * well. Of what happens on reaching the first position of history nothing is known. */
    uint64_t from, to;
    uint64_t most; /* rows, and those that share the last one's position; 0: all */
    /* Beside the timeline's breakpoints and watchpoints, whose conditions hold: */
    bool exceptions, returns; /* taken, and returned from */
    bool accesses;            /* all of the CPU's to memory; with the data if `data` is set */
    uint64_t sample_every;    /* instructions, at multiples of that; 0: no samples */
    /* What rows consist of: */
    uint32_t registers; /* bit n: general register n, bit 31: AArch64's stack pointer */
    unsigned frames;    /* at most, 64; along the frame pointers of AArch64 */
    bool context, data, code;
    struct timeline_load loads[TIMELINE_LOADS];
    unsigned load_count;
    const struct timeline_coverage *coverage; /* NULL: nothing is marked */
    /* Breakpoints on execution are at the first instructions of functions; a call is followed to
     * its end, which is a row as well: address is the function's, registers are those asked for of
     * the first two, which have a result. A call that neither ends soon behind the interval that it
     * is made in has no such row: it is still to be looked for, as one of `open`. Ends of calls
     * come in an order of their own, each behind its call. */
    bool calls;
    /* Calls whose ends are rows: for each, the first told of is the one that it is. */
    const struct timeline_call *open;
    size_t open_count; /* at most TIMELINE_OPEN_CALLS */
    /* No rows are made: result.rows is how many there would be. */
    bool count;
    /* Called for each row, by position going up. Not 0 ends the scan. The callback must not touch
     * the timeline. */
    int (*row)(void *opaque, const struct timeline_row *row);
    void *opaque;
};

struct timeline_scan_result {
    uint64_t rows;
    /* TIMELINE_STOP_STEP: all was scanned; _INTERRUPTED: asked to; _DIVERGED, _DAMAGED: nothing is
     * known behind `until`; `report` says why. With enough rows, or where the callback ended it,
     * STEP as well, with ended. */
    enum timeline_stop_reason reason;
    bool ended;
    /* All rows of positions before that were told of, and, where the callback ended it or it was
     * interrupted, maybe some of that position: another scan goes on from there. */
    uint64_t until;
    const char *report; /* owned by the timeline until its next move */
};

/*
 * Leaves the timeline where it is. Drops a diversion. Returns 0, or -1 and fills *error. On the
 * timeline's thread; timeline_interrupt() ends it. Takes one replay of the part, over the number of
 * workers; memory: rows of up to some 60 MiB for each worker.
 */
int timeline_scan(struct timeline *timeline, const struct timeline_scan *scan,
                  struct timeline_scan_result *result, struct ebb_error *error);

#endif
