/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which words of an image count as reads of the counter: real images, and ones made to mislead. */
#include "unit.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebb/counter/elf.h"
#include "ebb/counter/page.h"
#include "ebb/counter/sites.h"
#include "elf_builder.h"

#define ADDRESS 0x40200000u

/* A64 */
#define MRS_CNTPCT 0xd53be020u
#define MRS_CNTVCT 0xd53be040u
#define MRS_CNTPCTSS 0xd53be0a0u
#define MRS_CNTVCTSS 0xd53be0c0u
#define A64_NOP 0xd503201fu
#define A64_ISB 0xd5033fdfu
#define A64_RET 0xd65f03c0u
#define A64_ADD 0x91000400u  /* add x0, x0, #1 */
#define A64_PUSH 0xa9bf7bfdu /* stp x29, x30, [sp, #-16]! */
#define A64_POP 0xa8c17bfdu  /* ldp x29, x30, [sp], #16 */
#define A64_SVC 0xd4000001u

/* A32 */
#define MRRC_CNTPCT 0xec510f0eu /* mrrc p15, 0, r0, r1, c14 */
#define MRRC_CNTVCT 0xec510f1eu
#define MRRC_CNTVCT_EQ 0x0c510f1eu
#define A32_ADD 0xe2800001u /* add r0, r0, #1 */
#define A32_BX_LR 0xe12fff1eu
#define A32_PUSH 0xe92d4010u

/* What is neither in A64 nor, with some of its neighbours, in A32. */
#define DATA 0x00000123u

struct program {
    uint32_t words[1024];
    size_t count;
};

static size_t emit(struct program *program, uint32_t word)
{
    assert_true(program->count < sizeof(program->words) / sizeof(program->words[0]));
    program->words[program->count] = word;
    return program->count++;
}

static void emit_times(struct program *program, uint32_t word, size_t times)
{
    while (times--) {
        emit(program, word);
    }
}

/* An A64 function of no importance. */
static void emit_function(struct program *program, size_t length)
{
    emit(program, A64_PUSH);
    emit_times(program, A64_ADD, length);
    emit(program, A64_POP);
    emit(program, A64_RET);
}

static void emit_data(struct program *program, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        emit(program, DATA + i * 0x10001);
    }
}

/* Instructions at word from that speak of word to. */
static uint32_t bl(size_t from, size_t to)
{
    return 0x94000000u | ((uint32_t)(to - from) & 0x3ffffff);
}

static uint32_t cbz(size_t from, size_t to)
{
    return 0xb4000000u | ((uint32_t)(to - from) & 0x7ffff) << 5;
}

static uint32_t ldr_literal(bool wide, size_t from, size_t to)
{
    return (wide ? 0x58000000u : 0x18000000u) | ((uint32_t)(to - from) & 0x7ffff) << 5;
}

static uint32_t adr(size_t from, size_t to)
{
    return 0x10000000u | ((uint32_t)(to - from) & 0x7ffff) << 5;
}

static struct counter_sites find(const struct program *program, bool aarch64)
{
    /* A buffer of the exact size, so that ASan sees what reads past its end. */
    size_t size = program->count * 4;
    uint8_t *bytes = malloc(size ? size : 1);
    struct counter_image image = {
        .bytes = bytes, .size = size, .address = ADDRESS, .aarch64 = aarch64};
    struct counter_sites sites;

    memcpy(bytes, program->words, size);
    sites = counter_sites_find(&image);
    free(bytes);
    return sites;
}

/* The same of the quick look whether there is any. */
static bool has_any(const struct program *program, bool aarch64)
{
    size_t size = program->count * 4;
    uint8_t *bytes = malloc(size ? size : 1);
    struct counter_image image = {
        .bytes = bytes, .size = size, .address = ADDRESS, .aarch64 = aarch64};
    bool any;

    memcpy(bytes, program->words, size);
    any = counter_sites_any(&image);
    free(bytes);
    return any;
}

/* Of the program's reads, exactly those at the count words of expected are found. */
static void check(const struct program *program, bool aarch64, const size_t *expected, size_t count,
                  size_t left_alone)
{
    struct counter_sites sites = find(program, aarch64);

    assert_int_equal(sites.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sites.sites[i].offset, expected[i] * 4);
    }
    assert_int_equal(sites.left_alone, left_alone);
    counter_sites_free(&sites);
    assert_int_equal(has_any(program, aarch64), count || left_alone);
}

static void check_found(const struct program *program, bool aarch64, size_t index)
{
    check(program, aarch64, &index, 1, 0);
}

static void check_left(const struct program *program, bool aarch64, size_t left_alone)
{
    check(program, aarch64, NULL, 0, left_alone);
}

static uint32_t replacement(const struct counter_site *site)
{
    uint32_t word;

    memcpy(&word, site->replacement, 4);
    return word;
}

static void test_forms(void **state)
{
    static const uint32_t reads[] = {MRS_CNTPCT, MRS_CNTVCT | 17, MRS_CNTPCTSS | 31,
                                     MRS_CNTVCTSS | 5};
    static const uint32_t immediates[] = {0xeb20, 0xeb11, 0xeb3f, 0xeb05};
    struct program program = {0};
    struct counter_sites sites;

    (void)state;
    emit(&program, A64_PUSH);
    for (size_t i = 0; i < 4; i++) {
        emit(&program, A64_ISB);
        emit(&program, reads[i]);
        emit(&program, A64_ADD);
    }
    emit(&program, A64_RET);
    sites = find(&program, true);
    assert_int_equal(sites.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sites.sites[i].form, COUNTER_SITE_A64);
        assert_int_equal(sites.sites[i].offset, 8 + 12 * i);
        assert_int_equal(sites.sites[i].access.physical, i % 2 == 0);
        assert_int_equal(sites.sites[i].access.rt, reads[i] & 0x1f);
        assert_int_equal(replacement(&sites.sites[i]), 0xd4200000u | immediates[i] << 5);
    }
    counter_sites_free(&sites);
}

