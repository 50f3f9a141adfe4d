/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes page tables in many ways and never invalidates the TLB. Whoever keeps no old
 * translations, as Ebb does under TCG, sees the new one at once. With SHORT_FORMAT the tables of
 * ARMv7 are of the short-descriptor format, else of the long one, which is AArch64's. Where it
 * starts in the secure world (-M virt,secure=on) it stays there.
 */
#include "fw_cfg.h"
#include "guest.h"

#define ROUNDS 8u
#define PAGE_SIZE 4096u
#define WINDOW 0x80000000u /* nothing is there until it is mapped */
#define RAM 0x40000000u
#define BLOCK_0 (RAM + 0x1000000u)
#define BLOCK_1 (RAM + 0x1200000u)
#define SECURE_GPIO 0x090b0000u

#ifdef SHORT_FORMAT
typedef uint32_t entry_t;
#define ROOT_ENTRIES 4096u
#define ENTRIES 256u
#define UPPER_SIZE 0x100000u
#define TABLE 1u
#define PAGE 0x1eu /* normal memory, to be read and written */
#define READ_ONLY (1u << 9)
#define BLOCK 0x40eu
#define DEVICES 0x416u
#else
typedef uint64_t entry_t;
#define ROOT_ENTRIES 512u
#define ENTRIES 512u
#define UPPER_SIZE 0x200000u
#define TABLE 3u
#define ACCESSED (1ull << 10)
#define PAGE (0x303ull | ACCESSED)
#define READ_ONLY (1ull << 7)
#define BLOCK (0x301ull | ACCESSED)
#define DEVICES (0x5ull | ACCESSED | 3ull << 53)
#endif
#define FAULT_ACCESS_FLAG_3 0x0b

static entry_t root[2][ROOT_ENTRIES] __attribute__((aligned(16384)));
#ifndef SHORT_FORMAT
static entry_t middle[2][ENTRIES] __attribute__((aligned(4096)));
#endif
static entry_t lower[2][ENTRIES] __attribute__((aligned(4096)));
static volatile uint32_t pages[4][PAGE_SIZE / 4] __attribute__((aligned(4096)));

static bool secure;
static volatile struct exception last;
static uintptr_t window;

static void on_exception(struct exception *exception)
{
    if (secure && exception->kind == EXCEPTION_UNDEFINED) { /* nobody answers calls */
        write32(SECURE_GPIO + 0x400, 1);
        write32(SECURE_GPIO + 4, 1);
        for (;;) {
        }
    }
    last.kind = exception->kind;
    last.address = exception->address;
    last.status = exception->status;
    last.write = exception->write;
    exception->pc =
        exception->kind == EXCEPTION_PREFETCH_ABORT ? exception->link : exception->pc + 4;
}

static void barrier(void)
{
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

/* Two programs for one address: the first maps the second there instead of itself. */
int program_0(entry_t *entry, entry_t value);
int program_1(entry_t *entry, entry_t value);

#ifdef __aarch64__
__asm__(".balign 4096\n"
        "program_0:\n"
        "    str x1, [x0]\n"
        "    mov w0, #1\n"
        "    ret\n"
        ".balign 4096\n"
        "program_1:\n"
        "    nop\n"
        "    mov w0, #2\n"
        "    ret\n"
        ".balign 4096\n");

static void leave_el3(void)
{
    uint64_t level;

    __asm__ volatile("mrs %0, currentel" : "=r"(level));
    if (level >> 2 != 3) {
        return;
    }
    secure = true;
    __asm__ volatile("msr scr_el3, %0\n\tmsr sctlr_el1, %1\n\t"
                     "mov x0, sp\n\tmsr sp_el1, x0\n\t"
                     "ldr x0, =vectors\n\tmsr vbar_el1, x0\n\t"
                     "mov x0, #0x3c5\n\tmsr spsr_el3, x0\n\t" /* EL1, all masked */
                     "adr x0, 1f\n\tmsr elr_el3, x0\n\t"
                     "isb\n\teret\n1:" ::"r"(0x430ul), /* secure */
                     "r"(0x30d00800ul)
                     : "x0", "memory");
}

static void set_root(unsigned which)
{
    __asm__ volatile("msr ttbr0_el1, %0\n\tmsr ttbr1_el1, %0\n\tisb" ::"r"(root[which]) : "memory");
}

static void mmu_on(void)
{
    uint64_t control = 32ul | 1ul << 8 | 1ul << 10 | 3ul << 12; /* 32 bits of addresses, cached */

    control |= control << 16 | 2ul << 30;                 /* the same for TTBR1 */
    __asm__ volatile("msr mair_el1, %0" ::"r"(0x04fful)); /* 0: normal, 1: device */
    __asm__ volatile("msr tcr_el1, %0" ::"r"(control));
    set_root(0);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb");
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(control | 0x1005) : "memory");
}

