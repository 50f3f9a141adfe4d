/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"
#include "ebb/arm/kvm_ids.h"

/*
 * Immediates of the breakpoints. Those of counter reads are as they were before there were others,
 * so that older recordings can be replayed.
 */
#define A64_READ 0xeb00u
#define A64_READ_BITS 0x3fu
#define A64_ACCESS 0xec00u
#define A64_ACCESS_BITS 0x3ffu
#define A64_PHYSICAL 0x20u
#define A64_REGISTER_SHIFT 6
#define A64_WRITE 0x200u

/* A32's, and those in T32's second halfword. */
#define A32_READ 0xea00u
#define A32_READ_BITS 0x1ffu
#define A32_ACCESS 0xc000u
#define A32_ACCESS_BITS 0x1fffu
#define A32_PHYSICAL 0x100u
#define A32_REGISTER_SHIFT 9
#define A32_WRITE 0x1000u
#define T32_MARK 0xebu

#define REGISTER_MASK 7u

static void put_halfword(uint8_t *bytes, uint32_t value)
{
    bytes[0] = value;
    bytes[1] = value >> 8;
}

static void put_word(uint8_t *bytes, uint32_t value)
{
    put_halfword(bytes, value);
    put_halfword(bytes + 2, value >> 16);
}

static uint32_t a64_immediate(const struct counter_access *access)
{
    uint32_t physical = access->physical ? A64_PHYSICAL : 0;

    if (access->reg == COUNTER_COUNT) {
        return A64_READ | physical | access->rt;
    }
    return A64_ACCESS | (access->write ? A64_WRITE : 0) |
           (uint32_t)access->reg << A64_REGISTER_SHIFT | physical | access->rt;
}

static uint32_t a32_immediate(const struct counter_access *access)
{
    uint32_t rest = (access->physical ? A32_PHYSICAL : 0) | (uint32_t)access->rt2 << 4 | access->rt;

    if (access->reg == COUNTER_COUNT) {
        return A32_READ | rest;
    }
    return A32_ACCESS | (access->write ? A32_WRITE : 0) |
           (uint32_t)access->reg << A32_REGISTER_SHIFT | rest;
}

void counter_breakpoint_encode(enum counter_site_form form, const struct counter_access *access,
                               uint8_t replacement[4])
{
    uint32_t immediate = a32_immediate(access);

    switch (form) {
    case COUNTER_SITE_A64: /* BRK */
        put_word(replacement, 0xd4200000u | a64_immediate(access) << 5);
        break;
    case COUNTER_SITE_A32: /* BKPT */
        put_word(replacement, 0xe1200070u | (immediate & 0xfff0) << 4 | (immediate & 0xf));
        break;
    case COUNTER_SITE_T32: /* BKPT and what belongs to it */
        put_halfword(replacement, 0xbe00u | T32_MARK);
        put_halfword(replacement + 2, immediate);
        break;
    }
}

void counter_open_read_encode(enum counter_site_form form, const struct counter_access *access,
                              uint8_t replacement[4])
{
    switch (form) {
    case COUNTER_SITE_A64: /* MRS */
        put_word(replacement, 0xd53be340u | access->rt);
        break;
    case COUNTER_SITE_A32: /* MRRC */
        put_word(replacement, 0xec500f3eu | (uint32_t)access->rt2 << 16 | access->rt << 12);
        break;
    case COUNTER_SITE_T32:
        put_halfword(replacement, 0xec50u | access->rt2);
        put_halfword(replacement + 2, 0x0f3eu | access->rt << 12);
        break;
    }
}

/* Whether there is such an access, with registers up to the last one. */
static bool makes_sense(const struct counter_access *access, enum counter_register last)
{
    bool read_only = access->reg >= COUNTER_FREQUENCY;

    return access->reg > COUNTER_COUNT && access->reg <= last &&
           !(read_only && (access->write || access->physical));
}

static bool is_wanted(enum counter_register reg, unsigned wanted)
{
    return reg == COUNTER_COUNT ||
           wanted & (counter_is_random(reg) ? COUNTER_WANTED_RANDOM : COUNTER_WANTED_TIMERS);
}

static bool decode_a64(uint32_t imm, struct counter_access *access)
{
    bool is_read = (imm & ~A64_READ_BITS) == A64_READ;

    *access = (struct counter_access){
        .reg = is_read ? COUNTER_COUNT : imm >> A64_REGISTER_SHIFT & REGISTER_MASK,
        .write = !is_read && imm & A64_WRITE,
        .physical = imm & A64_PHYSICAL,
        .rt = imm & 0x1f,
    };
    return is_read ||
           ((imm & ~A64_ACCESS_BITS) == A64_ACCESS && makes_sense(access, COUNTER_RANDOM_RESEEDED));
}

static bool decode_a32(uint32_t imm, struct counter_access *access)
{
    bool is_read = (imm & ~A32_READ_BITS) == A32_READ;

    *access = (struct counter_access){
        .reg = is_read ? COUNTER_COUNT : imm >> A32_REGISTER_SHIFT & REGISTER_MASK,
        .write = !is_read && imm & A32_WRITE,
        .physical = imm & A32_PHYSICAL,
        .rt = imm & 0xf,
        .rt2 = imm >> 4 & 0xf,
    };
    return is_read ||
           ((imm & ~A32_ACCESS_BITS) == A32_ACCESS && makes_sense(access, COUNTER_FREQUENCY));
}

static bool decode(enum counter_site_form form, uint32_t imm, uint16_t next,
                   struct counter_access *access)
{
    if (form == COUNTER_SITE_A64) {
        return decode_a64(imm, access);
    }
    if (form == COUNTER_SITE_T32) {
        return imm == T32_MARK && decode_a32(next, access);
    }
    return decode_a32(imm, access);
}

bool counter_breakpoint_decode(enum counter_site_form form, uint32_t imm, uint16_t next,
                               unsigned wanted, struct counter_access *access)
{
    return decode(form, imm, next, access) && is_wanted(access->reg, wanted);
}

bool counter_is_breakpoint(enum counter_site_form form, uint32_t word)
{
    struct counter_access access;

    if (form == COUNTER_SITE_A64) {
        return (word & 0xffe0001fu) == 0xd4200000u && decode_a64(word >> 5 & 0xffff, &access);
    }
    return (word & 0xfff000f0u) == 0xe1200070u &&
           decode_a32((word >> 4 & 0xfff0) | (word & 0xf), &access);
}

uint64_t counter_access_id(const struct counter_access *access)
{
    unsigned timer = access->physical ? 2 : 3;

    switch (access->reg) {
    case COUNTER_RANDOM:
        return KVM_ID_SYSREG(3, 3, 2, 4, 0);
    case COUNTER_RANDOM_RESEEDED:
        return KVM_ID_SYSREG(3, 3, 2, 4, 1);
    case COUNTER_FREQUENCY:
        return KVM_ID_SYSREG(3, 3, 14, 0, 0);
    case COUNTER_TIMER_VALUE:
        return KVM_ID_SYSREG(3, 3, 14, timer, 0);
    case COUNTER_CONTROL:
        return KVM_ID_SYSREG(3, 3, 14, timer, 1);
    case COUNTER_COMPARE:
        return KVM_ID_SYSREG(3, 3, 14, timer, 2);
    default:
        return access->physical ? KVM_ID_CNTPCT_EL0 : KVM_ID_CNTVCT_EL0;
    }
}
