/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between the engine and a worker: messages on a Unix stream socket, and two memory
 * files that both sides map. Engine and worker are of one build, so fields are in host byte order
 * and there is no compatibility between versions; WORKER_PROTOCOL_VERSION catches mixed builds.
 *
 * The engine sends one request and reads one reply; the worker never speaks first. A reply has the
 * type of its request, or WORKER_ERROR with a struct worker_error. The worker exits when the socket
 * closes. While the worker runs guest code the engine may set control->stop_request; it may touch
 * guest RAM only while the worker is in neither WORKER_RUN nor WORKER_RESOLVE.
 */
#ifndef EBB_PROTOCOL_MESSAGES_H
#define EBB_PROTOCOL_MESSAGES_H

#include "moment.h"

#include <fcntl.h>
#include <stdint.h>

#define WORKER_PROTOCOL_VERSION 15u
#define WORKER_MAX_MESSAGE (64u << 20) /* bytes of payload */

/* A worker's exit status before it says hello: the beginning of the recording, which is still being
 * made, was dropped while it was opened. The next one may be luckier. */
#define WORKER_EXIT_MOVED 75

/* Of the two memory files (fcntl(2)): their size stays what it is. */
#define WORKER_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct worker_message {
    uint32_t type;   /* enum worker_message_type */
    uint32_t length; /* bytes of payload that follow */
};

