/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "accel/tcg/internal-common.h"
#include "exec/cputlb.h"
#include "exec/exec-all.h"
#include "exec/memory-internal.h"
#include "exec/ramblock.h"
#include "exec/translation-block.h"
#include "internals.h"
#include "log/event.h"
#include "tcg/tcg.h"
#include "tables.h"

/* A descriptor of the short format has one of these, of the long format two. */
#define UNIT 4u
#define UNITS_OF_PAGE (EBB_PAGE_SIZE / UNIT)

/* Descriptors that are kept until the walk has found a page; no walk reads so many. */
#define MAX_READ 64u

/* Pages that get memory for what is known of them when the first of them needs it: 128 MiB. */
#define PAGES_OF_CHUNK (1u << 15)

/* TLBs of what walks read, which translate nothing, and of intermediate physical addresses. */
#define TLB_BIT(name) (1u << (ARMMMUIdx_##name & ARM_MMU_IDX_COREIDX_MASK))
#define PHYSICAL (TLB_BIT(Phys_S) | TLB_BIT(Phys_NS) | TLB_BIT(Phys_Root) | TLB_BIT(Phys_Realm))
#define STAGE_2 (TLB_BIT(Stage2) | TLB_BIT(Stage2_S))

/* Pages that are noted in one generation; with more of them in the TLB it is emptied at once. */
#define MAX_PAGES 4096u

#define KNOWN_SLOTS 128u

/* Part of a page's "where", which is the address of a page. */
#define SEVERAL 1u

/* What is known of a page holds in one generation: between two times at which the TLB is empty. */
struct page {
    uint32_t used;     /* there are descriptors in use on it: in that generation */
    uint32_t writable; /* it may be in the TLB so that QEMU does not notice stores: in that one */
    uint32_t table;    /* the place of its struct table */
    vaddr where;       /* the address it may be written to at, or SEVERAL */
};

/* Virtual pages, the last one included. */
struct span {
    vaddr first, last;
};

static const struct span everything = {0, UINT64_MAX};

/* A page with descriptors in use. */
struct table {
    unsigned long used[BITS_TO_LONGS(UNITS_OF_PAGE)];
    struct span span[UNITS_OF_PAGE]; /* of the pages that were made of it, in whatever TLBs */
};

struct descriptor {
    const void *host;
    unsigned size;
};

/* A descriptor that is in use, for at least this span. */
struct known {
    ram_addr_t address;
    uint32_t size;
    uint32_t generation;
    struct span span;
};

static struct {
    uint32_t generation;
    bool lower; /* an address in the lower half of all was translated in this generation */
    struct page **chunks;
    size_t chunk_count;
    struct table *tables;
    uint32_t table_count, table_room;
    struct descriptor read[MAX_READ]; /* a ring */
    uint32_t read_count;
    struct known known[KNOWN_SLOTS];
    vaddr pages[MAX_PAGES]; /* those that may be in the TLB, some of them more than once */
    uint32_t page_count;    /* more than there is room for: nobody knows which */
    struct span gone;       /* has to go from the TLB */
    /* The RAM block that the last descriptor was in. */
    const uint8_t *host;
    ram_addr_t start, length;
} state = {.generation = 1};

bool ebb_tables_changed;

static struct page *find_page(ram_addr_t address)
{
    size_t number = address / EBB_PAGE_SIZE, chunk = number / PAGES_OF_CHUNK;

    return chunk < state.chunk_count && state.chunks[chunk]
               ? &state.chunks[chunk][number % PAGES_OF_CHUNK]
               : NULL;
}

static struct page *page_at(ram_addr_t address)
{
    size_t chunk = address / EBB_PAGE_SIZE / PAGES_OF_CHUNK;

    if (chunk >= state.chunk_count) {
        state.chunks = g_renew(struct page *, state.chunks, chunk + 1);
        memset(state.chunks + state.chunk_count, 0,
               (chunk + 1 - state.chunk_count) * sizeof(*state.chunks));
        state.chunk_count = chunk + 1;
    }
    if (!state.chunks[chunk]) {
        state.chunks[chunk] = g_new0(struct page, PAGES_OF_CHUNK);
    }
    return find_page(address);
}

/* What walks read from host memory is RAM. */
static ram_addr_t address_of(const void *host)
{
    ram_addr_t offset = (const uint8_t *)host - state.host;

    if (offset >= state.length) {
        RAMBlock *block = qemu_ram_block_from_host((void *)host, false, &offset);

        state.host = block->host;
        state.start = block->offset;
        state.length = block->max_length;
    }
    return state.start + offset;
}

static uint32_t new_table(void)
{
    struct table *table;

    if (state.table_count == state.table_room) {
        state.table_room = MAX(64, 2 * state.table_room);
        state.tables = g_renew(struct table, state.tables, state.table_room);
    }
    table = &state.tables[state.table_count];
    memset(table->used, 0, sizeof(table->used));
    return state.table_count++;
}

