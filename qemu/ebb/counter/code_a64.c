/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A64 as counter_code.h wants it. The encodings are those of the Arm ARM, C4.1: a word is looked up
 * by its class, and then tested for what the class leaves unallocated. SVE and SME count as none:
 * nothing that reads the counter stands among them, and data often looks like them.
 */
#include "code_a64.h"
#include "filter.h"

#define A64_NOP 0xd503201fu
#define ADRP_MASK 0x9f000000u
#define ADRP 0x90000000u

/* MRS Xt with the register's op0, op1, CRn, CRm and op2. */
#define MRS_CNTPCT 0xd53be020u
#define MRS_CNTVCT 0xd53be040u
#define MRS_CNTPCTSS 0xd53be0a0u
#define MRS_CNTVCTSS 0xd53be0c0u
#define MRS_CNTFRQ 0xd53be000u
#define MRS_RNDR 0xd53b2400u
#define MRS_RNDRRS 0xd53b2420u

/* MRS and MSR of the registers of the timers: CNTP_TVAL, and what is behind it. */
#define TIMER_MASK 0xffdffe00u
#define TIMER 0xd51be200u

static inline bool is_read(uint32_t word, struct counter_site *site)
{
    uint32_t opcode = word & ~0x1fu;
    bool physical = opcode == MRS_CNTPCT || opcode == MRS_CNTPCTSS;

    if (!physical && opcode != MRS_CNTVCT && opcode != MRS_CNTVCTSS) {
        return false;
    }
    *site = (struct counter_site){
        .form = COUNTER_SITE_A64, .access = {.physical = physical, .rt = word & 0x1f}, .size = 4};
    return true;
}

static inline bool is_timer_access(uint32_t word, struct counter_site *site)
{
    static const enum counter_register registers[] = {COUNTER_TIMER_VALUE, COUNTER_CONTROL,
                                                      COUNTER_COMPARE};
    unsigned opcode = code_bits(word, 5, 3);

    if ((word & TIMER_MASK) != TIMER || opcode >= sizeof(registers) / sizeof(registers[0])) {
        return false;
    }
    *site = (struct counter_site){.form = COUNTER_SITE_A64,
                                  .access = {.reg = registers[opcode],
                                             .write = !code_bits(word, 21, 1),
                                             .physical = !code_bits(word, 8, 1),
                                             .rt = word & 0x1f},
                                  .size = 4};
    return true;
}

static inline bool is_access(uint32_t word, struct counter_site *site)
{
    if ((word & ~0x1fu) == MRS_CNTFRQ) {
        *site = (struct counter_site){.form = COUNTER_SITE_A64,
                                      .access = {.reg = COUNTER_FREQUENCY, .rt = word & 0x1f},
                                      .size = 4};
        return true;
    }
    return is_read(word, site) || is_timer_access(word, site);
}

static inline bool is_random(uint32_t word, struct counter_site *site)
{
    bool reseeded = (word & ~0x1fu) == MRS_RNDRRS;

    if (!reseeded && (word & ~0x1fu) != MRS_RNDR) {
        return false;
    }
    *site = (struct counter_site){
        .form = COUNTER_SITE_A64,
        .access = {.reg = reseeded ? COUNTER_RANDOM_RESEEDED : COUNTER_RANDOM, .rt = word & 0x1f},
        .size = 4};
    return true;
}

static inline bool is_read_or_random(uint32_t word, struct counter_site *site)
{
    return is_read(word, site) || is_random(word, site);
}

static inline bool is_any(uint32_t word, struct counter_site *site)
{
    return is_access(word, site) || is_random(word, site);
}

static bool is_synchronised(uint32_t word)
{
    return (word & ~0x1fu) == MRS_CNTPCTSS || (word & ~0x1fu) == MRS_CNTVCTSS;
}

/* MRS and MSR of registers of EL0's, of which the above are. */
static const struct word_filter el0_registers = {0xffdf, 0xd51b};