static void check_decode(enum counter_site_form form, uint32_t imm, uint16_t next, bool physical,
                         unsigned rt, unsigned rt2)
{
    struct counter_access access;

    assert_true(counter_breakpoint_decode(form, imm, next, 0, &access));
    assert_int_equal(access.reg, COUNTER_COUNT);
    assert_false(access.write);
    assert_int_equal(access.physical, physical);
    assert_int_equal(access.rt, rt);
    assert_int_equal(access.rt2, rt2);
}

static void test_decode_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        check_decode(COUNTER_SITE_A64, 0xeb00 | i, 0, i & 32, i & 31, 0);
    }
    for (unsigned i = 0; i < 512; i++) {
        check_decode(COUNTER_SITE_A32, 0xea00 | i, 0, i & 256, i & 15, i >> 4 & 15);
        check_decode(COUNTER_SITE_T32, 0xeb, 0xea00 | i, i & 256, i & 15, i >> 4 & 15);
    }
}

/* The immediate of a breakpoint, and the halfword behind it. */
static uint32_t immediate(enum counter_site_form form, const uint8_t bytes[4], uint16_t *next)
{
    uint32_t word =
        bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;

    *next = word >> 16;
    switch (form) {
    case COUNTER_SITE_A64:
        assert_int_equal(word & 0xffe0001fu, 0xd4200000u);
        return word >> 5 & 0xffff;
    case COUNTER_SITE_A32:
        assert_int_equal(word & 0xfff000f0u, 0xe1200070u);
        return (word >> 4 & 0xfff0) | (word & 0xf);
    default:
        assert_int_equal(word & 0xff00, 0xbe00);
        return word & 0xff;
    }
}

static void check_round_trip(enum counter_site_form form, const struct counter_access *access)
{
    struct counter_access decoded;
    uint8_t bytes[4];
    uint16_t next;
    uint32_t imm;

    counter_breakpoint_encode(form, access, bytes);
    imm = immediate(form, bytes, &next);
    assert_true(counter_breakpoint_decode(form, imm, next, COUNTER_WANTED_ALL, &decoded));
    assert_int_equal(decoded.reg, access->reg);
    assert_int_equal(decoded.write, access->write);
    assert_int_equal(decoded.physical, access->physical);
    assert_int_equal(decoded.rt, access->rt);
    assert_int_equal(decoded.rt2, access->rt2);
}

/* What each breakpoint stands for comes back. */
static void test_decode(void **state)
{
    static const struct counter_access accesses[] = {
        {.reg = COUNTER_COUNT, .physical = true},
        {.reg = COUNTER_COUNT},
        {.reg = COUNTER_COMPARE, .write = true, .physical = true},
        {.reg = COUNTER_COMPARE},
        {.reg = COUNTER_TIMER_VALUE, .physical = true},
        {.reg = COUNTER_TIMER_VALUE, .write = true},
        {.reg = COUNTER_CONTROL, .write = true},
        {.reg = COUNTER_CONTROL, .write = true, .physical = true},
        {.reg = COUNTER_FREQUENCY},
    };
    struct counter_access access;

    (void)state;
    for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        for (uint8_t rt = 0; rt < 32; rt++) {
            access = accesses[i];
            access.rt = rt;
            check_round_trip(COUNTER_SITE_A64, &access);
            access.rt = rt & 15;
            access.rt2 = counter_is_wide(access.reg) ? 15 - (rt & 15) : 0;
            check_round_trip(COUNTER_SITE_A32, &access);
            check_round_trip(COUNTER_SITE_T32, &access);
        }
    }
}

/* How many of all numbers stand for something. */
static size_t count_decoded(enum counter_site_form form, unsigned wanted)
{
    struct counter_access access;
    size_t count = 0;

    for (uint32_t imm = 0; imm < 0x10000; imm++) {
        count += form == COUNTER_SITE_T32
                     ? counter_breakpoint_decode(form, 0xeb, imm, wanted, &access)
                     : counter_breakpoint_decode(form, imm, 0, wanted, &access);
    }
    return count;
}

/* No other number is taken for one of ours, nor is one for what is not replaced. */
static void test_decode_wanted(void **state)
{
    /* Two counters; three registers of two timers, both ways, and the frequency. */
    size_t reads = 2, timers = 3 * 2 * 2 + 1, random = 2;
    struct counter_access access;

    (void)state;
    for (unsigned wanted = 0; wanted <= COUNTER_WANTED_ALL; wanted++) {
        size_t count = reads + (wanted & COUNTER_WANTED_TIMERS ? timers : 0);

        assert_int_equal(count_decoded(COUNTER_SITE_A32, wanted), count * 256);
        assert_int_equal(count_decoded(COUNTER_SITE_T32, wanted), count * 256);
        count += wanted & COUNTER_WANTED_RANDOM ? random : 0;
        assert_int_equal(count_decoded(COUNTER_SITE_A64, wanted), count * 32);
    }
    assert_false(
        counter_breakpoint_decode(COUNTER_SITE_T32, 0xea, 0xea00, COUNTER_WANTED_ALL, &access));
}