/* The page's table; NULL if it has no descriptors in use. */
static struct table *find_table(ram_addr_t address)
{
    const struct page *page = find_page(address);

    return page && page->used == state.generation ? &state.tables[page->table] : NULL;
}

static bool contains(struct span span, vaddr page)
{
    return span.first <= page && page <= span.last;
}

static struct span both(struct span a, struct span b)
{
    return (struct span){MIN(a.first, b.first), MAX(a.last, b.last)};
}

static struct known *known_slot(ram_addr_t address)
{
    return &state.known[(address / UNIT ^ address / EBB_PAGE_SIZE) % KNOWN_SLOTS];
}

static bool is_known(const struct known *known, ram_addr_t address, unsigned size, struct span span)
{
    return known->address == address && known->generation == state.generation &&
           known->size == size && contains(known->span, span.first) &&
           contains(known->span, span.last);
}

static void forget_known(ram_addr_t address)
{
    struct known *known = known_slot(address);

    if (known->address == address) {
        known->generation = 0;
    }
}

/* The descriptor at address is no longer in use, or the second half of one is not. */
static void clear_used(struct table *table, ram_addr_t address)
{
    clear_bit(address % EBB_PAGE_SIZE / UNIT, table->used);
    forget_known(address);
    forget_known(address - UNIT);
}

/* Has stores to the page take the slow path from now on. */
static void guard(CPUState *cpu, const struct page *page, const void *host)
{
    if (page->where & SEVERAL) {
        tlb_reset_dirty(cpu, ROUND_DOWN((uintptr_t)host, EBB_PAGE_SIZE), EBB_PAGE_SIZE);
    } else {
        tlb_forget_page(cpu, page->where);
    }
}

static struct table *table_at(CPUState *cpu, ram_addr_t address, const void *host)
{
    struct page *page = page_at(address);

    if (page->used != state.generation) {
        page->used = state.generation;
        page->table = new_table();
        if (page->writable == state.generation) {
            guard(cpu, page, host);
        }
    }
    return &state.tables[page->table];
}

void ebb_tables_read(const void *host, unsigned size)
{
    state.read[state.read_count++ % MAX_READ] = (struct descriptor){host, size};
}

/* What it was used for is in the span. */
static void use(CPUState *cpu, const struct descriptor *descriptor, struct span span)
{
    ram_addr_t address = address_of(descriptor->host);
    unsigned unit = address % EBB_PAGE_SIZE / UNIT, end = unit + descriptor->size / UNIT;
    struct known *known = known_slot(address);
    struct table *table;

    if (is_known(known, address, descriptor->size, span)) {
        return;
    }
    table = table_at(cpu, address, descriptor->host);
    for (; unit < end; unit++) {
        if (test_bit(unit, table->used)) {
            span = both(span, table->span[unit]);
        }
        set_bit(unit, table->used);
        table->span[unit] = span;
    }
    *known = (struct known){address, descriptor->size, state.generation, span};
}

static void note_page(vaddr page)
{
    if (state.page_count < MAX_PAGES) {
        state.pages[state.page_count] = page;
    }
    state.page_count = MIN(state.page_count + 1, MAX_PAGES + 1);
}

void ebb_tables_translated(CPUState *cpu, int mmu_idx, vaddr page)
{
    unsigned tlb = 1u << mmu_idx;
    struct span span = tlb & STAGE_2 ? everything : (struct span){page, page};
    uint32_t i;

    if (tlb & PHYSICAL) {
        return;
    }
    if (ebb_hooks->translated) {
        ebb_hooks->translated(page);
    }
    state.lower = state.lower || !(page >> 55 & 1);
    note_page(page);
    for (i = 0; i < MIN(state.read_count, MAX_READ); i++) {
        use(cpu, &state.read[i], span);
    }
    /* The second stage has been walked for the first, which goes on. */
    if (!(tlb & STAGE_2)) {
        state.read_count = 0;
    }
}

void ebb_tables_writable(ram_addr_t address, int mmu_idx, vaddr where)
{
    struct page *page;

    if (1u << mmu_idx & PHYSICAL) {
        return; /* no store of the guest goes through it */
    }
    page = page_at(address);
    if (page->writable != state.generation) {
        page->writable = state.generation;
        page->where = where;
    } else if (page->where != where) {
        page->where = SEVERAL;
    }
}

bool ebb_tables_are_on(ram_addr_t address)
{
    return find_table(address);
}

static unsigned first_unit(ram_addr_t address)
{
    return address % EBB_PAGE_SIZE / UNIT;
}

/* The first one in use at or behind unit, among bytes up to the end of one page; or end. */
static unsigned next_used(const struct table *table, unsigned unit, unsigned end)
{
    return find_next_bit(table->used, end, unit);
}

/* True if a descriptor in use is among these bytes of one page. */
static bool has_used(const struct table *table, ram_addr_t address, hwaddr size)
{
    unsigned end = first_unit(address + size - 1) + 1;

    return table && next_used(table, first_unit(address), end) < end;
}