enum worker_message_type {
    /* -> nothing; <- struct worker_hello, with two descriptors (SCM_RIGHTS): RAM, control, both
     * with WORKER_SEALS. The first request, sent once: the worker raises its walls (walls/walls.h)
     * between the descriptors and what follows them; others stand since before it read a byte of
     * the recording. */
    WORKER_HELLO = 1,
    /* -> name of an XML document ("target.xml"), no NUL; <- its text */
    WORKER_TARGET_XML,
    /*
     * -> struct worker_keyframe, then for each register: uint64_t id, uint32_t size, size bytes;
     * <- nothing. The engine has already put the keyframe's pages into RAM and marked those that
     * it changed in the replaced bitmap. The memory map is the manifest's, changed by the last
     * EBB_EVENT_MEMORY_MAP before the keyframe's event number.
     */
    WORKER_LOAD_KEYFRAME,
    /* -> nothing; <- the CPU state: an opaque blob of hello.state_size bytes (position, place in
     * the log and the diversion flag included; RAM not) */
    WORKER_GET_STATE,
    /* -> such a blob; <- nothing. Pages marked in the replaced bitmap were changed by the engine:
     * the worker drops what it has translated from them and clears the bitmap. */
    WORKER_SET_STATE,
    /* -> uint64_t count, as many struct worker_breakpoint, the bytes of their conditions
     * (conditions.h): the whole set, replacing the previous; <- nothing */
    WORKER_SET_BREAKPOINTS,
    /* -> struct worker_run; <- struct worker_stop, then stop.report_length bytes of text */
    WORKER_RUN,
    /* -> nothing; <- all registers in the order and layout of gdb's 'g' packet */
    WORKER_READ_REGISTERS,
    /* -> uint32_t gdb register number; <- its bytes, target byte order; empty if there is none */
    WORKER_READ_REGISTER,
    /* -> uint32_t number, then its bytes; <- nothing. Starts a diversion. */
    WORKER_WRITE_REGISTER,
    /* -> struct worker_memory; <- the bytes that could be read, maybe fewer than asked (0 if the
     * first is not mapped) */
    WORKER_READ_MEMORY,
    /* -> struct worker_memory, then the bytes; <- uint64_t count written. Starts a diversion. */
    WORKER_WRITE_MEMORY,
    /* -> nothing; <- uint64_t digest of the registers that both recorder and worker know */
    WORKER_DIGEST_REGISTERS,
    /* -> nothing; <- uint64_t count of pages set in the dirty bitmap: those written by the guest,
     * by DMA or by WORKER_WRITE_MEMORY since the previous call (all pages at the first). The
     * worker fills the bitmap anew. Pages the engine replaced are not counted as dirty. */
    WORKER_COLLECT_DIRTY,
    /* -> nothing; no reply, the worker exits */
    WORKER_QUIT,
    /*
     * Finding positions in a KVM recording that is not resolved, or was opened as if it were not
     * (-M ebb,resolve=on; the other requests then work on counts and are of no use but those about
     * state, keyframes, registers, memory and digests).
     * -> struct worker_resolve, then struct worker_override each; <- struct worker_resolved, then
     * event_count x uint64_t: the positions of the events consumed, in order; exclusive_count x
     * struct worker_exclusive, in order of execution; clear_count x struct worker_exclusive: where
     * exits cleared the exclusive monitor, in order, with the PC there; report_length bytes of
     * text. A worker counts positions from the keyframe it has loaded, which has the position that
     * the log gives it (a count). It stops before taking an interrupt that the last event caused.
     */
    WORKER_RESOLVE,
    /* -> nothing; <- the CPU's registers with KVM's ids, those that the worker has: for each
     * uint64_t id, uint32_t size, size bytes. Recordings of KVM only. */
    WORKER_LIST_REGISTERS,
    /* -> nothing; <- struct worker_context: what the CPU is about to execute, and where */
    WORKER_READ_CONTEXT,
    /* -> uint64_t guest-physical address; <- uint64_t: where the worker's process has it in its own
     * memory, 0 if it is no RAM */
    WORKER_HOST_ADDRESS,
    /* -> uint64_t flags (enum worker_breakpoint_flag), conditions; <- uint64_t: 1 if a breakpoint
     * with these counts where the CPU is about to execute, else 0 */
    WORKER_EVALUATE,
    /* -> struct worker_collector, then struct worker_call each; <- nothing. What the rows of later
     * runs consist of, and calls that are followed from the start. */
    WORKER_SET_COLLECTOR,
    /* -> nothing; <- the rows (struct worker_row) that runs have noted since the last such request,
     * in the order of their moments */
    WORKER_TAKE_ROWS,
    /* -> struct worker_coverage; <- nothing. Marks the instructions that later runs with
     * WORKER_RUN_ROWS execute. */
    WORKER_SET_COVERAGE,
    /* -> nothing; <- worker_coverage_size() bytes: the marks, one bit for 2 bytes of memory, the
     * least significant first; nothing if there is no range */
    WORKER_TAKE_COVERAGE,
    /* -> nothing; <- struct worker_page_set, then count x uint32_t: the hashes (log/page_sets.h) of
     * the pages that the guest's CPU has touched since the last such request, in rising order */
    WORKER_TAKE_PAGES,
    WORKER_ERROR,
};

struct worker_error {
    uint32_t kind; /* enum ebb_error_kind */
    char message[1000];
};

struct worker_hello {
    uint32_t version;
    uint32_t cpu_count;
    uint64_t ram_size;   /* bytes: the flat RAM space of the manifest; size of the RAM file */
    uint64_t state_size; /* bytes of a CPU state blob */
    uint32_t register_count;
    uint32_t registers_size; /* bytes of WORKER_READ_REGISTERS */
    uint32_t pc_register;    /* gdb number of the program counter */
    uint32_t big_endian;     /* 1 if the target's registers travel big-endian */
    uint32_t aarch64;        /* 1 if the CPU has AArch64; else an ARMv7 one or older */
    uint32_t reserved;
};

/*
 * The control file: this struct, then two bitmaps of one bit per RAM page, least significant bit
 * first, each padded to 8 bytes: the dirty bitmap (worker to engine), the replaced bitmap (engine
 * to worker).
 */
struct worker_control {
    /* All are atomic. Set by the engine, cleared by the worker when it stops for it. */
    uint32_t stop_request;
    /* Of life: counted up now and then by a worker that runs or resolves, and by its copies. */
    uint32_t signs;
    /* Where the worker is, written now and then while it runs. */
    uint64_t position;
};