/* A program's accesses are found where they are wanted, and only the reads where only they are. */
static void check_accesses(struct program *program, bool aarch64, unsigned wanted,
                           const uint32_t *words, const struct counter_access *accesses,
                           size_t count)
{
    struct counter_image image = {
        .bytes = (uint8_t *)program->words, .address = ADDRESS, .aarch64 = aarch64};
    struct counter_sites sites;
    size_t reads = 0;

    emit(program, aarch64 ? A64_PUSH : A32_PUSH);
    for (size_t i = 0; i < count; i++) {
        emit(program, words[i]);
        emit(program, aarch64 ? A64_ADD : A32_ADD);
        reads += accesses[i].reg == COUNTER_COUNT;
    }
    emit_times(program, aarch64 ? A64_ADD : A32_ADD, 8);
    emit(program, aarch64 ? A64_RET : A32_BX_LR);
    image.size = program->count * 4;
    sites = counter_sites_find(&image);
    assert_int_equal(sites.count, reads);
    counter_sites_free(&sites);
    image.wanted = wanted;
    sites = counter_sites_find(&image);
    assert_int_equal(sites.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct counter_access *found = &sites.sites[i].access;

        assert_int_equal(sites.sites[i].offset, 4 + 8 * i);
        assert_int_equal(found->reg, accesses[i].reg);
        assert_int_equal(found->write, accesses[i].write);
        assert_int_equal(found->physical, accesses[i].physical);
        assert_int_equal(found->rt, accesses[i].rt);
        assert_int_equal(found->rt2, accesses[i].rt2);
    }
    counter_sites_free(&sites);
}

/* Random numbers: A64 alone has them. */
static void test_decode_random(void **state)
{
    static const struct counter_access accesses[] = {{.reg = COUNTER_RANDOM, .rt = 9},
                                                     {.reg = COUNTER_RANDOM_RESEEDED, .rt = 31}};
    static const uint64_t ids[] = {0x603000000013d920, 0x603000000013d921};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        check_round_trip(COUNTER_SITE_A64, &accesses[i]);
        assert_int_equal(counter_access_id(&accesses[i]), ids[i]);
    }
}

static void test_random(void **state)
{
    static const uint32_t words[] = {
        0xd53b2402, /* mrs x2, rndr */
        0xd53b2423, /* mrs x3, rndrrs */
        MRS_CNTVCT | 7,
    };
    static const struct counter_access accesses[] = {
        {.reg = COUNTER_RANDOM, .rt = 2},
        {.reg = COUNTER_RANDOM_RESEEDED, .rt = 3},
        {.reg = COUNTER_COUNT, .rt = 7},
    };
    struct program program = {0};

    (void)state;
    check_accesses(&program, true, COUNTER_WANTED_RANDOM, words, accesses, 3);
}

static void test_accesses_a64(void **state)
{
    static const uint32_t words[] = {
        0xd53be003, /* mrs x3, cntfrq_el0 */
        0xd51be220, /* msr cntp_ctl_el0, x0 */
        0xd53be325, /* mrs x5, cntv_ctl_el0 */
        0xd51be344, /* msr cntv_cval_el0, x4 */
        0xd53be249, /* mrs x9, cntp_cval_el0 */
        0xd51be31f, /* msr cntv_tval_el0, xzr */
        MRS_CNTVCT | 7,
    };
    static const struct counter_access accesses[] = {
        {.reg = COUNTER_FREQUENCY, .rt = 3},
        {.reg = COUNTER_CONTROL, .write = true, .physical = true},
        {.reg = COUNTER_CONTROL, .rt = 5},
        {.reg = COUNTER_COMPARE, .write = true, .rt = 4},
        {.reg = COUNTER_COMPARE, .physical = true, .rt = 9},
        {.reg = COUNTER_TIMER_VALUE, .write = true, .rt = 31},
        {.reg = COUNTER_COUNT, .rt = 7},
    };
    struct program program = {0};

    (void)state;
    check_accesses(&program, true, COUNTER_WANTED_TIMERS, words, accesses,
                   sizeof(words) / sizeof(words[0]));
}

static void test_accesses_a32(void **state)
{
    static const uint32_t words[] = {
        0xee1e3f10, /* mrc p15, 0, r3, c14, c0, 0: CNTFRQ */
        0xee0e0f32, /* mcr p15, 0, r0, c14, c2, 1: CNTP_CTL */
        0xee1e5f33, /* mrc p15, 0, r5, c14, c3, 1: CNTV_CTL */
        0xec454f3e, /* mcrr p15, 3, r4, r5, c14: CNTV_CVAL */
        0xec532f2e, /* mrrc p15, 2, r2, r3, c14: CNTP_CVAL */
        0xee0e1f13, /* mcr p15, 0, r1, c14, c3, 0: CNTV_TVAL */
        MRRC_CNTVCT,
    };
    static const struct counter_access accesses[] = {
        {.reg = COUNTER_FREQUENCY, .rt = 3},
        {.reg = COUNTER_CONTROL, .write = true, .physical = true},
        {.reg = COUNTER_CONTROL, .rt = 5},
        {.reg = COUNTER_COMPARE, .write = true, .rt = 4, .rt2 = 5},
        {.reg = COUNTER_COMPARE, .physical = true, .rt = 2, .rt2 = 3},
        {.reg = COUNTER_TIMER_VALUE, .write = true, .rt = 1},
        {.reg = COUNTER_COUNT, .rt2 = 1},
    };
    struct program program = {0};

    (void)state;
    check_accesses(&program, false, COUNTER_WANTED_TIMERS, words, accesses,
                   sizeof(words) / sizeof(words[0]));
}

