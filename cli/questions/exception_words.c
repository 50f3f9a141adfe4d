/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exception_words.h"

#include <string.h>

/* ESR_ELx (Arm ARM, D19.2.37). */
#define CLASS_SHIFT 26u
#define CLASS_MASK 0x3fu
#define CLASS_INSTRUCTION_ABORT 0x20u
#define CLASS_PC_ALIGNMENT 0x22u
#define CLASS_DATA_ABORT 0x24u
#define CLASS_WATCHPOINT 0x34u
#define SAME_LEVEL 1u /* of these classes */
#define ISS_FNV (1u << 10)
#define ISS_WNR (1u << 6)
#define ISS_CALL 0xffffu

/* DFSR and IFSR (G8.2.37, G8.2.76). */
#define STATUS_LONG (1u << 9)
#define STATUS_WRITE (1u << 11)

static const char *const kinds[TIMELINE_EXCEPTIONS] = {
    [TIMELINE_EXCEPTION_OTHER] = "other",
    [TIMELINE_EXCEPTION_UNDEFINED] = "undefined",
    [TIMELINE_EXCEPTION_SUPERVISOR_CALL] = "svc",
    [TIMELINE_EXCEPTION_HYPERVISOR_CALL] = "hvc",
    [TIMELINE_EXCEPTION_MONITOR_CALL] = "smc",
    [TIMELINE_EXCEPTION_PREFETCH_ABORT] = "prefetch-abort",
    [TIMELINE_EXCEPTION_DATA_ABORT] = "data-abort",
    [TIMELINE_EXCEPTION_DEBUG] = "debug",
    [TIMELINE_EXCEPTION_TRAP] = "trap",
    [TIMELINE_EXCEPTION_IRQ] = "irq",
    [TIMELINE_EXCEPTION_FIQ] = "fiq",
    [TIMELINE_EXCEPTION_SERROR] = "serror",
};

static const char *const classes[CLASS_MASK + 1] = {
    [0x00] = "unknown reason",
    [0x01] = "trapped WFI or WFE",
    [0x03] = "trapped MCR or MRC access (coproc 15)",
    [0x04] = "trapped MCRR or MRRC access (coproc 15)",
    [0x05] = "trapped MCR or MRC access (coproc 14)",
    [0x06] = "trapped LDC or STC access",
    [0x07] = "trapped access to SVE, Advanced SIMD or floating point",
    [0x08] = "trapped VMRS access",
    [0x09] = "trapped use of pointer authentication",
    [0x0a] = "trapped LD64B, ST64B or BXJ",
    [0x0c] = "trapped MRRC access (coproc 14)",
    [0x0d] = "Branch Target Exception",
    [0x0e] = "Illegal Execution state",
    [0x11] = "SVC in AArch32 state",
    [0x12] = "HVC in AArch32 state",
    [0x13] = "SMC in AArch32 state",
    [0x15] = "SVC in AArch64 state",
    [0x16] = "HVC in AArch64 state",
    [0x17] = "SMC in AArch64 state",
    [0x18] = "trapped MSR, MRS or System instruction",
    [0x19] = "trapped access to SVE",
    [0x1a] = "trapped ERET",
    [0x1c] = "pointer authentication failure",
    [0x1d] = "trapped access to SME",
    [0x1e] = "Granule Protection Check",
    [0x20] = "Instruction Abort from a lower Exception level",
    [0x21] = "Instruction Abort without a change in Exception level",
    [0x22] = "PC alignment fault",
    [0x24] = "Data Abort from a lower Exception level",
    [0x25] = "Data Abort without a change in Exception level",
    [0x26] = "SP alignment fault",
    [0x27] = "Memory Operation Exception",
    [0x28] = "trapped floating-point exception in AArch32 state",
    [0x2c] = "trapped floating-point exception in AArch64 state",
    [0x2f] = "SError",
    [0x30] = "Breakpoint from a lower Exception level",
    [0x31] = "Breakpoint without a change in Exception level",
    [0x32] = "Software Step from a lower Exception level",
    [0x33] = "Software Step without a change in Exception level",
    [0x34] = "Watchpoint from a lower Exception level",
    [0x35] = "Watchpoint without a change in Exception level",
    [0x38] = "BKPT instruction in AArch32 state",
    [0x3a] = "Vector Catch in AArch32 state",
    [0x3c] = "BRK instruction in AArch64 state",
};

/* Of the long-descriptor format, and of syndromes. */
static const char *const faults[0x40] = {
    [0x00] = "address size fault, level 0",
    [0x01] = "address size fault, level 1",
    [0x02] = "address size fault, level 2",
    [0x03] = "address size fault, level 3",
    [0x04] = "translation fault, level 0",
    [0x05] = "translation fault, level 1",
    [0x06] = "translation fault, level 2",
    [0x07] = "translation fault, level 3",
    [0x08] = "access flag fault, level 0",
    [0x09] = "access flag fault, level 1",
    [0x0a] = "access flag fault, level 2",
    [0x0b] = "access flag fault, level 3",
    [0x0c] = "permission fault, level 0",
    [0x0d] = "permission fault, level 1",
    [0x0e] = "permission fault, level 2",
    [0x0f] = "permission fault, level 3",
    [0x10] = "synchronous External abort",
    [0x11] = "synchronous tag check fault",
    [0x13] = "synchronous External abort on a translation table walk, level -1",
    [0x14] = "synchronous External abort on a translation table walk, level 0",
    [0x15] = "synchronous External abort on a translation table walk, level 1",
    [0x16] = "synchronous External abort on a translation table walk, level 2",
    [0x17] = "synchronous External abort on a translation table walk, level 3",
    [0x18] = "synchronous parity or ECC error",
    [0x1b] = "synchronous parity or ECC error on a translation table walk, level -1",
    [0x1c] = "synchronous parity or ECC error on a translation table walk, level 0",
    [0x1d] = "synchronous parity or ECC error on a translation table walk, level 1",
    [0x1e] = "synchronous parity or ECC error on a translation table walk, level 2",
    [0x1f] = "synchronous parity or ECC error on a translation table walk, level 3",
    [0x21] = "alignment fault",
    [0x22] = "debug exception",
    [0x23] = "granule protection fault on a translation table walk, level -1",
    [0x24] = "granule protection fault on a translation table walk, level 0",
    [0x25] = "granule protection fault on a translation table walk, level 1",
    [0x26] = "granule protection fault on a translation table walk, level 2",
    [0x27] = "granule protection fault on a translation table walk, level 3",
    [0x28] = "granule protection fault",
    [0x29] = "address size fault, level -1",
    [0x2b] = "translation fault, level -1",
    [0x30] = "TLB conflict abort",
    [0x31] = "unsupported atomic hardware update fault",
    [0x34] = "lockdown fault",
    [0x35] = "unsupported exclusive or atomic access",
};