static inline size_t next_that(const struct code_words *code, size_t index, size_t end,
                               bool (*is)(uint32_t word, struct counter_site *site))
{
    struct counter_site site;

    for (; index + FILTER_WORDS <= end; index += FILTER_WORDS) {
        uint32_t passed = filter_pass(code, index, &el0_registers, 1);

        for (; passed; passed &= passed - 1) {
            size_t at = index + __builtin_ctz(passed);

            if (is(code_word(code, at), &site)) {
                return at;
            }
        }
    }
    return code_next_read(code, index, end, is);
}

static size_t next_read(const struct code_words *code, size_t index, size_t end)
{
    return next_that(code, index, end, is_read);
}

static size_t next_access(const struct code_words *code, size_t index, size_t end)
{
    return next_that(code, index, end, is_access);
}

static size_t next_read_or_random(const struct code_words *code, size_t index, size_t end)
{
    return next_that(code, index, end, is_read_or_random);
}

static size_t next_any(const struct code_words *code, size_t index, size_t end)
{
    return next_that(code, index, end, is_any);
}

/* An element of a logical immediate must not be all ones. */
static bool logical_immediate(uint32_t word)
{
    unsigned n = code_bits(word, 22, 1), imms = code_bits(word, 10, 6);
    unsigned element = n << 6 | (~imms & 0x3f), length = 6;

    if (n && !code_bits(word, 31, 1)) {
        return false;
    }
    while (length && !(element >> length & 1)) {
        length--;
    }
    return length >= 1 && (imms & ((1u << length) - 1)) != (1u << length) - 1;
}

static bool data_immediate(uint32_t word)
{
    bool wide = code_bits(word, 31, 1);
    unsigned n = code_bits(word, 22, 1), opcode = code_bits(word, 29, 2);
    bool imms_fit = wide || !(word & 1u << 15);

    switch (code_bits(word, 23, 3)) {
    case 3: /* with tags; minimum and maximum */
        return (word & 0xbfc0c000u) == 0x91800000u || (word & 0x7ff00000u) == 0x11c00000u;
    case 4:
        return logical_immediate(word);
    case 5: /* MOVN, MOVZ, MOVK */
        return opcode != 1 && (wide || !n);
    case 6: /* bitfields */
        return opcode != 3 && n == wide && imms_fit && (wide || !(word & 1u << 21));
    case 7: /* EXTR */
        return (word & 0x7fa00000u) == 0x13800000u && n == wide && imms_fit;
    default: /* ADR, ADRP, ADD, SUB */
        return true;
    }
}

static bool exception(uint32_t word)
{
    unsigned opcode = code_bits(word, 21, 3), level = word & 3;

    if (code_bits(word, 2, 3)) {
        return false;
    }
    return (opcode == 0 || opcode == 5) ? level != 0 : (opcode == 1 || opcode == 2) && level == 0;
}

static bool system_instruction(uint32_t word)
{
    bool read = code_bits(word, 21, 1);
    unsigned crn = code_bits(word, 12, 4);

    if (code_bits(word, 22, 2)) {
        return false;
    }
    if (code_bits(word, 19, 2)) {
        return true; /* SYS, MSR, MRS */
    }
    /* Hints, barriers, MSR with an immediate; WFET. */
    return !read && ((crn >= 2 && crn <= 4 && (word & 0x1f) == 0x1f) || crn == 1);
}

static bool branch_register(uint32_t word)
{
    unsigned opcode = code_bits(word, 21, 4), form = code_bits(word, 10, 6);

    if (code_bits(word, 16, 5) != 0x1f || (form && form != 2 && form != 3)) {
        return false;
    }
    switch (opcode) {
    case 0: /* BR, BLR, RET */
    case 1:
    case 2:
        return form || !(word & 0x1f);
    case 4: /* ERET, DRPS */
    case 5:
        return code_bits(word, 5, 5) == 0x1f;
    case 8: /* BRAA, BLRAA */
    case 9:
        return form != 0;
    default:
        return false;
    }
}

static bool branch_or_system(uint32_t word)
{
    switch (word >> 24) {
    case 0x14 ... 0x17: /* B */
    case 0x94 ... 0x97: /* BL */
    case 0x34 ... 0x37: /* CBZ, CBNZ, TBZ, TBNZ */
    case 0xb4 ... 0xb7:
    case 0x54: /* B.cond */
        return true;
    case 0xd4:
        return exception(word);
    case 0xd5:
        return system_instruction(word);
    case 0xd6:
    case 0xd7:
        return branch_register(word);
    default:
        return false;
    }
}