/* What the register is read into is what the counter would have been read into. */
static void test_open_reads(void **state)
{
    static const struct {
        enum counter_site_form form;
        struct counter_access access;
        uint8_t bytes[4];
    } reads[] = {
        /* mrs x0, cntv_cval_el0; mrs xzr, cntv_cval_el0 */
        {COUNTER_SITE_A64, {.rt = 0}, {0x40, 0xe3, 0x3b, 0xd5}},
        {COUNTER_SITE_A64, {.rt = 31, .physical = true}, {0x5f, 0xe3, 0x3b, 0xd5}},
        /* mrrc p15, 3, r0, r1, c14; mrrc p15, 3, r12, lr, c14 */
        {COUNTER_SITE_A32, {.rt = 0, .rt2 = 1}, {0x3e, 0x0f, 0x51, 0xec}},
        {COUNTER_SITE_A32, {.rt = 12, .rt2 = 14}, {0x3e, 0xcf, 0x5e, 0xec}},
        {COUNTER_SITE_T32, {.rt = 0, .rt2 = 1}, {0x51, 0xec, 0x3e, 0x0f}},
        {COUNTER_SITE_T32, {.rt = 12, .rt2 = 14}, {0x5e, 0xec, 0x3e, 0xcf}},
    };
    uint8_t bytes[4];

    (void)state;
    for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
        counter_open_read_encode(reads[i].form, &reads[i].access, bytes);
        assert_memory_equal(bytes, reads[i].bytes, 4);
    }
}

static void test_page_value(void **state)
{
    (void)state;
    assert_int_equal(counter_page_value(123456789, COUNTER_PAGE_HZ), 123456789);
    assert_int_equal(counter_page_value(COUNTER_PAGE_HZ, 24000000), 24000000);
    assert_int_equal(counter_page_value(125, 1000000), 2);
    assert_int_equal(counter_page_value(124, 1000000), 1);
    /* a hundred years, and the fastest counter that a manifest may have */
    assert_int_equal(counter_page_value(COUNTER_PAGE_HZ * 3155760000ull, UINT32_MAX),
                     3155760000ull * UINT32_MAX);
    assert_int_equal(counter_page_value(COUNTER_PAGE_HZ * 7ull + COUNTER_PAGE_HZ - 1, UINT32_MAX),
                     7ull * UINT32_MAX + 4294967226ull);
}

static void test_first_in_called_function(void **state)
{
    struct program program = {0};
    size_t call, read;

    (void)state;
    emit(&program, A64_PUSH);
    call = emit(&program, A64_NOP);
    emit_times(&program, A64_ADD, 20);
    emit(&program, A64_RET);
    read = emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 8);
    emit(&program, A64_RET);
    program.words[call] = bl(call, read);
    check_found(&program, true, read);
}

static void test_first_in_function_behind_pointer(void **state)
{
    struct program program = {0};
    size_t read;

    (void)state;
    emit_function(&program, 20);
    emit_times(&program, A64_NOP, 2);
    read = emit(&program, MRS_CNTVCT);
    emit(&program, A64_RET);
    emit_function(&program, 20);
    check_found(&program, true, read);
}

static void test_two_reads_in_a_row(void **state)
{
    struct program program = {0};
    size_t reads[2];

    (void)state;
    emit(&program, A64_PUSH);
    emit_times(&program, A64_ADD, 10);
    reads[0] = emit(&program, MRS_CNTVCT);
    reads[1] = emit(&program, MRS_CNTVCT | 1);
    emit_times(&program, A64_ADD, 10);
    emit(&program, A64_RET);
    check(&program, true, reads, 2, 0);
}

static void test_behind_branch_with_loop(void **state)
{
    struct program program = {0};
    size_t read, loop, skip;

    (void)state;
    emit_times(&program, A64_ADD, 20);
    skip = emit(&program, 0x14000003); /* over the loop, to its test */
    read = emit(&program, MRS_CNTVCT | 3);
    emit(&program, A64_ADD);
    loop = emit(&program, A64_NOP);
    program.words[loop] = cbz(loop, read);
    emit(&program, A64_RET);
    emit_function(&program, 20);
    assert_int_equal(read, skip + 1);
    check_found(&program, true, read);
}

/* Linux patches such code over other code when it starts. */
static void test_alternatives(void **state)
{
    struct program program = {0};
    size_t reads[3];

    (void)state;
    emit_function(&program, 70);
    emit(&program, A64_NOP);
    reads[0] = emit(&program, MRS_CNTVCTSS | 2);
    emit(&program, A64_NOP);
    reads[1] = emit(&program, MRS_CNTVCTSS | 2);
    emit(&program, A64_NOP);
    reads[2] = emit(&program, MRS_CNTPCTSS);
    emit(&program, A64_NOP);
    emit(&program, A64_ADD);
    emit(&program, A64_SVC);
    emit_data(&program, 40);
    check(&program, true, reads, 3, 0);
}

static void test_alternatives_before_alignment(void **state)
{
    struct program program = {0};
    size_t read;

    (void)state;
    emit_function(&program, 70);
    emit(&program, A64_NOP);
    read = emit(&program, MRS_CNTVCTSS | 2);
    emit_times(&program, A64_ADD, 5);
    emit_times(&program, 0, 2);
    emit_function(&program, 20);
    check_found(&program, true, read);
}

/* The replacement behind that of a read need not be code that can be executed where it is. */
static void test_alternative_before_others(void **state)
{
    const uint32_t before[] = {A64_NOP, A64_NOP, A64_ADD};
    const uint32_t read[] = {MRS_CNTPCTSS | 2, MRS_CNTPCT | 2, MRS_CNTPCTSS | 2};

    (void)state;
    for (size_t i = 0; i < 3; i++) { /* a barrier and a read have been replaced in the first only */
        struct program program = {0};
        size_t index;

        emit_function(&program, 70);
        emit(&program, before[i]);
        index = emit(&program, read[i]);
        emit_data(&program, 2);
        emit_function(&program, 70);
        if (i == 0) {
            check_found(&program, true, index);
        } else {
            check_left(&program, true, 1);
        }
    }
}