static inline uint64_t worker_bitmap_size(uint64_t ram_size)
{
    return (ram_size / 4096 + 63) / 64 * 8;
}

struct worker_keyframe {
    uint64_t number;
    uint64_t position;
    uint64_t event_number;
    uint64_t register_count;
};

/*
 * What tells one activity of the guest from another at the same PC: a thread that an interrupt took
 * the CPU from goes on in the context it had, others that pass there have another one.
 */
struct worker_context {
    uint64_t pc;
    uint64_t stack; /* the stack pointer */
    /* Where the stack is: user code's translation table (TTBR0's address, without ASID), for which
     * alike virtual addresses are common; for others the physical page, since kernels change that
     * table under their own threads. */
    uint64_t space;
    uint32_t mode;    /* M[4:0] of the processor state */
    uint32_t returns; /* 1 if the instruction at pc returns from an exception; not compared */
};

static inline int worker_context_same(const struct worker_context *a,
                                      const struct worker_context *b)
{
    return a->pc == b->pc && a->stack == b->stack && a->space == b->space && a->mode == b->mode;
}

enum worker_breakpoint_kind {
    WORKER_BREAK_EXECUTE = 1, /* software or hardware breakpoint alike */
    WORKER_WATCH_WRITE = 2,
    WORKER_WATCH_READ = 3,
    WORKER_WATCH_ACCESS = 4,
    WORKER_BREAK_INTERRUPT = 5, /* an interrupt's handler was entered */
    /* Of memory at a guest-physical address, in either security state, whatever its virtual
     * addresses are. */
    WORKER_WATCH_PHYSICAL_WRITE = 6,
    WORKER_WATCH_PHYSICAL_READ = 7,
    WORKER_WATCH_PHYSICAL_ACCESS = 8,
    WORKER_BREAK_EXCEPTION = 9, /* an exception was taken, an interrupt or another one */
    WORKER_BREAK_SAMPLE = 10,   /* every `length` instructions: at the multiples of it */
    /* WORKER_WATCH_WRITE, but an instruction that leaves what is watched as it was before is no
     * hit. In a diversion and in a row it is, since these are in front of what stores there. */
    WORKER_WATCH_CHANGE = 11,
    WORKER_BREAK_RETURN = 12, /* an instruction has returned from an exception */
    /* Of rows only, of calls that are followed (WORKER_COLLECT_CALLS): it has returned; it never
     * will, since its caller calls again. */
    WORKER_CALL_RETURNED = 13,
    WORKER_CALL_LEFT = 14,
    /* Of rows only: each access of the CPU's to memory, whatever the address. Not devices' writes,
     * which have no virtual address, nor what a reset changes. */
    WORKER_WATCH_ALL = 15,
};

enum worker_breakpoint_flag {
    /* WORKER_BREAK_EXECUTE: only executions in that context count; the address is its pc.
     * WORKER_BREAK_INTERRUPT: only interrupts taken in place of the instruction there. */
    WORKER_BREAK_IN_CONTEXT = 1 << 0,
    /* Its conditions take numbers in memory for big-endian. */
    WORKER_BREAK_BIG_ENDIAN = 1 << 1,
};

static inline bool worker_watch_is_physical(uint32_t kind)
{
    return kind >= WORKER_WATCH_PHYSICAL_WRITE && kind <= WORKER_WATCH_PHYSICAL_ACCESS;
}

struct worker_breakpoint {
    uint32_t kind;
    uint32_t flags;   /* enum worker_breakpoint_flag */
    uint64_t address; /* guest-virtual, but for physical kinds; bit 0 clear for Thumb */
    uint64_t length;  /* bytes; 0 for WORKER_BREAK_...; WORKER_BREAK_SAMPLE: instructions */
    /* WORKER_BREAK_EXECUTE: where among the bytes of all conditions its own are. Executions for
     * which none of them holds do not count; with none (0 bytes) all do. */
    uint32_t conditions_at, conditions_size;
    struct worker_context context;
};

