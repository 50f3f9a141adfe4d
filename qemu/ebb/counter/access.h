/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instruction does that accesses the generic timer (Arm ARM, D12) or reads a random number
 * (FEAT_RNG), and how the breakpoint says so that takes its place. Nothing of QEMU is needed.
 */
#ifndef EBB_COUNTER_ACCESS_H
#define EBB_COUNTER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

enum counter_site_form {
    COUNTER_SITE_A64, /* MRS Xt or MSR Xt */
    COUNTER_SITE_A32, /* MRRC, MCRR, MRC or MCR of p15, c14, always executed */
    COUNTER_SITE_T32, /* the same in Thumb, outside of an IT block */
};

enum counter_register {
    COUNTER_COUNT, /* CNTPCT, CNTVCT and their self-synchronised forms; read only */
    COUNTER_COMPARE,
    COUNTER_TIMER_VALUE,
    COUNTER_CONTROL,
    COUNTER_FREQUENCY,       /* read only; neither physical nor virtual */
    COUNTER_RANDOM,          /* RNDR; the same, and A64 only */
    COUNTER_RANDOM_RESEEDED, /* RNDRRS; the same */
};

/* What is replaced besides reads of a counter: a sum of these. */
enum counter_wanted {
    COUNTER_WANTED_TIMERS = 1, /* accesses to the timers' registers and to CNTFRQ */
    COUNTER_WANTED_RANDOM = 2, /* reads of RNDR and RNDRRS */
    COUNTER_WANTED_ALL = COUNTER_WANTED_TIMERS | COUNTER_WANTED_RANDOM,
    COUNTER_WANTED_KINDS,
};

struct counter_access {
    enum counter_register reg;
    bool write;
    bool physical; /* CNTP..., not CNTV... */
    uint8_t rt;    /* A64: may be 31, the zero register */
    uint8_t rt2;   /* A32, T32: the upper word's of a 64-bit register; else 0 */
};

/* Whether the register has 64 bits, so that AArch32 accesses it with two of its own. */
static inline bool counter_is_wide(enum counter_register reg)
{
    return reg == COUNTER_COUNT || reg == COUNTER_COMPARE;
}

/* A read of one sets NZCV, to 0000 if there was a number. */
static inline bool counter_is_random(enum counter_register reg)
{
    return reg == COUNTER_RANDOM || reg == COUNTER_RANDOM_RESEEDED;
}

/* The breakpoint for an access, 4 bytes as in memory. */
void counter_breakpoint_encode(enum counter_site_form form, const struct counter_access *access,
                               uint8_t replacement[4]);

/*
 * The read of CNTV_CVAL_EL0 into the registers of an access that reads a counter: an instruction of
 * the same form, 4 bytes as in memory.
 */
void counter_open_read_encode(enum counter_site_form form, const struct counter_access *access,
                              uint8_t replacement[4]);

/*
 * What a breakpoint stands for. A64: imm is BRK's immediate. A32: BKPT's. T32: imm is BKPT's 8 bits
 * and next the halfword behind it, which is passed over with it. False if it is none of ours: it
 * stands for nothing, or for what is not replaced, wanted being what is.
 */
bool counter_breakpoint_decode(enum counter_site_form form, uint32_t imm, uint16_t next,
                               unsigned wanted, struct counter_access *access);

/* Whether an A64 or A32 instruction is one of these breakpoints, whatever is replaced. */
bool counter_is_breakpoint(enum counter_site_form form, uint32_t word);

/* KVM's id of the register, as the Arm ARM encodes it, which events name it by. */
uint64_t counter_access_id(const struct counter_access *access);

#endif
