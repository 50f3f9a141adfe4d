/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A32 and T32 as counter_code.h wants them. Nearly every word is an allocated A32 encoding; what
 * tells code from data is that most instructions of real code are executed always.
 */
#include "code_a32.h"

#define A32_NOP 0xe320f000u
#define A32_NOP_MOV 0xe1a00000u /* mov r0, r0 */

#define ALWAYS 0xeu
#define UNCONDITIONAL 0xfu /* not a condition: a space of its own */
#define PC 15u
#define SP 13u

/* MRRC p15, opc1, Rt, Rt2, c14; without condition, opc1 and registers. */
#define MRRC_C14_MASK 0x0ff00f0fu
#define MRRC_C14 0x0c500f0eu

/* The same for any direction. */
#define PAIR_MASK 0x0fe00f0fu
#define PAIR 0x0c400f0eu

/* MRC and MCR p15, 0, Rt, c14, CRm, opc2. */
#define SINGLE_MASK 0x0fef0f10u
#define SINGLE 0x0e0e0f10u

#define LOAD 0x00100000u /* MRC, MRRC */

/* opc1 */
#define CNTPCT 0
#define CNTVCT 1
#define CNTPCTSS 8
#define CNTVCTSS 9
#define CNTP_CVAL 2
#define CNTV_CVAL 3

/* CRm; opc2 is 0 for CNTFRQ and TVAL, 1 for CTL. */
#define CNTFRQ_CRM 0
#define CNTP_CRM 2
#define CNTV_CRM 3

static bool is_counter(unsigned opcode)
{
    return opcode == CNTPCT || opcode == CNTVCT || opcode == CNTPCTSS || opcode == CNTVCTSS;
}

/* The access is all but the registers, which are taken from the word; false: none can have them. */
static inline bool fill_pair(struct counter_site *site, enum counter_site_form form, uint32_t word,
                             struct counter_access access)
{
    unsigned rt = code_bits(word, 12, 4), rt2 = code_bits(word, 16, 4);
    bool usable = form == COUNTER_SITE_A32 || (rt != SP && rt2 != SP);

    if (rt == PC || rt2 == PC || (rt == rt2 && !access.write) || !usable) {
        return false;
    }
    access.rt = rt;
    access.rt2 = rt2;
    *site = (struct counter_site){.form = form, .access = access, .size = 4};
    return true;
}

/* Of a counter, in A32's layout, which T32's two halfwords have as well. */
static inline bool is_counter_read(uint32_t word, enum counter_site_form form,
                                   struct counter_site *site)
{
    unsigned opcode = code_bits(word, 4, 4);
    bool physical = opcode == CNTPCT || opcode == CNTPCTSS;

    return (word & MRRC_C14_MASK) == MRRC_C14 && is_counter(opcode) &&
           fill_pair(site, form, word, (struct counter_access){.physical = physical});
}

/* Of a compare value, in the same layout. */
static inline bool is_pair_access(uint32_t word, enum counter_site_form form,
                                  struct counter_site *site)
{
    unsigned opcode = code_bits(word, 4, 4);

    return (word & PAIR_MASK) == PAIR && (opcode == CNTP_CVAL || opcode == CNTV_CVAL) &&
           fill_pair(site, form, word,
                     (struct counter_access){.reg = COUNTER_COMPARE,
                                             .write = !(word & LOAD),
                                             .physical = opcode == CNTP_CVAL});
}

static inline bool is_single_access(uint32_t word, enum counter_site_form form,
                                    struct counter_site *site)
{
    unsigned crm = code_bits(word, 0, 4), opcode = code_bits(word, 5, 3);
    unsigned rt = code_bits(word, 12, 4);
    bool is_frequency = crm == CNTFRQ_CRM && opcode == 0 && word & LOAD;
    bool is_timer = (crm == CNTP_CRM || crm == CNTV_CRM) && opcode <= 1;

    if ((word & SINGLE_MASK) != SINGLE || (!is_frequency && !is_timer) || rt == PC ||
        (rt == SP && form == COUNTER_SITE_T32)) {
        return false;
    }
    *site = (struct counter_site){.form = form,
                                  .access = {.reg = is_frequency ? COUNTER_FREQUENCY
                                                    : opcode     ? COUNTER_CONTROL
                                                                 : COUNTER_TIMER_VALUE,
                                             .write = !(word & LOAD),
                                             .physical = crm == CNTP_CRM,
                                             .rt = rt},
                                  .size = 4};
    return true;
}