static void test_literal_between_functions(void **state)
{
    for (size_t back = 0; back < 2; back++) { /* the first or the second word of 64 bits */
        struct program program = {0};
        size_t load, read;

        (void)state;
        emit(&program, A64_PUSH);
        load = emit(&program, A64_NOP);
        emit_times(&program, A64_ADD, 20);
        emit(&program, A64_RET);
        emit_times(&program, A64_NOP, back);
        read = emit(&program, MRS_CNTVCT);
        program.words[load] = ldr_literal(back, load, read - back);
        emit_function(&program, 20);
        check_left(&program, true, 1);
    }
}

static void test_literal_within_function(void **state)
{
    struct program program = {0};
    size_t load, read;

    (void)state;
    emit_times(&program, A64_ADD, 20);
    load = emit(&program, A64_NOP);
    emit(&program, 0x14000002); /* b over the constant */
    read = emit(&program, MRS_CNTVCT);
    program.words[load] = ldr_literal(false, load, read);
    emit_times(&program, A64_ADD, 20);
    emit(&program, A64_RET);
    check_left(&program, true, 1);
}

static void test_table_with_address_taken(void **state)
{
    struct program program = {0};
    size_t take, read;

    (void)state;
    emit(&program, A64_PUSH);
    take = emit(&program, A64_NOP);
    emit_times(&program, A64_ADD, 20);
    emit(&program, A64_RET);
    read = emit(&program, MRS_CNTVCT);
    emit_function(&program, 20);
    program.words[take] = adr(take, read);
    check_left(&program, true, 1);
    /* The same by page: the image's first one. */
    program.words[take] = 0x90000000u;                                /* adrp x0 */
    program.words[take + 1] = 0x91000000u | (uint32_t)read * 4 << 10; /* add x0, x0 */
    check_left(&program, true, 1);
    program.words[take + 1] = 0xb9400000u | (uint32_t)read << 10; /* ldr w0, [x0] */
    check_left(&program, true, 1);
}

static void test_jump_table(void **state)
{
    struct program program = {0};

    (void)state;
    emit_function(&program, 70);
    emit_times(&program, MRS_CNTVCT, 16);
    emit_function(&program, 70);
    check_left(&program, true, 16);
}

static void test_all_reads(void **state)
{
    struct program program = {0};

    (void)state;
    emit_times(&program, MRS_CNTPCT, 1000);
    check_left(&program, true, 1000);
}

static void test_constants_among_data(void **state)
{
    struct program program = {0};

    (void)state;
    emit_function(&program, 70);
    emit_data(&program, 70);
    emit(&program, MRS_CNTVCT);
    emit_data(&program, 10);
    emit_times(&program, A64_ADD, 2); /* templates of instructions */
    emit(&program, MRS_CNTVCT);
    emit(&program, A64_ADD);
    emit(&program, A64_RET);
    emit_data(&program, 10);
    emit(&program, MRS_CNTVCT); /* a value and its mask */
    emit(&program, 0xffffffe0);
    emit_data(&program, 70);
    check_left(&program, true, 3);
}

static void test_ends_of_image(void **state)
{
    struct program program = {0};
    size_t first;

    (void)state;
    check_left(&program, true, 0);
    first = emit(&program, MRS_CNTVCT);
    check_left(&program, true, 1);
    emit_times(&program, A64_ADD, 20);
    emit(&program, A64_RET);
    emit_times(&program, A64_ADD, 20);
    emit(&program, MRS_CNTPCT);
    check(&program, true, &first, 1, 1);
}

/* Images that do not consist of whole words, at addresses that are no multiple of 4. */
static void test_odd_images(void **state)
{
    struct program program = {0};
    uint8_t bytes[128];

    (void)state;
    emit(&program, A64_PUSH);
    emit_times(&program, A64_ADD, 10);
    emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 10);
    emit(&program, A64_RET);
    for (size_t shift = 0; shift < 4; shift++) {
        struct counter_image image = {.bytes = bytes,
                                      .size = shift + program.count * 4 + 3,
                                      .address = ADDRESS - shift,
                                      .aarch64 = true};
        struct counter_sites sites;

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes + shift, program.words, program.count * 4);
        sites = counter_sites_find(&image);
        assert_int_equal(sites.count, 1);
        assert_int_equal(sites.sites[0].offset, shift + 11 * 4);
        counter_sites_free(&sites);
        for (image.size = 0; image.size < 5; image.size++) {
            sites = counter_sites_find(&image);
            assert_int_equal(sites.count, 0);
            counter_sites_free(&sites);
        }
    }
}

static void put(struct program *program, size_t offset, uint32_t value, unsigned size)
{
    memcpy((uint8_t *)program->words + offset, &value, size);
}

/* In a Linux Image only what its PE header calls executable counts. */
static void test_linux_image(void **state)
{
    struct program program = {.count = 128};
    size_t read;

    (void)state;
    put(&program, 0, 0x5a4d, 2);
    put(&program, 56, 0x644d5241, 4);
    put(&program, 60, 64, 4);
    put(&program, 64, 0x4550, 4);
    put(&program, 64 + 6, 2, 2); /* sections, behind an empty optional header */
    put(&program, 88 + 16, 256, 4);
    put(&program, 88 + 20, 512, 4);
    put(&program, 88 + 36, 0x60000020, 4);
    put(&program, 128 + 16, 256, 4);
    put(&program, 128 + 20, 768, 4);
    put(&program, 128 + 36, 0xc0000040, 4);
    emit_times(&program, A64_ADD, 20);
    read = emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 42);
    emit(&program, A64_RET);
    emit_times(&program, A64_ADD, 20);
    emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 42);
    emit(&program, A64_RET);
    check(&program, true, &read, 1, 1);
}

/* An ELF file that makes no sense counts as none. */
static struct counter_sites find_by_file(struct counter_image *image, const uint8_t *file,
                                         size_t size)
{
    struct elf_codes codes = {0};
    struct counter_sites sites;

    image->codes = counter_elf_read(file, size, &codes) ? &codes : NULL;
    sites = counter_sites_find(image);
    image->codes = NULL;
    counter_elf_free(&codes);
    return sites;
}