enum worker_run_flag {
    /* Do not stop at hits; count them and report the last. */
    WORKER_RUN_LAST_HIT = 1 << 0,
    /* Run without the log: device reads give 0, writes go nowhere, no event is applied, nothing is
     * compared. The limit's position is a number of instructions. A breakpoint that the first of
     * them stands on counts unless `reported` is settled. */
    WORKER_RUN_DIVERSION = 1 << 1,
    /* Stop, too, at the first position after that of `reported` where the PC is outside of
     * [range_start, range_end). Looks at each instruction, which takes some hundred times as long
     * as running. */
    WORKER_RUN_RANGE = 1 << 2,
    /* As WORKER_RUN_LAST_HIT, and note a row for each hit. */
    WORKER_RUN_ROWS = 1 << 3,
};

/*
 * Hits count if their moments come after `reported`. Whoever goes on from a breakpoint does not
 * want to hit it again, so for a run from the state that users see this is that state's moment.
 */
struct worker_run {
    struct moment reported;
    struct moment
        limit;      /* reached exactly; an arrival or settled; before the present is an error */
    uint32_t flags; /* enum worker_run_flag */
    uint32_t reserved;
    uint64_t range_start, range_end; /* guest-virtual; bit 0 clear for Thumb */
};

/* True if a run for which WORKER_RUN_RANGE is set ends at the PC. */
static inline bool worker_run_is_outside(const struct worker_run *run, uint64_t pc)
{
    return pc < run->range_start || pc >= run->range_end;
}

enum worker_stop_reason {
    WORKER_STOP_LIMIT = 1,   /* at run.limit */
    WORKER_STOP_HIT,         /* at a breakpoint or watchpoint; stop.hit says which */
    WORKER_STOP_INTERRUPTED, /* stop_request was set */
    WORKER_STOP_END,         /* at the end of the log */
    WORKER_STOP_RESET,       /* the guest was reset here: load stop.keyframe to go on */
    WORKER_STOP_DIVERGED,    /* replay and log disagree; the report says how */
    WORKER_STOP_HALTED,      /* diversions only: the CPU waits for an interrupt */
    WORKER_STOP_DAMAGED,     /* the log cannot be read on; the report says why */
    WORKER_STOP_LEFT,        /* WORKER_RUN_RANGE: settled, the PC outside of the range */
    WORKER_STOP_FULL,        /* WORKER_RUN_ROWS: there are enough rows to be taken; settled */
};

#define WORKER_MAX_DATA (4u << 20) /* bytes: of what a device writes at once, the longest */

/*
 * A hit; its moment says of what kind.
 *   settled: a breakpoint; the instruction at the address is about to execute.
 *   inside: a watchpoint; the instruction there makes the access. A run that stops at the first hit
 *     stops before the access, other accesses of that instruction maybe done. With by_device, a
 *     device has written the memory in that time; the run stops behind the instruction, as it does
 *     for WORKER_WATCH_CHANGE, of which nothing is known before.
 *   arrived: a device has written the memory on reaching the position (by_device); the run stops
 *     with the position settled, or at its limit or a reset if these come before. What a reset
 *     changes is found by the engine, which makes it a hit of this kind (by_reset as well).
 *   settled, of kind WORKER_BREAK_INTERRUPT: the handler's first instruction is about to execute;
 *     context is what the interrupt was taken in.
 *   settled or inside, of kind WORKER_BREAK_EXCEPTION: the same for an interrupt, or any other
 *     exception, which the instruction there has caused. The context's pc is that of this
 *     instruction, also where it is not the address to return to (calls); but of a software step,
 *     which comes behind its instruction, that of the next.
 *   inside, of kind WORKER_BREAK_RETURN: context is what the instruction there has returned to.
 *   settled, of kind WORKER_BREAK_SAMPLE.
 *   inside, of kind WORKER_WATCH_ALL: address is 0. Of an access that reads and writes there is a
 *   hit for each, in this order.
 *   settled, of kind WORKER_CALL_RETURNED: the instruction at the call's return address is about to
 *   execute; of kind WORKER_CALL_LEFT: the one that had made the call. address is the function's.
 * Devices' writes are seen by write, change and access watchpoints, of which each counts.
 */