static void store_pair(entry_t *to, entry_t first, entry_t second)
{
    __asm__ volatile("stp %0, %1, [%2]" ::"r"(first), "r"(second), "r"(to) : "memory");
}

static void store_exclusive(entry_t *to, entry_t value)
{
    entry_t before;
    uint32_t failed;

    __asm__ volatile("1: ldxr %0, [%2]\n\tstxr %w1, %3, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(before), "=&r"(failed)
                     : "r"(to), "r"(value)
                     : "memory");
}
#else
#ifdef SHORT_FORMAT
#define STORE "str r1, [r0]\n"
#else
#define STORE "strd r2, r3, [r0]\n"
#endif
__asm__(".balign 4096\n"
        "program_0:\n" STORE "    mov r0, #1\n"
        "    bx lr\n"
        ".balign 4096\n"
        "program_1:\n"
        "    nop\n"
        "    mov r0, #2\n"
        "    bx lr\n"
        ".balign 4096\n");

static void leave_el3(void)
{
}

#ifdef SHORT_FORMAT
static void set_root(unsigned which)
{
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 0\n\tisb" ::"r"(root[which]) : "memory");
}

static void set_format(void)
{
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 2" ::"r"(0)); /* TTBCR */
    __asm__ volatile("mcr p15, 0, %0, c3, c0, 0" ::"r"(1)); /* DACR: domain 0 is checked */
}
#else
static void set_root(unsigned which)
{
    __asm__ volatile("mcrr p15, 0, %0, %1, c2\n\tisb" ::"r"(root[which]), "r"(0) : "memory");
}

static void set_format(void)
{
    __asm__ volatile("mcr p15, 0, %0, c10, c2, 0" ::"r"(0x04ff)); /* MAIR0 */
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 2" ::"r"(1u << 31 | 1 << 8 | 1 << 10 | 3 << 12));
}
#endif

static void mmu_on(void)
{
    uint32_t control;

    set_format();
    set_root(0);
    __asm__ volatile("isb\n\tmcr p15, 0, %0, c8, c7, 0\n\tdsb\n\tisb" ::"r"(0));
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control | 0x1005) : "memory");
}

#ifdef SHORT_FORMAT
static void store_pair(entry_t *to, entry_t first, entry_t second)
{
    register uint32_t r4 __asm__("r4") = first;
    register uint32_t r5 __asm__("r5") = second;

    __asm__ volatile("strd r4, r5, [%2]" ::"r"(r4), "r"(r5), "r"(to) : "memory");
}

static void store_exclusive(entry_t *to, entry_t value)
{
    uint32_t before, failed;

    __asm__ volatile("1: ldrex %0, [%2]\n\tstrex %1, %3, [%2]\n\tcmp %1, #0\n\tbne 1b"
                     : "=&r"(before), "=&r"(failed)
                     : "r"(to), "r"(value)
                     : "memory", "cc");
}
#else
static void store_pair(entry_t *to, entry_t first, entry_t second)
{
    register uint32_t r4 __asm__("r4") = (uint32_t)first;
    register uint32_t r5 __asm__("r5") = (uint32_t)(first >> 32);
    register uint32_t r6 __asm__("r6") = (uint32_t)second;
    register uint32_t r8 __asm__("r8") = (uint32_t)(second >> 32);

    __asm__ volatile("stm %4, {r4, r5, r6, r8}" ::"r"(r4), "r"(r5), "r"(r6), "r"(r8), "r"(to)
                     : "memory");
}

static void store_exclusive(entry_t *to, entry_t value)
{
    register uint32_t r4 __asm__("r4") = (uint32_t)value;
    register uint32_t r5 __asm__("r5") = (uint32_t)(value >> 32);
    uint32_t failed;

    __asm__ volatile("1: ldrexd r2, r3, [%1]\n\tstrexd %0, r4, r5, [%1]\n\tcmp %0, #0\n\tbne 1b"
                     : "=&r"(failed)
                     : "r"(to), "r"(r4), "r"(r5)
                     : "r2", "r3", "memory", "cc");
}
#endif
#endif

static entry_t page_of(const volatile void *physical)
{
    return (uintptr_t)physical | PAGE;
}

/* The entry for so much of the window, in one of the trees. */
static entry_t *upper(unsigned tree, unsigned index)
{
#ifdef SHORT_FORMAT
    return &root[tree][WINDOW / UPPER_SIZE + index];
#else
    return &middle[tree][index];
#endif
}

static void set(entry_t *entry, entry_t value)
{
    *(volatile entry_t *)entry = value;
    barrier();
}