static struct counter_sites find_in_elf(const struct elf_layout *layout, size_t loaded_size)
{
    size_t size;
    uint8_t *file = elf_build(layout, &size);
    struct counter_image image = {.bytes = layout->loaded,
                                  .size = loaded_size,
                                  .address = layout->address,
                                  .aarch64 = layout->wide};
    struct counter_sites sites = find_by_file(&image, file, size);

    free(file);
    return sites;
}

/* Mapping symbols decide, whatever the words look like. */
static void test_elf_mapping_symbols(void **state)
{
    static const struct elf_mark marks[] = {{160, "$d.3"}, {0, "$x"},   {164, "$x"},
                                            {100, "main"}, {240, "$d"}, {244, "$dx"}};
    struct program program = {0};
    struct elf_layout layout = {.wide = true,
                                .loaded = (const uint8_t *)program.words,
                                .address = ADDRESS,
                                .marks = marks,
                                .mark_count = sizeof(marks) / sizeof(marks[0])};
    struct counter_sites sites;

    (void)state;
    emit_times(&program, A64_ADD, 40);
    emit(&program, MRS_CNTVCT); /* $d among code */
    emit(&program, DATA);
    emit(&program, MRS_CNTPCT | 9); /* $x among data */
    emit(&program, DATA);
    emit_times(&program, A64_ADD, 20);
    emit(&program, MRS_CNTVCT); /* .rodata, as if it were code */
    emit_times(&program, A64_ADD, 20);
    layout.text_size = 64 * 4;
    layout.rodata_size = (program.count - 64) * 4;
    sites = find_in_elf(&layout, program.count * 4);
    assert_int_equal(sites.count, 1);
    assert_int_equal(sites.sites[0].offset, 42 * 4);
    assert_int_equal(sites.sites[0].access.rt, 9);
    assert_int_equal(sites.left_alone, 2);
    counter_sites_free(&sites);
}

/* Code in which some is replaced already: that is no end of it, and is not found once more. */
static void check_second_scan(bool aarch64, uint32_t read, uint32_t add, uint32_t end)
{
    struct program program = {0};
    size_t first, second;
    struct counter_sites sites;

    emit_times(&program, add, 40);
    first = emit(&program, read);
    emit_times(&program, add, 100); /* no end is near */
    emit(&program, end);
    sites = find(&program, aarch64);
    assert_int_equal(sites.count, 1);
    memcpy(&program.words[first], sites.sites[0].replacement, 4);
    counter_sites_free(&sites);
    check_left(&program, aarch64, 0);
    second = first + 1;
    program.words[second] = read;
    check_found(&program, aarch64, second);
}

static void test_second_scan(void **state)
{
    (void)state;
    check_second_scan(true, MRS_CNTVCT, A64_ADD, A64_RET);
    check_second_scan(false, MRRC_CNTVCT, A32_ADD, A32_BX_LR);
}

/* What is left alone is told by its place. */
static void test_places_left_alone(void **state)
{
    struct program program = {0};
    struct counter_sites sites;
    size_t data;

    (void)state;
    emit_data(&program, 70);
    data = emit(&program, MRS_CNTVCT);
    emit_data(&program, 70);
    sites = find(&program, true);
    assert_int_equal(sites.count, 0);
    assert_int_equal(sites.left_count, 1);
    assert_int_equal(sites.left[0], data * 4);
    counter_sites_free(&sites);
}

/* Without symbols the sections tell where to look, without sections the segments. */
static void test_elf_without_symbols(void **state)
{
    struct program program = {0};
    struct elf_layout layout = {
        .wide = true, .loaded = (const uint8_t *)program.words, .address = ADDRESS};
    struct counter_sites sites;

    (void)state;
    emit_times(&program, A64_ADD, 40);
    emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 40);
    emit(&program, A64_RET);
    layout.text_size = program.count * 4;
    emit_times(&program, A64_ADD, 40);
    emit(&program, MRS_CNTVCT);
    emit_times(&program, A64_ADD, 40);
    layout.rodata_size = program.count * 4 - layout.text_size;
    for (size_t count = 1; count <= 2; count++) {
        sites = find_in_elf(&layout, program.count * 4);
        assert_int_equal(sites.count, count);
        assert_int_equal(sites.sites[0].offset, 40 * 4);
        assert_int_equal(sites.left_alone, 2 - count);
        counter_sites_free(&sites);
        layout.without_sections = true;
    }
}

static void put_thumb(uint8_t *bytes, size_t *size, uint16_t halfword)
{
    bytes[(*size)++] = halfword;
    bytes[(*size)++] = halfword >> 8;
}