struct worker_hit {
    struct moment moment;
    uint32_t kind;         /* enum worker_breakpoint_kind */
    uint32_t access;       /* WORKER_WATCH_WRITE or WORKER_WATCH_READ: what was done */
    uint64_t address;      /* the breakpoint's, as set */
    uint64_t data_address; /* first byte accessed inside the watched range */
    uint64_t data_length;  /* bytes of it that were accessed, 1 to WORKER_MAX_DATA; else 0 */
    uint64_t pc;
    uint32_t by_device;
    uint32_t by_reset;             /* the engine's; 0 in what a worker sends */
    struct worker_context context; /* of WORKER_BREAK_INTERRUPT, _EXCEPTION, _RETURN */
};

enum worker_collect_flag {
    WORKER_COLLECT_CONTEXT = 1 << 0, /* row.context, of what is not an exception as well */
    WORKER_COLLECT_DATA = 1 << 1,    /* what was accessed, before and after */
    /* Each WORKER_BREAK_EXECUTE is at a function's first instruction: from there on the call is
     * followed, until it returns or is left, which is a row. A run with none of these breakpoints
     * is WORKER_STOP_FULL soon after the last call that is followed has ended. */
    WORKER_COLLECT_CALLS = 1 << 2,
    WORKER_COLLECT_CODE = 1 << 3, /* row.state; of samples, row.code */
};
#define WORKER_MAX_FRAMES 64u
#define WORKER_MAX_ROW_DATA 64u          /* bytes; of longer accesses the first */
#define WORKER_MAX_ROWS_SIZE (32u << 20) /* bytes */
#define WORKER_MAX_LOADS 8u
#define WORKER_MAX_LOAD 64u /* bytes */

/* Memory that a register points to. */
struct worker_load {
    uint32_t number; /* of the register, as in collector.registers */
    uint32_t length; /* bytes, at least 1 */
    int64_t offset;  /* from where the register points */
};

struct worker_collector {
    uint32_t flags;     /* enum worker_collect_flag */
    uint32_t registers; /* bit n: general register n; bit 31: the stack pointer of AArch64 */
    uint32_t frames;    /* so many return addresses at most, along the frame pointers (AArch64) */
    uint32_t room;      /* bytes: with more in rows, a run is WORKER_STOP_FULL soon */
    uint32_t load_count;
    uint32_t reserved;
    struct worker_load loads[WORKER_MAX_LOADS];
};

/* Bytes that a row has of a collector's loads, each padded to 8. */
static inline uint32_t worker_loads_size(const struct worker_collector *collector)
{
    uint32_t size = 0;

    for (uint32_t i = 0; i < collector->load_count; i++) {
        size += (collector->loads[i].length + 7) / 8 * 8;
    }
    return size;
}

static inline int worker_loads_are_good(const struct worker_collector *collector)
{
    if (collector->load_count > WORKER_MAX_LOADS) {
        return 0;
    }
    for (uint32_t i = 0; i < collector->load_count; i++) {
        const struct worker_load *load = &collector->loads[i];

        if (load->number > 31 || !load->length || load->length > WORKER_MAX_LOAD) {
            return 0;
        }
    }
    return 1;
}

#define WORKER_MAX_COVERAGE (256u << 20) /* bytes of memory */

/* Executed are instructions at guest-virtual addresses from begin, a multiple of 16, to end. */
struct worker_coverage {
    uint64_t begin, end;
    uint64_t from;              /* position: earlier ones do not count */
    uint64_t table, table_mask; /* only while TTBR0_EL1 is that under the mask */
};