static void build_tree(unsigned tree)
{
#ifdef SHORT_FORMAT
    for (unsigned i = 0; i < RAM / UPPER_SIZE; i++) {
        root[tree][i] = i * UPPER_SIZE | DEVICES;
        root[tree][i + RAM / UPPER_SIZE] = (RAM + i * UPPER_SIZE) | BLOCK;
    }
#else
    root[tree][0] = DEVICES;
    root[tree][1] = RAM | BLOCK;
    root[tree][2] = (uintptr_t)middle[tree] | TABLE;
#endif
    *upper(tree, 0) = (uintptr_t)lower[tree] | TABLE;
}

static void fill_memory(void)
{
    for (unsigned i = 0; i < 4; i++) {
        pages[i][0] = 0x1111u * (i + 1);
    }
    for (unsigned i = 0; i < UPPER_SIZE; i += PAGE_SIZE) {
        *(volatile uint32_t *)(uintptr_t)(BLOCK_0 + i) = i;
        *(volatile uint32_t *)(uintptr_t)(BLOCK_1 + i) = ~i;
    }
}

static void check_page(unsigned index, unsigned number, const char *what)
{
    check(load_word(window + index * PAGE_SIZE) == 0x1111u * (number + 1), what);
}

static void check_fault(unsigned status, bool write, const char *what)
{
    check(last.kind == EXCEPTION_DATA_ABORT && last.status == status && last.write == write, what);
    last.kind = 0;
}

static void check_no_page(unsigned index, const char *what)
{
    load_word(window + index * PAGE_SIZE);
    check_fault(FAULT_TRANSLATION_3, false, what);
}

static void map(unsigned index, unsigned number)
{
    set(&lower[0][index], page_of(pages[number]));
    check_page(index, number, "a page is mapped");
}

static void change_page(unsigned i)
{
    volatile uint8_t *bytes = (volatile uint8_t *)&lower[0][i];

    map(i, 0);
    map(i, 1);
    bytes[READ_ONLY > 0xff] |= (uint8_t)(READ_ONLY > 0xff ? READ_ONLY >> 8 : READ_ONLY);
    store_word(window + i * PAGE_SIZE, 0xbad);
    check_fault(FAULT_PERMISSION_3, true, "it is read-only after a store of a byte");
    check_page(i, 1, "and was not written to");
    set(&lower[0][i], 0);
    check_no_page(i, "it is not there any more");
#ifndef SHORT_FORMAT
    map(i, 2);
    set(&lower[0][i], page_of(pages[2]) & ~ACCESSED);
    load_word(window + i * PAGE_SIZE);
    check_fault(FAULT_ACCESS_FLAG_3, false, "it has not been accessed");
#endif
}

static void change_in_other_ways(unsigned i)
{
    map(i, 0);
    map(i + 1, 1);
    store_pair(&lower[0][i], page_of(pages[2]), page_of(pages[3]));
    check_page(i, 2, "a pair: the first");
    check_page(i + 1, 3, "a pair: the second");
    store_exclusive(&lower[0][i], page_of(pages[1]));
    check_page(i, 1, "a store-exclusive");
    fw_cfg_read(FW_CFG_NONE, (uintptr_t)&lower[0][i], sizeof(entry_t));
    check_no_page(i, "a device's zeroes");
    check_page(i + 1, 3, "and the next page is still there");
#ifdef __aarch64__
    map(i, 0);
    __asm__ volatile("dc zva, %0" ::"r"(&lower[0][i]) : "memory");
    check_no_page(i, "zeroes of a cache line, the first page");
    check_no_page(i + 1, "the second");
#endif
}

static void change_above(unsigned i)
{
    map(i, 0);
    map(i + 1, 1);
    lower[1][i] = page_of(pages[2]);
    lower[1][i + 1] = page_of(pages[3]);
    set(upper(0, 0), (uintptr_t)lower[1] | TABLE);
    check_page(i, 2, "another table: one page");
    check_page(i + 1, 3, "another table: one more");
    set(upper(0, 0), (uintptr_t)lower[0] | TABLE);
    check_page(i + 1, 1, "the first table again");
    check_page(i, 0, "and its other page");
    set_root(1);
    check_page(i, 2, "another root: one page");
    check_page(i + 1, 3, "another root: one more");
    set_root(0);
    check_page(i, 0, "the first root again");
    check_page(i + 1, 1, "and its other page");
}