static bool exclusive(uint32_t word)
{
    bool ordered = code_bits(word, 23, 1), load = code_bits(word, 22, 1);
    bool pair = code_bits(word, 21, 1);
    bool no_rt2 = code_bits(word, 10, 5) == 0x1f, no_rs = code_bits(word, 16, 5) == 0x1f;

    if (pair) { /* LDXP, STXP; CAS, CASP */
        return no_rt2 || (!ordered && word >> 31);
    }
    return no_rt2 && (no_rs || (!ordered && !load));
}

/* Whether size and opc of a load or store of one register exist. */
static bool load_store_size(uint32_t word, bool prefetch)
{
    unsigned size = code_bits(word, 30, 2), opcode = code_bits(word, 22, 2);

    if (code_bits(word, 26, 1)) {
        return opcode < 2 || size == 0;
    }
    return opcode != 3 ? opcode != 2 || size != 3 || prefetch : size < 2;
}

static bool atomic(uint32_t word)
{
    unsigned opcode = code_bits(word, 12, 3);

    if (code_bits(word, 26, 1)) {
        return false;
    }
    return !code_bits(word, 15, 1) || opcode == 0 ||
           (opcode == 4 && code_bits(word, 16, 5) == 0x1f);
}

static bool load_store_register(uint32_t word)
{
    unsigned mode = code_bits(word, 10, 2);

    if (code_bits(word, 24, 1)) {
        return load_store_size(word, true);
    }
    if (!code_bits(word, 21, 1)) {
        return load_store_size(word, mode == 0) && (mode != 2 || !code_bits(word, 26, 1));
    }
    switch (mode) {
    case 0:
        return atomic(word);
    case 2:
        return code_bits(word, 14, 1) && load_store_size(word, true);
    default: /* LDRAA, LDRAB */
        return (word & 0xff000000u) == 0xf8000000u;
    }
}

static bool load_store(uint32_t word)
{
    bool vector = code_bits(word, 26, 1);
    unsigned opcode = code_bits(word, 30, 2), low = code_bits(word, 24, 2);

    switch (code_bits(word, 27, 3)) {
    case 1: /* exclusives; structures of vectors */
        return vector ? !(word >> 31) : low == 0 && exclusive(word);
    case 3: /* literals; LDAPUR, STLUR; tags */
        if (low & 1) {
            return !vector && (code_bits(word, 21, 1) ? opcode == 3 : !code_bits(word, 10, 2));
        }
        return !(low & 2) && (!vector || opcode != 3);
    case 5: /* pairs */
        return opcode != 3 && (vector || opcode != 1 || code_bits(word, 23, 2) != 0);
    case 7:
        return !(low & 2) && load_store_register(word);
    default:
        return false;
    }
}

static bool data_one_or_two_sources(uint32_t word)
{
    unsigned opcode = code_bits(word, 10, 6), second = code_bits(word, 16, 5);

    if (code_bits(word, 29, 1)) {
        return false;
    }
    if (!code_bits(word, 30, 1)) {
        return opcode <= 5 ? opcode != 1
                           : opcode >= 8 && opcode < 28 && (opcode < 13 || opcode > 15);
    }
    return second == 0 ? opcode <= 8 : second == 1 && opcode <= 17;
}

static bool data_three_sources(uint32_t word)
{
    bool wide = code_bits(word, 31, 1), minus = code_bits(word, 15, 1);

    if (code_bits(word, 29, 2)) {
        return false;
    }
    switch (code_bits(word, 21, 3)) {
    case 0: /* MADD, MSUB */
        return true;
    case 1: /* SMADDL, UMADDL, ... */
    case 5:
        return wide;
    case 2: /* SMULH, UMULH */
    case 6:
        return wide && !minus && code_bits(word, 10, 5) == 0x1f;
    default:
        return false;
    }
}