/* A32, Thumb and data in one section; Thumb also where it must not be touched. */
static void test_elf_arm(void **state)
{
    static const uint16_t thumb[] = {
        0x3001, 0xec54, 0x3f1e,         /* adds r0, #1; mrrc p15, 1, r3, r4, c14 */
        0xbf08, 0xec54, 0x3f1e,         /* it eq; mrrceq */
        0xbf1c, 0x3001, 0xec54, 0x3f0e, /* itt ne; addne; mrrcne */
        0xbf08, 0x3001, 0xec56, 0x5f0e, /* it eq; addeq; mrrc p15, 0, r5, r6, c14 */
        0xf8df, 0xec54, 0x3f1e,         /* the read's first half ends another instruction */
        0xbf00, 0xec5d, 0x3f1e,         /* sp is no place for it */
        0x4770,
    };
    static const size_t expected[] = {4, 22, 44};
    struct elf_mark marks[] = {{0, "$a"}, {16, "$d"}, {20, "$t"}, {0, "$d"}, {0, "$a"}};
    uint8_t loaded[128];
    uint32_t words[] = {A32_PUSH, MRRC_CNTVCT | 0x2000, MRRC_CNTVCT_EQ, A32_BX_LR, MRRC_CNTPCT};
    struct elf_layout layout = {.loaded = loaded, .address = ADDRESS, .marks = marks};
    struct counter_sites sites;
    size_t size = sizeof(words);

    (void)state;
    memcpy(loaded, words, sizeof(words));
    for (size_t i = 0; i < sizeof(thumb) / sizeof(thumb[0]); i++) {
        put_thumb(loaded, &size, thumb[i]);
    }
    layout.text_size = size;
    layout.mark_count = 3;
    sites = find_in_elf(&layout, size);
    assert_int_equal(sites.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sites.sites[i].offset, expected[i]);
        assert_int_equal(sites.sites[i].form, i ? COUNTER_SITE_T32 : COUNTER_SITE_A32);
    }
    assert_int_equal(replacement(&sites.sites[0]), 0xe12ea070 | 0x100 | 2);
    assert_int_equal(replacement(&sites.sites[1]), 0xea43beeb);
    assert_int_equal(replacement(&sites.sites[2]), 0xeb65beeb);
    assert_int_equal(sites.left_alone, 2 + 2); /* EQ, $d; two in IT blocks */
    counter_sites_free(&sites);
    /* All data, to begin with; the last of several symbols at one place counts. */
    layout.marks = &marks[3];
    layout.mark_count = 1;
    sites = find_in_elf(&layout, size);
    assert_int_equal(sites.count, 0);
    counter_sites_free(&sites);
    layout.mark_count = 2;
    sites = find_in_elf(&layout, size);
    assert_int_equal(sites.count, 2);
    counter_sites_free(&sites);
}

static void test_a32(void **state)
{
    struct program program = {0};
    size_t reads[2], load;

    (void)state;
    emit(&program, A32_PUSH);
    emit_times(&program, A32_ADD, 30);
    reads[0] = emit(&program, MRRC_CNTVCT);
    emit(&program, MRRC_CNTVCT_EQ);
    load = emit(&program, A32_ADD);
    emit(&program, A32_BX_LR);
    emit(&program, MRRC_CNTPCT);
    program.words[load] = 0xe59f0000; /* ldr r0, [pc] */
    emit(&program, A32_PUSH);
    emit_times(&program, A32_ADD, 30);
    emit(&program, A32_BX_LR);
    reads[1] = emit(&program, MRRC_CNTPCT);
    emit(&program, A32_BX_LR);
    emit_times(&program, A32_ADD, 30);
    emit_data(&program, 70);
    emit(&program, MRRC_CNTPCT);
    emit_data(&program, 70);
    check(&program, false, reads, 2, 3);
}

/* One of the images that scripts/guests.sh fetches. */
struct guest {
    const char *name;
    bool aarch64;
    /* Fewer sites would be a mistake; newer versions may have more. */
    size_t reads, all; /* of the counter; and accesses to timers, and random numbers */
};

static const struct guest linux_arm64 = {"vmlinuz-arm64", true, 37, 78};
static const struct guest linux_arm64_612 = {"vmlinuz-arm64-6.12", true, 41, 81};
static const struct guest linux_arm64_72 = {"vmlinuz-arm64-7.2", true, 49, 90};
static const struct guest u_boot_arm64 = {"u-boot-qemu_arm64.bin", true, 1, 2};
static const struct guest u_boot_arm = {"u-boot-qemu_arm.bin", false, 1, 2};

/* What the file has, to be freed. Skips the test if the file is not there. */
static uint8_t *read_guest(const char *name, size_t *size)
{
    const char *guests = getenv("EBB_GUESTS");
    char path[4096];
    uint8_t *bytes;
    FILE *file;

    if (!guests) {
        unit_skip("EBB_GUESTS does not say where %s is", name);
    }
    snprintf(path, sizeof(path), "%s/%s", guests, name);
    file = fopen(path, "rb");
    if (!file) {
        unit_skip("%s is not there: scripts/guests.sh fetches it", path);
    }
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void check_real_image(const char *name, const struct counter_image *image, size_t least)
{
    struct counter_sites sites = counter_sites_find(image);

    print_message("%s, looking for %#x: %zu found, %zu words left alone\n", name, image->wanted,
                  sites.count, sites.left_alone);
    assert_true(sites.count >= least);
    assert_int_equal(sites.left_alone, 0);
    counter_sites_free(&sites);
}

static void test_real_image(void **state)
{
    const struct guest *guest = *state;
    struct counter_image image = {.address = ADDRESS, .aarch64 = guest->aarch64};
    uint8_t *bytes = read_guest(guest->name, &image.size);

    image.bytes = bytes;
    check_real_image(guest->name, &image, guest->reads);
    image.wanted = COUNTER_WANTED_TIMERS | COUNTER_WANTED_RANDOM;
    check_real_image(guest->name, &image, guest->all);
    free(bytes);
}

static uint32_t random_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 32;
}

/* Sites lie within the image, one behind the other, and each was a read. */
static void check_sane(const struct counter_image *image, const struct counter_sites *sites)
{
    uint64_t last = 0;

    for (size_t i = 0; i < sites->count; i++) {
        const struct counter_site *site = &sites->sites[i];
        uint32_t word;

        assert_true(site->offset >= last && site->offset + 4 <= image->size);
        last = site->offset + 4;
        memcpy(&word, image->bytes + site->offset, 4);
        assert_true(site->form != COUNTER_SITE_A64 || (word & 0xffffff00u) == 0xd53be000u);
        assert_true(site->form != COUNTER_SITE_A32 || (word & 0xfff00f0fu) == 0xec500f0eu);
    }
}