static inline uint64_t worker_coverage_size(const struct worker_coverage *coverage)
{
    return (coverage->end - coverage->begin + 15) / 16;
}

static inline int worker_coverage_has(const uint8_t *marks, uint64_t offset)
{
    return marks[offset / 16] >> offset / 2 % 8 & 1;
}

/* A call that is followed: in the context that it was made in, where it will return to. */
struct worker_call {
    uint64_t position; /* of the function's first instruction; what is before is not looked at */
    uint64_t function; /* its address */
    uint64_t return_address;       /* bit 0 clear for Thumb, and without what signs it */
    uint64_t site;                 /* address of the instruction that made the call */
    struct worker_context context; /* at the function's first instruction */
};

#define WORKER_MAX_PAGE_SET (1u << 20) /* pages; with more of them they are not known */

enum worker_pages_flag {
    WORKER_PAGES_UNKNOWN =
        1 << 0, /* the first request since the worker was given a state, or too many */
    WORKER_PAGES_DEVICE_WRITES = 1 << 1, /* something else than the CPU wrote to RAM */
};

struct worker_page_set {
    uint32_t flags;
    uint32_t count;
};

enum worker_exception {
    WORKER_EXCEPTION_OTHER,
    WORKER_EXCEPTION_UNDEFINED,
    WORKER_EXCEPTION_SUPERVISOR_CALL,
    WORKER_EXCEPTION_HYPERVISOR_CALL,
    WORKER_EXCEPTION_MONITOR_CALL,
    WORKER_EXCEPTION_PREFETCH_ABORT,
    WORKER_EXCEPTION_DATA_ABORT,
    WORKER_EXCEPTION_DEBUG, /* breakpoint, watchpoint, single step of the guest's own */
    WORKER_EXCEPTION_TRAP,  /* of an instruction, to a higher exception level */
    WORKER_EXCEPTION_IRQ,
    WORKER_EXCEPTION_FIQ,
    WORKER_EXCEPTION_SERROR,
};

/*
 * What is known of a hit: the state is the one in front of the instruction; of an exception or
 * return, behind it. Of a call that has ended there are no return addresses, and of the registers
 * asked for those of a result, the first two; of WORKER_WATCH_ALL there are no registers. After it
 * come value_count x uint64_t: the collector's registers in the order of their numbers, then the
 * return addresses; the loads, each padded to 8 bytes; then the data, before and after the access,
 * each padded to 8 bytes. Data that is not in RAM has no bytes.
 */
struct worker_row {
    uint32_t size; /* bytes, with all that comes after it */
    uint32_t register_count, frame_count;
    uint32_t data_length;  /* bytes */
    uint32_t loads_size;   /* bytes: worker_loads_size() of the collector */
    uint32_t loads_failed; /* bit n: load n could not be read, and is zeroes */
    struct worker_hit hit;
    uint64_t tables[2];  /* TTBR0 and TTBR1 of EL1 */
    uint64_t context_id; /* CONTEXTIDR of EL1 */
    /* Exceptions: */
    uint32_t exception; /* enum worker_exception */
    uint32_t level;     /* exception level that it was taken to */
    uint32_t mode;      /* the handler's: M[4:0] of the processor state */
    /* DFSR or IFSR of aborts taken to AArch32's modes but Hyp: those have no syndrome. */
    uint32_t fault_status;
    uint64_t syndrome; /* as ESR_ELx or HSR has it; calls in AArch32: as it would be */
    uint64_t fault;    /* aborts: the address */
    /* WORKER_COLLECT_CALLS: */
    uint64_t call;           /* of one that has ended, the position */
    uint64_t return_address; /* WORKER_BREAK_EXECUTE: as in struct worker_call, */
    uint64_t site;           /* the same */
    /* WORKER_COLLECT_CODE: */
    uint32_t state;      /* CPSR, or of AArch64 what gdb shows as it */
    uint32_t big_endian; /* 1: data in memory is */
    uint32_t code_size;  /* bytes of code: the instruction at hit.pc; 0: it cannot be read */
    uint8_t code[4];     /* as in memory */
};