static bool data_register(uint32_t word)
{
    bool wide = code_bits(word, 31, 1), sets_flags = code_bits(word, 29, 1);
    bool amount_fits = wide || !(word & 1u << 15);

    if (!code_bits(word, 28, 1)) {
        if (!code_bits(word, 24, 1)) { /* logical */
            return amount_fits;
        }
        if (code_bits(word, 21, 1)) { /* ADD, SUB with an extension */
            return code_bits(word, 22, 2) == 0 && code_bits(word, 10, 3) <= 4;
        }
        return code_bits(word, 22, 2) != 3 && amount_fits;
    }
    if (code_bits(word, 24, 1)) {
        return data_three_sources(word);
    }
    switch (code_bits(word, 21, 3)) {
    case 0: /* ADC, SBC; flags */
        return code_bits(word, 10, 6) == 0 || sets_flags;
    case 2: /* CCMP, CCMN */
        return sets_flags && !(word & 0x410);
    case 4: /* CSEL, ... */
        return !sets_flags && !code_bits(word, 11, 1);
    case 6:
        return data_one_or_two_sources(word);
    default:
        return false;
    }
}

/* Scalar and vector floating point: by the first byte only. */
static bool data_vector(uint32_t word)
{
    unsigned top = word >> 24;

    return (top < 0x80 && (top & 0xfe) != 0x3e) || top == 0x9e || top == 0xce;
}

static enum code_looks looks(uint32_t word)
{
    bool allocated;

    switch (code_bits(word, 25, 4)) {
    case 0x8:
    case 0x9:
        allocated = data_immediate(word);
        break;
    case 0xa:
    case 0xb:
        allocated = branch_or_system(word);
        break;
    case 0x4:
    case 0x6:
    case 0xc:
    case 0xe:
        allocated = load_store(word);
        break;
    case 0x5:
    case 0xd:
        allocated = data_register(word);
        break;
    case 0x7:
    case 0xf:
        allocated = data_vector(word);
        break;
    default: /* reserved, SME, SVE */
        allocated = false;
        break;
    }
    return allocated ? CODE_TYPICAL : CODE_NONE;
}

/* Of the words that are allocated. */
static enum code_flow flow(uint32_t word)
{
    unsigned opcode = code_bits(word, 21, 4);

    switch (word >> 24) {
    case 0x14 ... 0x17: /* B */
        return CODE_ENDS;
    case 0xd4: /* BRK, HLT; SVC, HVC, SMC */
        if (counter_is_breakpoint(COUNTER_SITE_A64, word)) {
            return CODE_GOES_ON;
        }
        return code_bits(word, 21, 3) == 1 || code_bits(word, 21, 3) == 2 ? CODE_ENDS
                                                                          : CODE_MAY_END;
    case 0xd6:
    case 0xd7: /* all but BLR, BLRAA */
        return opcode != 1 && opcode != 9 ? CODE_ENDS : CODE_GOES_ON;
    default:
        return CODE_GOES_ON;
    }
}

static uint32_t adr_immediate(uint32_t word)
{
    return code_bits(word, 5, 19) << 2 | code_bits(word, 29, 2);
}

/* The address that ADRP at index makes, together with the first use of its register. */
static struct code_reference page_reference(const struct code_words *code, size_t index,
                                            uint32_t word)
{
    uint64_t page =
        ((code->address + index * 4) & ~0xfffULL) + code_signed(adr_immediate(word), 21) * 0x1000;
    size_t end = index + 5 < code->count ? index + 5 : code->count;

    for (size_t next = index + 1; next < end; next++) {
        uint32_t use = code_word(code, next);
        uint32_t offset = code_bits(use, 10, 12);

        if (code_bits(use, 5, 5) != (word & 0x1f)) {
            continue;
        }
        if ((use & 0xffc00000u) == 0x91000000u) { /* ADD */
            return (struct code_reference){CODE_REFERENCE_ADDRESS, page + offset, 1};
        }
        if ((use & 0x3b000000u) == 0x39000000u) { /* LDR, STR */
            unsigned size = code_bits(use, 30, 2);

            return (struct code_reference){CODE_REFERENCE_LOAD, page + ((uint64_t)offset << size),
                                           size == 3 ? 2 : 1};
        }
    }
    return (struct code_reference){.kind = CODE_REFERENCE_NONE};
}

