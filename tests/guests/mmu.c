/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Switches the MMU on with page tables of the long-descriptor format (the same for AArch64 and for
 * ARMv7 with the large physical address extension), then remaps pages and takes translation and
 * permission faults.
 */
#include "guest.h"

#define VALID 1ull
#define TABLE 2ull
#define PAGE 2ull
#define READ_ONLY (1ull << 7)
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define NEVER_EXECUTE (3ull << 53)
#define NORMAL (0ull << 2)
#define DEVICE (1ull << 2)

#define WINDOW 0x80000000u /* nothing is there until it is mapped */
#define PAGE_SIZE 4096u
#define ENTRIES 512

static uint64_t level1[ENTRIES] __attribute__((aligned(4096)));
static uint64_t level2[ENTRIES] __attribute__((aligned(4096)));
static uint64_t level3[ENTRIES] __attribute__((aligned(4096)));
static volatile uint32_t pages[2][PAGE_SIZE / 4] __attribute__((aligned(4096)));

static volatile struct exception last;
static volatile unsigned faults;

static void on_exception(struct exception *exception)
{
    faults++;
    last.kind = exception->kind;
    last.address = exception->address;
    last.status = exception->status;
    last.write = exception->write;
    exception->pc =
        exception->kind == EXCEPTION_PREFETCH_ABORT ? exception->link : exception->pc + 4;
}

#ifdef __aarch64__
static void forget(uintptr_t address)
{
    __asm__ volatile("dsb sy\n\ttlbi vae1, %0\n\tdsb sy\n\tisb" ::"r"(address >> 12) : "memory");
}
#else
static void forget(uintptr_t address)
{
    __asm__ volatile("dsb\n\tmcr p15, 0, %0, c8, c7, 1\n\tdsb\n\tisb" ::"r"(address) : "memory");
}
#endif

static void map(unsigned index, volatile void *physical, uint64_t attributes)
{
    level3[index] = (uintptr_t)physical | PAGE | VALID | ACCESSED | INNER_SHAREABLE | attributes;
    forget(WINDOW + index * PAGE_SIZE);
}

static void unmap(unsigned index)
{
    level3[index] = 0;
    forget(WINDOW + index * PAGE_SIZE);
}

static void build_tables(void)
{
    level1[0] = 0x00000000 | VALID | ACCESSED | DEVICE | NEVER_EXECUTE;
    level1[1] = 0x40000000 | VALID | ACCESSED | INNER_SHAREABLE | NORMAL;
    level1[2] = (uintptr_t)level2 | TABLE | VALID;
    level2[0] = (uintptr_t)level3 | TABLE | VALID;
}

static void check_fault(enum exception_kind kind, uintptr_t address, unsigned status,
                        const char *what)
{
    check(last.kind == kind, what);
    check(last.address == address, what);
    check(last.status == status, what);
    last.kind = 0;
}

static void remap(unsigned round)
{
    unsigned index = round % ENTRIES;
    uintptr_t window = WINDOW + index * PAGE_SIZE;

    map(index, pages[0], NORMAL);
    store_word(window + 16, round);
    check(pages[0][4] == round, "write through the window reaches page 0");
    map(index, pages[1], NORMAL);
    pages[1][5] = round * 2;
    check(load_word(window + 20) == round * 2, "the window shows page 1");
    check(pages[0][4] == round, "page 0 keeps its value");

    map(index, pages[0], NORMAL | READ_ONLY);
    store_word(window + 16, 0xbad);
    check_fault(EXCEPTION_DATA_ABORT, window + 16, FAULT_PERMISSION_3, "write to a read-only page");
    check(last.write && pages[0][4] == round, "the write did not happen");

    map(index, pages[0], NORMAL | NEVER_EXECUTE);
    ((void (*)(void))window)();
    check_fault(EXCEPTION_PREFETCH_ABORT, window, FAULT_PERMISSION_3, "jump to a data page");

    unmap(index);
    load_word(window + 8);
    check_fault(EXCEPTION_DATA_ABORT, window + 8, FAULT_TRANSLATION_3, "read of an unmapped page");
    ((void (*)(void))window)();
    check_fault(EXCEPTION_PREFETCH_ABORT, window, FAULT_TRANSLATION_3, "jump to an unmapped page");
}

int main(void)
{
    unsigned round;

    set_exception_handler(on_exception);
    build_tables();
    translation_on(level1);
    print("mmu: on\n");
    for (round = 1; round <= 600; round++) {
        remap(round);
    }
    print("mmu: %u faults\n", faults);
    check(faults == 4 * 600, "count of faults");
    finish("mmu");
}