/* Of the short-descriptor format: FS[4:0]. */
static const char *const short_faults[0x20] = {
    [0x01] = "alignment fault",
    [0x02] = "debug exception",
    [0x03] = "access flag fault, level 1",
    [0x04] = "fault on instruction cache maintenance",
    [0x05] = "translation fault, level 1",
    [0x06] = "access flag fault, level 2",
    [0x07] = "translation fault, level 2",
    [0x08] = "synchronous External abort",
    [0x09] = "domain fault, level 1",
    [0x0b] = "domain fault, level 2",
    [0x0c] = "synchronous External abort on a translation table walk, level 1",
    [0x0d] = "permission fault, level 1",
    [0x0e] = "synchronous External abort on a translation table walk, level 2",
    [0x0f] = "permission fault, level 2",
    [0x10] = "TLB conflict abort",
    [0x14] = "lockdown fault",
    [0x15] = "unsupported exclusive access",
    [0x16] = "SError",
    [0x18] = "SError, parity or ECC error",
    [0x19] = "synchronous parity or ECC error",
    [0x1c] = "synchronous parity or ECC error on a translation table walk, level 1",
    [0x1e] = "synchronous parity or ECC error on a translation table walk, level 2",
};

static const char *const modes[0x20] = {
    [0x00] = "EL0t", [0x04] = "EL1t", [0x05] = "EL1h", [0x08] = "EL2t",
    [0x09] = "EL2h", [0x0c] = "EL3t", [0x0d] = "EL3h", [0x10] = "USR",
    [0x11] = "FIQ",  [0x12] = "IRQ",  [0x13] = "SVC",  [0x16] = "MON",
    [0x17] = "ABT",  [0x1a] = "HYP",  [0x1b] = "UND",  [0x1f] = "SYS",
};

const char *exception_kind_name(enum timeline_exception kind)
{
    return kinds[kind];
}

bool exception_kind_find(const char *name, size_t length, enum timeline_exception *kind)
{
    for (unsigned i = 0; i < TIMELINE_EXCEPTIONS; i++) {
        if (strlen(kinds[i]) == length && memcmp(kinds[i], name, length) == 0) {
            *kind = (enum timeline_exception)i;
            return true;
        }
    }
    return false;
}

static unsigned class_of(uint64_t syndrome)
{
    return syndrome >> CLASS_SHIFT & CLASS_MASK;
}

const char *exception_class_words(uint64_t syndrome)
{
    return classes[class_of(syndrome)];
}

/* An abort, with or without a change in Exception level. */
static bool is_class(const struct timeline_row *row, unsigned class)
{
    return row->syndrome && (class_of(row->syndrome) & ~SAME_LEVEL) == class;
}

static const char *status_words(uint32_t status)
{
    return status & STATUS_LONG ? faults[status & 0x3f]
                                : short_faults[(status >> 6 & 0x10) | (status & 0xf)];
}

const char *exception_fault_words(const struct timeline_row *row)
{
    if (row->fault_status) {
        return status_words(row->fault_status);
    }
    return is_class(row, CLASS_INSTRUCTION_ABORT) || is_class(row, CLASS_DATA_ABORT)
               ? faults[row->syndrome & 0x3f]
               : NULL;
}

bool exception_has_fault(const struct timeline_row *row)
{
    if (row->fault_status) { /* FAR is unknown of the others */
        return row->exception == TIMELINE_EXCEPTION_PREFETCH_ABORT ||
               row->exception == TIMELINE_EXCEPTION_DATA_ABORT;
    }
    if (is_class(row, CLASS_INSTRUCTION_ABORT) || is_class(row, CLASS_DATA_ABORT)) {
        return !(row->syndrome & ISS_FNV);
    }
    return is_class(row, CLASS_PC_ALIGNMENT) || is_class(row, CLASS_WATCHPOINT);
}

bool exception_is_write(const struct timeline_row *row)
{
    if (row->fault_status) {
        return row->exception == TIMELINE_EXCEPTION_DATA_ABORT && row->fault_status & STATUS_WRITE;
    }
    return (is_class(row, CLASS_DATA_ABORT) || is_class(row, CLASS_WATCHPOINT)) &&
           row->syndrome & ISS_WNR;
}

bool exception_has_number(const struct timeline_row *row, unsigned *number)
{
    *number = row->syndrome & ISS_CALL;
    return row->exception >= TIMELINE_EXCEPTION_SUPERVISOR_CALL &&
           row->exception <= TIMELINE_EXCEPTION_MONITOR_CALL;
}

const char *exception_mode_name(uint32_t mode)
{
    return mode < 0x20 && modes[mode] ? modes[mode] : "?";
}