/* How an instruction speaks of another place. */
struct reference_encoding {
    uint8_t kind; /* enum code_reference_kind */
    uint8_t words;
    uint8_t left, right; /* by which its word is shifted, so that the distance in words is left */
};

/* The distance is a number with a sign, in these bits; ADR and ADRP have another. */
#define FIELD(low, bits) 32 - (low) - (bits), 32 - (bits)

/* By the most significant byte. */
static const struct reference_encoding reference_encodings[256] = {
    [0x14 ... 0x17] = {CODE_REFERENCE_BRANCH, 1, FIELD(0, 26)}, /* B */
    [0x94 ... 0x97] = {CODE_REFERENCE_BRANCH, 1, FIELD(0, 26)}, /* BL */
    [0x34 ... 0x35] = {CODE_REFERENCE_BRANCH, 1, FIELD(5, 19)}, /* CBZ, CBNZ */
    [0xb4 ... 0xb5] = {CODE_REFERENCE_BRANCH, 1, FIELD(5, 19)},
    [0x54] = {CODE_REFERENCE_BRANCH, 1, FIELD(5, 19)},          /* B.cond */
    [0x36 ... 0x37] = {CODE_REFERENCE_BRANCH, 1, FIELD(5, 14)}, /* TBZ, TBNZ */
    [0xb6 ... 0xb7] = {CODE_REFERENCE_BRANCH, 1, FIELD(5, 14)},
    [0x18] = {CODE_REFERENCE_LOAD, 1, FIELD(5, 19)}, /* LDR of W */
    [0x1c] = {CODE_REFERENCE_LOAD, 1, FIELD(5, 19)}, /* S */
    [0x98] = {CODE_REFERENCE_LOAD, 1, FIELD(5, 19)}, /* LDRSW */
    [0xd8] = {CODE_REFERENCE_LOAD, 1, FIELD(5, 19)}, /* PRFM */
    [0x58] = {CODE_REFERENCE_LOAD, 2, FIELD(5, 19)}, /* X */
    [0x5c] = {CODE_REFERENCE_LOAD, 2, FIELD(5, 19)}, /* D */
    [0x9c] = {CODE_REFERENCE_LOAD, 4, FIELD(5, 19)}, /* Q */
    [0x10] = {.kind = CODE_REFERENCE_ADDRESS},       /* ADR */
    [0x30] = {.kind = CODE_REFERENCE_ADDRESS},
    [0x50] = {.kind = CODE_REFERENCE_ADDRESS},
    [0x70] = {.kind = CODE_REFERENCE_ADDRESS},
    [0x90] = {.kind = CODE_REFERENCE_ADDRESS}, /* ADRP */
    [0xb0] = {.kind = CODE_REFERENCE_ADDRESS},
    [0xd0] = {.kind = CODE_REFERENCE_ADDRESS},
    [0xf0] = {.kind = CODE_REFERENCE_ADDRESS},
};

/* In words. */
static inline int64_t distance(uint32_t word, const struct reference_encoding *encoding)
{
    return (int32_t)(word << encoding->left) >> encoding->right;
}

static inline struct code_reference refer(const struct code_words *code, size_t index,
                                          uint32_t word)
{
    const struct reference_encoding *encoding = &reference_encodings[word >> 24];
    uint64_t pc = code->address + index * 4;

    if (encoding->kind == CODE_REFERENCE_NONE) {
        return (struct code_reference){.kind = CODE_REFERENCE_NONE};
    }
    if (encoding->kind != CODE_REFERENCE_ADDRESS) {
        return (struct code_reference){encoding->kind, pc + distance(word, encoding) * 4,
                                       encoding->words};
    }
    if (word >> 31) {
        return page_reference(code, index, word);
    }
    return (struct code_reference){CODE_REFERENCE_ADDRESS,
                                   pc + code_signed(adr_immediate(word), 21), 1};
}