/* Under any condition. */
static inline bool is_any_read(uint32_t word, struct counter_site *site)
{
    return word >> 28 != UNCONDITIONAL && is_counter_read(word, COUNTER_SITE_A32, site);
}

/* The same of any access. */
static inline bool is_any_access(uint32_t word, struct counter_site *site)
{
    return is_any_read(word, site) ||
           (word >> 28 != UNCONDITIONAL && (is_pair_access(word, COUNTER_SITE_A32, site) ||
                                            is_single_access(word, COUNTER_SITE_A32, site)));
}

static bool is_access(uint32_t word, struct counter_site *site)
{
    return word >> 28 == ALWAYS && is_any_access(word, site);
}

static bool is_read(uint32_t word, struct counter_site *site)
{
    return word >> 28 == ALWAYS && is_any_read(word, site);
}

static size_t next_read(const struct code_words *code, size_t index, size_t end)
{
    return code_next_read(code, index, end, is_any_read);
}

static size_t next_access(const struct code_words *code, size_t index, size_t end)
{
    return code_next_read(code, index, end, is_any_access);
}

bool code_t32_is_read(uint16_t first, uint16_t second, struct counter_site *site)
{
    uint32_t word = (uint32_t)first << 16 | second;

    return word >> 28 == ALWAYS && is_counter_read(word, COUNTER_SITE_T32, site);
}

bool code_t32_is_access(uint16_t first, uint16_t second, struct counter_site *site)
{
    uint32_t word = (uint32_t)first << 16 | second;

    return code_t32_is_read(first, second, site) ||
           (word >> 28 == ALWAYS && (is_pair_access(word, COUNTER_SITE_T32, site) ||
                                     is_single_access(word, COUNTER_SITE_T32, site)));
}

unsigned code_t32_it_block(uint16_t first)
{
    unsigned mask = first & 0xf;

    if ((first & 0xff00) != 0xbf00 || !mask) {
        return 0;
    }
    return mask & 1 ? 4 : mask & 2 ? 3 : mask & 4 ? 2 : 1;
}

/* BLX, barriers, PLD, CPS, SETEND, CLREX, RFE, SRS. */
static bool unconditional(uint32_t word)
{
    return (word & 0xfe000000u) == 0xfa000000u || (word & 0xffffff00u) == 0xf57ff000u ||
           (word & 0xfd30f000u) == 0xf510f000u || (word & 0xfff1fe20u) == 0xf1000000u ||
           (word & 0xfffffdffu) == 0xf1010000u || (word & 0xfe50ffffu) == 0xf8100a00u ||
           (word & 0xfe5fffe0u) == 0xf84d0500u;
}

static enum code_looks looks(uint32_t word)
{
    unsigned condition = word >> 28;

    if (condition == UNCONDITIONAL) {
        return unconditional(word) ? CODE_POSSIBLE : CODE_NONE;
    }
    /* A small number; it would be ANDEQ or MULEQ. */
    if (word < 0x01000000u) {
        return CODE_NONE;
    }
    return condition == ALWAYS ? CODE_TYPICAL : CODE_POSSIBLE;
}

/* Whether an always executed instruction that is no branch writes PC. */
static bool writes_pc(uint32_t word)
{
    unsigned kind = code_bits(word, 25, 3), opcode = code_bits(word, 21, 4);
    bool load = code_bits(word, 20, 1), to_pc = code_bits(word, 12, 4) == PC;

    switch (kind) {
    case 0: /* data processing; multiplications and the like have bits 7 and 4 set */
        return to_pc && (opcode < 8 || opcode > 11) && (word & 0x90) != 0x90;
    case 1:
        return to_pc && (opcode < 8 || opcode > 11);
    case 2: /* LDR */
        return load && to_pc;
    case 3:
        return load && to_pc && !(word & 0x10);
    case 4: /* LDM */
        return load && word & 1u << PC;
    default:
        return false;
    }
}