/* What was made of the descriptors in use among these bytes of one page has to go. */
static void disuse(struct table *table, ram_addr_t address, hwaddr size)
{
    unsigned unit = first_unit(address), end = first_unit(address + size - 1) + 1;

    for (unit = next_used(table, unit, end); unit < end; unit = next_used(table, unit + 1, end)) {
        state.gone = ebb_tables_changed ? both(state.gone, table->span[unit]) : table->span[unit];
        ebb_tables_changed = true;
        clear_used(table, ROUND_DOWN(address, EBB_PAGE_SIZE) + unit * UNIT);
    }
}

/* True if the instruction that is executing may be in the span. */
static bool is_executing(CPUState *cpu, struct span span)
{
    CPUARMState *env = cpu_env(cpu);
    /* Behind the block's beginning, perhaps; blocks do not go from one page to another. */
    vaddr pc = (is_a64(env) ? env->pc : env->regs[15]) & TARGET_PAGE_MASK;

    /* But for one instruction of T32. */
    return contains(span, pc) || contains(span, pc + TARGET_PAGE_SIZE);
}

static bool knows_pages(struct span span)
{
    return span.first == span.last ||
           (span.last != everything.last && state.page_count <= MAX_PAGES);
}

/* To be called only if it is known which pages these are. */
static void forget_pages(CPUState *cpu, struct span span)
{
    uint32_t i, left = 0;

    if (span.first == span.last) {
        tlb_forget_page(cpu, span.first);
        return;
    }
    for (i = 0; i < state.page_count; i++) {
        if (contains(span, state.pages[i])) {
            tlb_forget_page(cpu, state.pages[i]);
        } else {
            state.pages[left++] = state.pages[i];
        }
    }
    state.page_count = left;
}

void ebb_tables_store(CPUState *cpu, ram_addr_t address, unsigned size)
{
    struct table *table = find_table(address);
    unsigned unit = first_unit(address), end = first_unit(address + size - 1) + 1;

    if (!table) {
        return;
    }
    for (unit = next_used(table, unit, end); unit < end; unit = next_used(table, unit + 1, end)) {
        struct span span = table->span[unit];

        if (knows_pages(span) && !is_executing(cpu, span)) {
            forget_pages(cpu, span);
            clear_used(table, ROUND_DOWN(address, EBB_PAGE_SIZE) + unit * UNIT);
        }
    }
}

/* True in a block of one instruction behind which QEMU looks up what comes next. */
static bool ends_here(uintptr_t ra)
{
    const TranslationBlock *tb = tcg_tb_lookup(ra);
    uint32_t flags = CF_NO_GOTO_TB | CF_NO_GOTO_PTR;

    return tb && tb->icount == 1 && (tb->cflags & flags) == flags;
}

void ebb_tables_probe(CPUState *cpu, ram_addr_t address, unsigned size, uintptr_t ra)
{
    struct table *table = find_table(address);

    /* What the CPU itself sets in a descriptor makes nothing old: it walks again for what it needs.
     */
    if (!ra || !has_used(table, address, size)) {
        return;
    }
    if (!ends_here(ra)) {
        cpu_restore_state(cpu, ra);
        cpu->cflags_next_tb = curr_cflags(cpu) | CF_NO_GOTO_TB | CF_NO_GOTO_PTR | CF_NOIRQ | 1;
        cpu_loop_exit_noexc(cpu);
    }
    disuse(table, address, size);
}

void ebb_tables_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    ram_addr_t address = memory_region_get_ram_addr(mr) + offset;

    while (length) {
        hwaddr part = MIN(length, EBB_PAGE_SIZE - address % EBB_PAGE_SIZE);
        struct table *table = find_table(address);

        if (has_used(table, address, part)) {
            disuse(table, address, part);
            /* The block that is executing, if any, is followed by a lookup. */
            qatomic_set(&first_cpu->neg.icount_decr.u16.high, -1);
        }
        address += part;
        length -= part;
    }
}

static void start_over(void)
{
    size_t i;

    for (i = 0; i < state.chunk_count; i++) {
        g_clear_pointer(&state.chunks[i], g_free);
    }
    memset(state.known, 0, sizeof(state.known));
    state.generation = 1;
}

void ebb_tables_flushed(uint16_t in_use)
{
    if (in_use & ~PHYSICAL) {
        return;
    }
    ebb_tables_changed = state.lower = false;
    state.table_count = state.page_count = 0;
    if (++state.generation == 0) {
        start_over();
    }
}

void ebb_tables_flush(CPUState *cpu)
{
    tlb_flush_by_mmuidx(cpu, (uint16_t)~PHYSICAL);
}

void ebb_tables_flush_lower(CPUState *cpu)
{
    if (state.lower) {
        ebb_tables_flush(cpu);
    }
}

void ebb_tables_catch_up(CPUState *cpu)
{
    if (knows_pages(state.gone)) {
        ebb_tables_changed = false;
        forget_pages(cpu, state.gone);
    } else {
        ebb_tables_flush(cpu);
    }
}