/* What speaks of a place at any distance: B and BL, ADRP. */
static const struct word_filter far_references[] = {
    {0x7c00, 0x1400},
    {0x9f00, 0x9000},
};

/* All that does (reference_encodings), and some that does not: branches, loads, ADR and ADRP. */
static const struct word_filter references[] = {
    {0x1c00, 0x1400},
    {0x3b00, 0x1800},
    {0x1f00, 0x1000},
};

#define NEAR_PAGES 257 /* what the others reach, 1 MiB, and a bit */
#define PAGE_WORDS 1024u

static bool any_page(const struct code_words *code, const struct code_wanted *wanted, int64_t first,
                     int64_t count)
{
    int64_t last = first + count - 1, end = (int64_t)code_page(code, code->count);

    for (int64_t page = first < 0 ? 0 : first; page <= last && page <= end; page++) {
        if (!(page % 64) && page + 63 <= last && !wanted->pages[page / 64]) {
            page += 63;
        } else if (code_has_bit(wanted->pages, (size_t)page)) {
            return true;
        }
    }
    return false;
}

/* True if ADRP at index makes the address of a page from which something wanted is reached. */
static bool makes_wanted_page(const struct code_words *code, size_t index,
                              const struct code_wanted *wanted, uint32_t word)
{
    uint64_t page = code_page(code, index) + code_signed(adr_immediate(word), 21);

    return page <= code_page(code, code->count) && code_has_bit(wanted->pages, page);
}

/* Whether the instruction may speak of a wanted word: most are passed over here, in few steps. */
static inline bool may_speak_of(const struct code_words *code, size_t index,
                                const struct code_wanted *wanted, uint32_t word)
{
    const struct reference_encoding *encoding = &reference_encodings[word >> 24];
    uint64_t target;

    if ((word & ADRP_MASK) == ADRP) { /* what follows tells more, but that takes its time */
        return makes_wanted_page(code, index, wanted, word);
    }
    if (encoding->words != 1) { /* no reference, ADR, or seldom */
        return encoding->kind != CODE_REFERENCE_NONE;
    }
    target = index + distance(word, encoding);
    return target < code->count && code_has_bit(wanted->words, target);
}

static bool speaks_of(const struct code_words *code, size_t index, const struct code_wanted *wanted,
                      uint32_t word, struct code_reference *reference)
{
    struct code_reference found = refer(code, index, word);

    if (!code_speaks_of(code, wanted, &found)) {
        return false;
    }
    *reference = found;
    return true;
}

static uint32_t passing(const struct code_words *code, size_t index, bool near)
{
    return near ? filter_pass(code, index, references, 3)
                : filter_pass(code, index, far_references, 2);
}

static size_t next_reference(const struct code_words *code, size_t index, size_t end,
                             const struct code_wanted *wanted, struct code_reference *reference)
{
    size_t next_look = index;
    bool near = false;

    for (; index + FILTER_WORDS <= end; index += FILTER_WORDS) {
        if (index >= next_look) {
            next_look = index + PAGE_WORDS;
            near = any_page(code, wanted, (int64_t)code_page(code, index) - NEAR_PAGES,
                            2 * NEAR_PAGES + 1);
        }
        for (uint32_t passed = passing(code, index, near); passed; passed &= passed - 1) {
            size_t at = index + __builtin_ctz(passed);

            uint32_t word = code_word(code, at);

            if (may_speak_of(code, at, wanted, word) &&
                speaks_of(code, at, wanted, word, reference)) {
                return at;
            }
        }
    }
    return code_next_reference(code, index, end, wanted, reference, refer);
}

const struct instruction_set code_a64 = {
    .form = COUNTER_SITE_A64,
    .nop = {A64_NOP, A64_NOP},
    .finders = {[0] = {next_read, is_read},
                [COUNTER_WANTED_TIMERS] = {next_access, is_access},
                [COUNTER_WANTED_RANDOM] = {next_read_or_random, is_read_or_random},
                [COUNTER_WANTED_TIMERS | COUNTER_WANTED_RANDOM] = {next_any, is_any}},
    .is_synchronised = is_synchronised,
    .looks = looks,
    .flow = flow,
    .next_reference = next_reference,
};