/* A word of the kind that leads somewhere, now and then. */
static uint32_t random_word(uint64_t *seed)
{
    static const uint32_t words[] = {MRS_CNTVCT,  MRS_CNTPCT | 7, A64_RET,    A64_NOP, A64_ADD,
                                     MRRC_CNTVCT, MRRC_CNTPCT,    0x3f1eec54, A32_ADD, A32_BX_LR,
                                     0x58000040u, 0x94000003u,    0x97fffff0u};
    uint32_t number = random_number(seed);

    return number % 4 ? words[number / 4 % (sizeof(words) / sizeof(words[0]))]
                      : random_number(seed);
}

static void test_random_images(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t size = random_number(&seed) % 2048;
        uint8_t *bytes = malloc(size + 4);
        struct counter_image image = {.bytes = bytes, .size = size, .aarch64 = round & 1};
        struct counter_sites sites;

        image.address = round & 2 ? ADDRESS : random_number(&seed) - (uint64_t)(round & 64);
        for (size_t i = 0; i + 4 <= size; i += 4) {
            uint32_t word = random_word(&seed);

            memcpy(bytes + i, &word, 4);
        }
        memset(bytes + size / 4 * 4, 0, 4);
        bytes = realloc(bytes, size ? size : 1); /* an exact size, for ASan */
        image.bytes = bytes;
        sites = counter_sites_find(&image);
        check_sane(&image, &sites);
        counter_sites_free(&sites);
        free(bytes);
    }
}

/* Valid ELF files in which a few bytes of what is not code have been changed. */
static void test_damaged_elf(void **state)
{
    static const struct elf_mark marks[] = {{0, "$x"}, {400, "$d"}, {420, "$x"},
                                            {0, "$t"}, {64, "$a"},  {333, "$t"}};
    struct program program = {0};
    uint64_t seed = 2;

    (void)state;
    while (program.count < 256) {
        emit(&program, random_word(&seed));
    }
    for (int round = 0; round < 3000; round++) {
        struct elf_layout layout = {.wide = round & 1,
                                    .loaded = (const uint8_t *)program.words,
                                    .text_size = 800,
                                    .rodata_size = 224,
                                    .address = ADDRESS,
                                    .marks = marks + (round & 1 ? 0 : 3),
                                    .mark_count = 3};
        struct counter_image image = {
            .bytes = layout.loaded, .size = 1024, .address = ADDRESS + (round % 5) * 4};
        size_t size;
        uint8_t *file = elf_build(&layout, &size);
        struct counter_sites sites;

        for (int changes = round % 4; changes >= 0; changes--) {
            size_t where = random_number(&seed) % (size - 1024);

            file[where < 0x200 ? where : where + 1024] = random_number(&seed) >> (round % 3 * 8);
        }
        size = round % 7 ? size : random_number(&seed) % size;
        file = realloc(file, size ? size : 1);
        sites = find_by_file(&image, file, size);
        check_sane(&image, &sites);
        counter_sites_free(&sites);
        free(file);
    }
}

/* The worst images take no more than a small multiple of the time that others take. */
static void test_large_images(void **state)
{
    static const uint32_t patterns[][2] = {
        {MRS_CNTVCT, MRS_CNTVCT}, {MRS_CNTVCT, A64_NOP}, {MRS_CNTVCT, 0x97ffffffu}};
    size_t count = 1 << 20;
    uint32_t *words = malloc(count * 4);

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct counter_image image = {.bytes = (const uint8_t *)words,
                                      .size = count * 4,
                                      .address = ADDRESS,
                                      .aarch64 = true};
        struct counter_sites sites;

        for (size_t word = 0; word < count; word++) {
            words[word] = patterns[i][word & 1];
        }
        sites = counter_sites_find(&image);
        check_sane(&image, &sites);
        counter_sites_free(&sites);
    }
    free(words);
}

int main(void)
{
#define REAL_IMAGE(guest)                                                                          \
    {                                                                                              \
        "test_real_image_of_" #guest, test_real_image, NULL, NULL, (void *)&(guest)                \
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_decode_reads),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_decode_wanted),
        cmocka_unit_test(test_decode_random),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_accesses_a64),
        cmocka_unit_test(test_accesses_a32),
        cmocka_unit_test(test_open_reads),
        cmocka_unit_test(test_page_value),
        cmocka_unit_test(test_first_in_called_function),
        cmocka_unit_test(test_first_in_function_behind_pointer),
        cmocka_unit_test(test_two_reads_in_a_row),
        cmocka_unit_test(test_behind_branch_with_loop),
        cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_alternatives_before_alignment),
        cmocka_unit_test(test_alternative_before_others),
        cmocka_unit_test(test_literal_between_functions),
        cmocka_unit_test(test_literal_within_function),
        cmocka_unit_test(test_table_with_address_taken),
        cmocka_unit_test(test_jump_table),
        cmocka_unit_test(test_all_reads),
        cmocka_unit_test(test_constants_among_data),
        cmocka_unit_test(test_ends_of_image),
        cmocka_unit_test(test_odd_images),
        cmocka_unit_test(test_linux_image),
        cmocka_unit_test(test_elf_mapping_symbols),
        cmocka_unit_test(test_second_scan),
        cmocka_unit_test(test_places_left_alone),
        cmocka_unit_test(test_elf_without_symbols),
        cmocka_unit_test(test_elf_arm),
        cmocka_unit_test(test_a32),
        REAL_IMAGE(linux_arm64),
        REAL_IMAGE(linux_arm64_612),
        REAL_IMAGE(linux_arm64_72),
        REAL_IMAGE(u_boot_arm64),
        REAL_IMAGE(u_boot_arm),
        cmocka_unit_test(test_random_images),
        cmocka_unit_test(test_damaged_elf),
        cmocka_unit_test(test_large_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
