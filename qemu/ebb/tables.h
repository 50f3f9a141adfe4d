/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables: keeps QEMU's TLB as if there were none.
 *
 * What is in a TLB, and for how long, depends on more than the guest: QEMU's changes its size with
 * the host's clock, and a replay empties it wherever a checkpoint is restored. A guest that changes
 * a descriptor without invalidating what was made of it would see that. So after a store to a
 * descriptor that is in use, what depends on it is gone from the TLB before the next instruction.
 *
 * A descriptor is in use if an entry of the TLB was made of it, since the TLB was last empty.
 * Stores to the page that it is on take QEMU's slow path, where they are looked at.
 *
 * All of it is idle while there are no hooks. One CPU, one TLB: to be called on the vCPU thread, or
 * while the vCPU is between two runs.
 */
#ifndef EBB_TABLES_H
#define EBB_TABLES_H

#include "exec/memory.h"
#include "hw/core/cpu.h"
#include "hooks.h"

/* Something has to go from the TLB before another instruction is looked up. */
extern bool ebb_tables_changed;

/* Empties the TLB, but for what is no translation: the pages that walks read tables from. */
void ebb_tables_flush(CPUState *cpu);

/* The same, if anything in it was made of the tables that TTBR0 leads to. */
void ebb_tables_flush_lower(CPUState *cpu);

/* Something else than the CPU has changed RAM. */
void ebb_tables_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* The rest is for the functions below. */
void ebb_tables_read(const void *host, unsigned size);
void ebb_tables_translated(CPUState *cpu, int mmu_idx, vaddr page);
void ebb_tables_writable(ram_addr_t page, int mmu_idx, vaddr where);
bool ebb_tables_are_on(ram_addr_t page);
void ebb_tables_store(CPUState *cpu, ram_addr_t address, unsigned size);
void ebb_tables_probe(CPUState *cpu, ram_addr_t address, unsigned size, uintptr_t ra);
void ebb_tables_flushed(uint16_t in_use);
void ebb_tables_catch_up(CPUState *cpu);

/* A walk has read a descriptor of so many bytes. */
static inline void ebb_descriptor_read(const void *host, unsigned size, uint64_t descriptor)
{
    /* These bits make it valid, in all formats. */
    if (unlikely(ebb_hooks) && (descriptor & 3)) {
        ebb_tables_read(host, size);
    }
}

/* A page is entered into the TLB, made of what was read since the last one was. */
static inline void ebb_translated(CPUState *cpu, int mmu_idx, vaddr page)
{
    if (unlikely(ebb_hooks)) {
        ebb_tables_translated(cpu, mmu_idx, page);
    }
}

/* True if stores to the page have to be looked at. */
static inline bool ebb_has_descriptors(ram_addr_t page)
{
    return unlikely(ebb_hooks) && ebb_tables_are_on(page);
}

/* The same, when it is entered into the TLB so that it can be written to at where. */
static inline bool ebb_guards_writable(ram_addr_t page, int mmu_idx, vaddr where)
{
    if (unlikely(ebb_hooks)) {
        ebb_tables_writable(page, mmu_idx, where);
    }
    return ebb_has_descriptors(page);
}

/* The CPU is about to store size bytes on one page, and does nothing else before. */
static inline void ebb_about_to_store(CPUState *cpu, ram_addr_t address, unsigned size)
{
    if (unlikely(ebb_hooks)) {
        ebb_tables_store(cpu, address, size);
    }
}

/*
 * The same, but it may access other pages before; or ebb_about_to_store() has left something to do.
 * If something has to go from the TLB, leaves by cpu_loop_exit_noexc(), for the instruction to be
 * executed again as a block of its own. ra is 0 in a walk, which sets flags in a descriptor.
 */
static inline void ebb_about_to_write(CPUState *cpu, ram_addr_t address, unsigned size,
                                      uintptr_t ra)
{
    if (unlikely(ebb_hooks)) {
        ebb_tables_probe(cpu, address, size, ra);
    }
}

/* TLBs have been emptied; in_use are the MMU indexes of those that have something in them. */
static inline void ebb_tlb_flushed(uint16_t in_use)
{
    if (unlikely(ebb_hooks)) {
        ebb_tables_flushed(in_use);
    }
}

/* True if something has gone from the TLB. */
static inline bool ebb_before_lookup(CPUState *cpu)
{
    if (likely(!ebb_tables_changed)) {
        return false;
    }
    ebb_tables_catch_up(cpu);
    return true;
}

#endif
