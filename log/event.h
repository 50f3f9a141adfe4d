/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: what crossed into the CPU and RAM while a guest was recorded.
 *
 * A position is the number of instructions executed since the recording began. An instruction that
 * ends in a synchronous exception counts as executed; the entry into an interrupt handler does not
 * count. The state at position P is the one in which P instructions have been executed, every
 * asynchronous event placed at P has been applied, and a pending interrupt has been taken, so that
 * its PC is the instruction about to execute.
 *
 * Order in the log is order of effect. A synchronous event carries the position of the instruction
 * that caused it (the count before that instruction executes). Events with EBB_EVENT_NESTED happen
 * inside the synchronous event that follows them in the log and share its position. All others are
 * asynchronous and are applied on reaching their position.
 *
 * While a guest runs under KVM nobody knows its position. In such a log, until it is resolved
 * (log/index_writer.h), the member position of events and keyframes is a count: that of the last
 * anchor or exit so far, relative to that of the first keyframe. Where counts are exact
 * (EBB_LOG_EXACT_COUNTS), synchronous events have counts of their own: the instructions that have
 * retired before theirs. An asynchronous event takes effect at the anchor before it or, if a
 * synchronous event is nearer, right behind the instruction of that one.
 */
#ifndef EBB_LOG_EVENT_H
#define EBB_LOG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EBB_PAGE_SIZE 4096u

/* No position is above this. A century of a CPU is not as long, and whoever adds a stretch to a
 * position gets no overflow. */
#define EBB_MAX_POSITION (1ull << 62)

enum ebb_log_flag {
    EBB_LOG_COUNTS = 1 << 0, /* positions are counts; there may be anchors, and an index */
    /* With EBB_LOG_COUNTS: */
    EBB_LOG_THIN_ANCHORS = 1 << 1, /* some anchors may be thin */
    EBB_LOG_EXACT_COUNTS = 1 << 2, /* a synchronous event has a count of its own */
    /* With EBB_LOG_EXACT_COUNTS as well: */
    EBB_LOG_TRAPS = 1 << 3,     /* there may be traps */
    EBB_LOG_COALESCED = 1 << 4, /* some events may have EBB_EVENT_COALESCED */
};

/* Values are part of the recording format; never renumber. */
enum ebb_event_kind {
    /* Synchronous. */
    EBB_EVENT_MMIO_READ = 1,  /* address: guest-physical; size: bytes; value: as the CPU sees it */
    EBB_EVENT_MMIO_WRITE = 2, /* the same; value: what the CPU stored */
    /* address: register id (KVM_GET_ONE_REG form); size 8; value. With EBB_EVENT_FAILED: the GIC
     * made the access trap; value: the exception level that it trapped to. */
    EBB_EVENT_SYSREG_READ = 3,
    EBB_EVENT_SYSREG_WRITE = 4,
    EBB_EVENT_SEMIHOSTING = 5, /* address: operation number; value: the result register */
    EBB_EVENT_HYPERCALL = 6,   /* address: function id; data: result registers, 8 bytes each */

    /* Asynchronous, or nested in a synchronous event. */
    EBB_EVENT_INTERRUPT_LINE = 16, /* address: CPU input (0 IRQ, 1 FIQ, ...); value: level 0 or 1 */
    EBB_EVENT_DMA = 17,            /* address: RAM offset; data: the bytes written by a device */
    EBB_EVENT_MEMORY_MAP = 18,     /* data: struct ebb_memory_range, packed little-endian */
    EBB_EVENT_CONSOLE = 19,        /* data: text the guest printed by other means than a UART */

    /*
     * Asynchronous only: what is known of the place of the asynchronous events that follow, while
     * an interrupt they cause has not been entered yet. position: the instructions that the PMU has
     * seen retire (Arm ARM, event 0x08); address: PC; value: PSTATE, or CPSR, masked with
     * EBB_ANCHOR_PSTATE or EBB_ANCHOR_CPSR; data: 8 bytes, ebb_digest_anchor() (digest.h), or, in
     * a thin one, 4 bytes, ebb_digest_thin_anchor().
     */
    EBB_EVENT_ANCHOR = 20,

    /*
     * Asynchronous only, of no effect: the host's kernel took the CPU from the guest here and gave
     * it back, of which the guest sees nothing but that a store-exclusive behind it fails if the
     * load was before. position: as of an anchor; address: PC; value: the exception class (Arm ARM,
     * ESR_EL2.EC) of what the guest did, 0 if it did nothing; data: none, or 8 bytes: the number of
     * such exits since the one before that nobody has recorded.
     */
    EBB_EVENT_EXIT = 21,

    /*
     * Asynchronous only, of no effect: from here on, up to the next keyframe, the host's kernel
     * takes the CPU from the guest at each A64 instruction at this address that accesses a system
     * register or maintains a cache, emulates it, and nobody records that exit. address: PC, of a
     * kernel; value: the exception class.
     */
    EBB_EVENT_TRAP = 22,