struct worker_stop {
    uint32_t reason; /* enum worker_stop_reason */
    uint32_t report_length;
    struct moment moment; /* with DIVERGED, DAMAGED: arriving where it did not fit, was read */
    uint64_t pc;
    uint64_t keyframe;     /* with WORKER_STOP_RESET */
    uint64_t hit_count;    /* hits in this run */
    struct worker_hit hit; /* the first or the last of them */
};

enum worker_override_kind {
    WORKER_PLACE_EVENT = 1,     /* the anchor with that event number is at this position */
    WORKER_CLEAR_EXCLUSIVE = 2, /* the exclusive monitor is cleared before this position's instr. */
    WORKER_SKIP_EXITS = 3,      /* exits from event number `event` to before number `position` are
                                   not looked for */
};

struct worker_override {
    uint32_t kind;
    uint32_t reserved;
    uint64_t event;
    uint64_t position;
};

enum worker_resolve_flag {
    /* Report where store-exclusives executed, in the instructions run: the last of them, at most
     * WORKER_MAX_EXCLUSIVES. */
    WORKER_RESOLVE_LIST_EXCLUSIVES = 1 << 0,
    /* Look for anchors next to their expected places only, by the number of instructions, as long
     * as exits are met where they are expected: slack and give_up are left aside. */
    WORKER_RESOLVE_NARROW = 1 << 1,
};
#define WORKER_MAX_EXCLUSIVES 65536u
/* One run consumes no more events; it then ends as if at its limit. */
#define WORKER_MAX_RESOLVED (1u << 20)

struct worker_resolve {
    uint64_t until_event; /* stop when this is the next event */
    uint64_t limit;       /* position: stop soon after it, between two events */
    uint64_t give_up;     /* instructions behind the expected place of an anchor; then NO_MATCH */
    uint32_t slack;       /* instructions before the expected place where the search begins */
    uint32_t flags;       /* enum worker_resolve_flag */
    uint64_t override_count;
};

enum worker_resolve_reason {
    WORKER_RESOLVE_DONE = 1,    /* until_event is the next event */
    WORKER_RESOLVE_LIMIT,       /* beyond limit; ask again to go on */
    WORKER_RESOLVE_NO_MATCH,    /* the next event is an anchor that was not met */
    WORKER_RESOLVE_DIVERGED,    /* the guest did something else than the next event */
    WORKER_RESOLVE_INTERRUPTED, /* stop_request was set */
};

struct worker_resolved {
    uint32_t reason; /* enum worker_resolve_reason */
    uint32_t report_length;
    uint64_t position;
    uint64_t pc;
    uint64_t event_number; /* the next event */
    uint64_t event_count;  /* events consumed */
    uint64_t exclusive_count;
    uint64_t clear_count;
    uint64_t astray;    /* exits that were not met, in each stretch between anchors the first */
    uint64_t anchors;   /* matched in this run */
    uint64_t steps;     /* stops at an anchor's PC in search of them */
    uint64_t ambiguous; /* anchors that matched at several positions: one of them was chosen */
    uint64_t first_ambiguous; /* event number of the first of them; its candidates follow */
    /* Positions, the chosen one first, then those nearest to the expected place; 0: no more. */
    uint64_t candidates[64];
};

/* A store-exclusive that was executed, whether it stored or not. */
struct worker_exclusive {
    uint64_t position;
    uint64_t pc;
};

struct worker_memory {
    uint64_t address; /* guest-virtual, or guest-physical with WORKER_MEMORY_PHYSICAL */
    uint32_t length;  /* bytes */
    uint32_t flags;
};
#define WORKER_MEMORY_PHYSICAL 1u

#endif