static void change_block(unsigned i)
{
    uintptr_t address = window + UPPER_SIZE + i * PAGE_SIZE;

    set(upper(0, 1), BLOCK_0 | BLOCK);
    check(load_word(address) == i * PAGE_SIZE, "a block");
    check(load_word(address + PAGE_SIZE) == (i + 1) * PAGE_SIZE, "the block's next page");
    set(upper(0, 1), BLOCK_1 | BLOCK);
    check(load_word(address) == ~(i * PAGE_SIZE), "another block");
    check(load_word(address + PAGE_SIZE) == ~((i + 1) * PAGE_SIZE), "the other block's next page");
    fw_cfg_read(FW_CFG_NONE, (uintptr_t)upper(0, 1), sizeof(entry_t));
    load_word(address);
    check(last.kind == EXCEPTION_DATA_ABORT, "no block");
    last.kind = 0;
}

static void change_program(unsigned i)
{
    int (*program)(entry_t *, entry_t) = (int (*)(entry_t *, entry_t))(window + i * PAGE_SIZE);

    set(&lower[0][i], page_of((void *)(uintptr_t)program_1));
    check(program(NULL, 0) == 2, "the second program");
    set(&lower[0][i], page_of((void *)(uintptr_t)program_0));
    check(program(&lower[0][i], page_of((void *)(uintptr_t)program_1)) == 2,
          "the first program, which goes on as the second");
    check(program(NULL, 0) == 2, "the second program again");
    set(&lower[0][i], 0);
    last.kind = 0;
    program(NULL, 0);
    check(last.kind == EXCEPTION_PREFETCH_ABORT && last.status == FAULT_TRANSLATION_3, "none");
    last.kind = 0;
}

#ifdef __aarch64__
#define DIRTY_MANAGED (1ull << 51)

static void update_flags(unsigned i)
{
    uint64_t features, control, before;
    entry_t *entry = &lower[0][i];

    __asm__ volatile("mrs %0, id_aa64mmfr1_el1" : "=r"(features));
    if ((features & 15) < 2) {
        return;
    }
    __asm__ volatile("mrs %0, tcr_el1" : "=r"(before));
    control = before | 3ul << 39; /* HA, HD */
    __asm__ volatile("msr tcr_el1, %0\n\tisb" ::"r"(control) : "memory");
    for (unsigned n = 0; n < 3; n++) {
        set(entry, (page_of(pages[n]) | DIRTY_MANAGED | READ_ONLY) & ~ACCESSED);
        check_page(i, n, "the CPU notes the access");
        check((*(volatile entry_t *)entry & (ACCESSED | READ_ONLY)) == (ACCESSED | READ_ONLY),
              "that there was one");
        set(entry, *entry & ~ACCESSED);
        check_page(i, n, "the CPU notes the access again");
        check(*(volatile entry_t *)entry & ACCESSED, "that there was one again");
        store_word(window + i * PAGE_SIZE + 4, n);
        check(!(*(volatile entry_t *)entry & READ_ONLY), "that there was a store");
        set(entry, *entry | READ_ONLY);
        store_word(window + i * PAGE_SIZE + 4, n + 1);
        check(!(*(volatile entry_t *)entry & READ_ONLY), "that there was one more");
    }
    __asm__ volatile("msr tcr_el1, %0\n\tisb" ::"r"(before) : "memory");
}

static void store_vector(unsigned i)
{
    entry_t entries[2] = {page_of(pages[2]), page_of(pages[3])};
    uint64_t features;

    __asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(features));
    if (!(features >> 32 & 15)) {
        return;
    }
    __asm__ volatile("msr cpacr_el1, %0\n\tisb" ::"r"(3ul << 20 | 3ul << 16));
    set(&lower[0][i], 0);
    map(i + 1, 0); /* the only one in use */
    __asm__ volatile(
        ".arch_extension sve\n\t"
        "whilelo p0.d, xzr, %0\n\tld1d {z0.d}, p0/z, [%1]\n\tst1d {z0.d}, p0, [%2]" ::"r"(2ul),
        "r"(entries), "r"(&lower[0][i])
        : "memory", "cc");
    check_page(i, 2, "a vector: the first");
    check_page(i + 1, 3, "a vector: the second");
}
#else
static void update_flags(unsigned i)
{
    (void)i;
}

static void store_vector(unsigned i)
{
    (void)i;
}
#endif

static void one_round(unsigned round)
{
    unsigned i = 8 * (round % (ENTRIES / 8 - 1));

    change_page(i);
    change_in_other_ways(i);
    change_above(i);
    change_block(i);
    change_program(i);
    update_flags(i);
    store_vector(i);
}

int main(void)
{
    set_exception_handler(on_exception);
    leave_el3();
    build_tree(0);
    build_tree(1);
    fill_memory();
    mmu_on();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        window = WINDOW;
#ifdef __aarch64__
        window |= round % 2 ? 0xffffffff00000000ul : 0; /* by TTBR1 */
#endif
        one_round(round);
    }
    print("stale: %s\n", secure ? "secure" : "as it starts");
    finish("stale");
}