static enum code_flow flow(uint32_t word)
{
    if (counter_is_breakpoint(COUNTER_SITE_A32, word)) {
        return CODE_GOES_ON;
    }
    if ((word & 0xfff000f0u) == 0xe7f000f0u || (word & 0xfff000f0u) == 0xe1200070u) {
        return CODE_ENDS; /* UDF, BKPT */
    }
    if ((word & 0x0f000000u) == 0x0f000000u || (word & 0x0fd000f0u) == 0x01400070u) {
        return CODE_MAY_END; /* SVC; HVC, SMC */
    }
    if ((word & 0xfe50ffffu) == 0xf8100a00u) {
        return CODE_ENDS; /* RFE */
    }
    if (word >> 28 != ALWAYS) {
        return CODE_GOES_ON;
    }
    if ((word & 0x0f000000u) == 0x0a000000u || (word & 0x0ffffff0u) == 0x012fff10u ||
        (word & 0x0ffffff0u) == 0x012fff20u) {
        return CODE_ENDS; /* B, BX, BXJ */
    }
    return writes_pc(word) ? CODE_ENDS : CODE_GOES_ON;
}

/* Loads from the literal pool: LDR, LDRB; LDRH, LDRD and their like; VLDR. */
static bool literal(uint32_t word, int64_t *offset, unsigned *words)
{
    int64_t sign = code_bits(word, 23, 1) ? 1 : -1;
    uint32_t split = code_bits(word, 8, 4) << 4 | code_bits(word, 0, 4);

    *words = 1;
    if ((word & 0x0f3f0000u) == 0x051f0000u) {
        *offset = sign * (int64_t)code_bits(word, 0, 12);
        return true;
    }
    if ((word & 0x0f6f0090u) == 0x014f0090u && word & 0x60) {
        *offset = sign * (int64_t)split;
        *words = (word & 0x00100060u) == 0x40 ? 2 : 1; /* LDRD */
        return true;
    }
    if ((word & 0x0f3f0e00u) == 0x0d1f0a00u) {
        *offset = sign * (int64_t)code_bits(word, 0, 8) * 4;
        *words = code_bits(word, 8, 1) ? 2 : 1;
        return true;
    }
    return false;
}

static uint32_t expanded_immediate(uint32_t word)
{
    uint32_t value = word & 0xff;
    unsigned rotation = code_bits(word, 8, 4) * 2;

    return rotation ? value >> rotation | value << (32 - rotation) : value;
}

static inline struct code_reference refer(const struct code_words *code, size_t index,
                                          uint32_t word)
{
    uint64_t pc = code->address + index * 4 + 8;
    int64_t offset;
    unsigned words;

    if (word >> 28 == UNCONDITIONAL) {
        return (struct code_reference){.kind = CODE_REFERENCE_NONE}; /* BLX goes to Thumb */
    }
    if ((word & 0x0e000000u) == 0x0a000000u) { /* B, BL */
        return (struct code_reference){CODE_REFERENCE_BRANCH, pc + code_signed(word, 24) * 4, 1};
    }
    if (code_bits(word, 16, 4) != PC) { /* Rn */
        return (struct code_reference){.kind = CODE_REFERENCE_NONE};
    }
    if (literal(word, &offset, &words)) {
        return (struct code_reference){CODE_REFERENCE_LOAD, (pc + offset) & ~3ULL, words};
    }
    if ((word & 0x0fff0000u) == 0x028f0000u) { /* ADR: ADD, SUB of PC */
        return (struct code_reference){CODE_REFERENCE_ADDRESS, pc + expanded_immediate(word), 1};
    }
    if ((word & 0x0fff0000u) == 0x024f0000u) {
        return (struct code_reference){CODE_REFERENCE_ADDRESS, pc - expanded_immediate(word), 1};
    }
    return (struct code_reference){.kind = CODE_REFERENCE_NONE};
}

static size_t next_reference(const struct code_words *code, size_t index, size_t end,
                             const struct code_wanted *wanted, struct code_reference *reference)
{
    return code_next_reference(code, index, end, wanted, reference, refer);
}

const struct instruction_set code_a32 = {
    .form = COUNTER_SITE_A32,
    .nop = {A32_NOP, A32_NOP_MOV},
    .finders = {[0] = {next_read, is_read},
                [COUNTER_WANTED_TIMERS] = {next_access, is_access},
                [COUNTER_WANTED_RANDOM] = {next_read, is_read},
                [COUNTER_WANTED_TIMERS | COUNTER_WANTED_RANDOM] = {next_access, is_access}},
    .looks = looks,
    .flow = flow,
    .next_reference = next_reference,
};