    /* Asynchronous only. */
    EBB_EVENT_RESET = 32, /* value: number of the keyframe that holds the state after the reset */
    EBB_EVENT_END = 33,   /* the recording ended here in good order; value: enum ebb_end_reason;
                             data: 8 bytes register digest, 8 bytes RAM digest (digest.h) */
};

enum ebb_event_flag {
    EBB_EVENT_NESTED = 1 << 0, /* inside the synchronous event that follows */
    EBB_EVENT_FAILED = 1 << 1, /* the access ended in a bus error (external abort), or trapped */
    /* An interrupt or exception was entered at this position before the event took effect, and
     * behind the event before it. */
    EBB_EVENT_AFTER_ENTRY = 1 << 2,
    EBB_EVENT_UNASSIGNED = 1 << 3, /* with FAILED: no device answered (a decode error) */
    /* Of a store to a device: KVM kept it for a while, and so it has no count of its own. What it
     * caused is nested in a later event, or asynchronous. */
    EBB_EVENT_COALESCED = 1 << 4,
};

/* Between two keyframes; a reader need not heed more. */
#define EBB_MAX_TRAPS 8u

/* The bits of an anchor that every CPU, real or emulated, has in the same way. */
#define EBB_ANCHOR_PSTATE 0xf00003cfu /* AArch64: NZCV, DAIF, M */
#define EBB_ANCHOR_CPSR 0xfe0fffffu   /* AArch32: all but J, SSBS, PAN, DIT, IL */

enum ebb_end_reason {
    EBB_END_POWER_OFF = 0, /* the guest powered itself off, or semihosting SYS_EXIT */
    EBB_END_PANIC = 1,     /* the guest reported a panic */
    EBB_END_QUIT = 2,      /* monitor command, signal, closed window */
    EBB_END_STOPPED = 3,   /* recording was stopped while the guest went on */
};

struct ebb_event {
    uint64_t position; /* instructions */
    uint64_t address;
    uint64_t value;
    uint32_t kind;  /* enum ebb_event_kind */
    uint32_t flags; /* enum ebb_event_flag, or-ed */
    uint32_t size;  /* bytes of an access: 1, 2, 4 or 8; else 0 */
    uint32_t data_length;
    const uint8_t *data; /* NULL when data_length is 0; the owner is named by who hands it out */
};

static inline bool ebb_event_is_synchronous(const struct ebb_event *event)
{
    return event->kind < EBB_EVENT_INTERRUPT_LINE;
}

/* True for an event that takes effect on reaching its position, not inside an instruction. */
static inline bool ebb_event_is_asynchronous(const struct ebb_event *event)
{
    return !ebb_event_is_synchronous(event) && !(event->flags & EBB_EVENT_NESTED);
}

/* True for kinds of events that say where the CPU was, or leaves the guest, when a guest ran under
 * KVM. */
static inline bool ebb_event_kind_has_place(uint32_t kind)
{
    return kind == EBB_EVENT_ANCHOR || kind == EBB_EVENT_EXIT || kind == EBB_EVENT_TRAP;
}

/* The field's name of a kind, as the commands print it ("mmio-read"); NULL if unknown. */
const char *ebb_event_kind_name(uint32_t kind);

/* The name of an end reason ("power-off"); NULL if unknown. */
const char *ebb_end_reason_name(uint64_t reason);

/*
 * RAM is one flat space of bytes, numbered by RAM offset: the machine's RAM and flash blocks one
 * after the other, in the order of the manifest. The memory map says where the guest sees them.
 */
enum ebb_memory_type {
    EBB_MEMORY_RAM = 0,
    EBB_MEMORY_ROM = 1,  /* writes are dropped */
    EBB_MEMORY_ROMD = 2, /* reads come from RAM, writes are MMIO (flash in array mode) */
};

/*
 * A CPU with TrustZone has two physical address spaces (Arm ARM, B2.8 "Security states"), and RAM
 * may be in either of them or in both. Or-ed to the type of a range: it is in the secure one. A map
 * without such a range is that of both.
 */
#define EBB_MEMORY_SECURE 0x100ull

struct ebb_memory_range {
    uint64_t address; /* guest-physical, page-aligned */
    uint64_t size;    /* bytes, page-aligned */
    uint64_t offset;  /* RAM offset of its first byte */
    uint64_t type;    /* enum ebb_memory_type, and EBB_MEMORY_SECURE */
};

/*
 * A CPU register in a keyframe. The id has the form of KVM_GET_ONE_REG (KVM API, section 4.68;
 * arm64 ids), which also encodes the size. What KVM has no id for uses EBB_REGISTER().
 */
struct ebb_register {
    uint64_t id;
    uint32_t size;        /* bytes, 1 to 256 */
    const uint8_t *value; /* little-endian */
};

#define EBB_REGISTER_SPACE 0xebb0000000000000ull
#define EBB_REGISTER(number) (EBB_REGISTER_SPACE | (uint64_t)(number))

#endif
