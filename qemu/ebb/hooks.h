/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: where QEMU calls Ebb.
 *
 * The patches in qemu/patches call the inline functions below at the few places where something
 * crosses into or out of the guest's CPU and RAM. Recorder and worker each provide one struct
 * ebb_hooks; without either, ebb_hooks is NULL and QEMU behaves as it always does.
 */
#ifndef EBB_HOOKS_H
#define EBB_HOOKS_H

#include "exec/memory.h"
#include "hw/core/cpu.h"
#include "semihosting/common-semi.h"

struct kvm_run;

struct ebb_hooks {
    /*
     * A load or store of the CPU at guest-physical address, which is offset of mr. op carries the
     * size (1 to 8 bytes) and the byte order of value. Called with the BQL, from the vCPU thread.
     */
    MemTxResult (*mmio_read)(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                             uint64_t *value, MemOp op, MemTxAttrs attrs);
    MemTxResult (*mmio_write)(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                              uint64_t value, MemOp op, MemTxAttrs attrs);

    /* Something other than the guest's CPU has changed length bytes at offset of RAM region mr. */
    void (*ram_written)(MemoryRegion *mr, hwaddr offset, hwaddr length);

    /* A semihosting call; returns when its result is in the CPU's registers. With the BQL. */
    void (*semihosting)(CPUState *cpu);

    /* The vCPU thread is between two runs of guest code, with the BQL and the replay mutex. */
    void (*vcpu_between_runs)(CPUState *cpu);

    /* Replaces the vCPU thread's loop; does not return. With the BQL. */
    void (*vcpu_loop)(CPUState *cpu);

    /* The page that a guest-virtual address is on is entered into the TLB, or hit without that. */
    void (*translated)(vaddr address);
    /* A translation block has come into use. */
    void (*block_translated)(TranslationBlock *tb);
    /* True where the instruction at a guest-virtual address needs a call of breakpoint_reached. */
    bool (*breakpoint_at)(vaddr address);
    /* Such an instruction is about to execute; may leave with cpu_loop_exit_restore(cpu, ra). ra is
     * 0 where the guest's own breakpoint is about to raise an exception instead. */
    void (*breakpoint_reached)(CPUState *cpu, uintptr_t ra);

    /* True where the instruction at a guest-virtual address needs a call of store_over when it has
     * been executed. */
    bool (*store_at)(vaddr address);
    /* It was; cpu_exit() leaves guest code right behind it. */
    void (*store_over)(CPUState *cpu);
    /* An instruction has ended in an exception, with what it did to memory until then. */
    void (*faulted)(CPUState *cpu);

    /* The kinds of access (BP_MEM_READ, BP_MEM_WRITE) that are watched among length bytes; asked
     * when a page is entered into the TLB. */
    int (*watched)(CPUState *cpu, vaddr address, vaddr length);
    /* The same for the physical page that it is mapped to. */
    int (*watched_physical)(CPUState *cpu, hwaddr address, hwaddr length, MemTxAttrs attrs);
    /* The CPU is about to access length bytes on a page with such a watchpoint or one of the
     * guest's, which has let it pass. May leave with cpu_loop_exit_restore(cpu, ra). */
    void (*accessed)(CPUState *cpu, vaddr address, vaddr length, int flags, uintptr_t ra);

    /* The vCPU thread is about to run guest code under KVM, or will not for a while. No locks. */
    void (*kvm_enter)(CPUState *cpu);
    void (*kvm_leave)(CPUState *cpu);
    /* KVM has given the vCPU back; true if this exit needs nothing more. No locks. */
    bool (*kvm_exit)(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs);
    /* KVM has found memory of the guest inaccessible; true if the vCPU is to go on. No locks. */
    bool (*kvm_fault)(CPUState *cpu);

    /*
     * A device maps length bytes at offset of RAM region mr, to write to them at times of its own:
     * returns where it does. It gives the mapping back with device_unmap, which writes the first
     * written bytes of it to RAM, and returns mr; NULL if buffer is no such mapping. length of a
     * mapping may be less then than it was.
     */
    void *(*device_map)(MemoryRegion *mr, hwaddr offset, hwaddr length);
    MemoryRegion *(*device_unmap)(void *buffer, hwaddr length, hwaddr written);

    /* Device code runs only while the vCPU is between two runs, or on the vCPU thread. */
    bool serialize_devices;
};

extern const struct ebb_hooks *ebb_hooks;

static inline MemTxResult ebb_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr,
                                        hwaddr offset, uint64_t *value, MemOp op, MemTxAttrs attrs)
{
    if (likely(!ebb_hooks)) {
        return memory_region_dispatch_read(mr, offset, value, op, attrs);
    }
    return ebb_hooks->mmio_read(cpu, address, mr, offset, value, op, attrs);
}

static inline MemTxResult ebb_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr,
                                         hwaddr offset, uint64_t value, MemOp op, MemTxAttrs attrs)
{
    if (likely(!ebb_hooks)) {
        return memory_region_dispatch_write(mr, offset, value, op, attrs);
    }
    return ebb_hooks->mmio_write(cpu, address, mr, offset, value, op, attrs);
}

static inline void ebb_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    if (unlikely(ebb_hooks) && ebb_hooks->ram_written) {
        ebb_hooks->ram_written(mr, offset, length);
    }
}

static inline void ebb_semihosting(CPUState *cpu)
{
    if (likely(!ebb_hooks)) {
        do_common_semihosting(cpu);
    } else {
        ebb_hooks->semihosting(cpu);
    }
}

static inline bool ebb_maps_device_writes(bool is_write)
{
    return unlikely(ebb_hooks) && is_write && ebb_hooks->device_map;
}

static inline void *ebb_device_map(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    return ebb_hooks->device_map(mr, offset, length);
}

static inline MemoryRegion *ebb_device_unmap(void *buffer, hwaddr length, hwaddr written)
{
    return unlikely(ebb_hooks) && ebb_hooks->device_unmap
               ? ebb_hooks->device_unmap(buffer, length, written)
               : NULL;
}

static inline bool ebb_serializes_devices(void)
{
    return unlikely(ebb_hooks) && ebb_hooks->serialize_devices;
}

static inline void ebb_vcpu_between_runs(CPUState *cpu)
{
    if (unlikely(ebb_hooks) && ebb_hooks->vcpu_between_runs) {
        ebb_hooks->vcpu_between_runs(cpu);
    }
}

static inline void ebb_kvm_enter(CPUState *cpu)
{
    if (unlikely(ebb_hooks) && ebb_hooks->kvm_enter) {
        ebb_hooks->kvm_enter(cpu);
    }
}

static inline void ebb_kvm_leave(CPUState *cpu)
{
    if (unlikely(ebb_hooks) && ebb_hooks->kvm_leave) {
        ebb_hooks->kvm_leave(cpu);
    }
}

static inline bool ebb_kvm_exit(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs)
{
    return unlikely(ebb_hooks) && ebb_hooks->kvm_exit && ebb_hooks->kvm_exit(cpu, run, attrs);
}

static inline bool ebb_kvm_fault(CPUState *cpu)
{
    return unlikely(ebb_hooks) && ebb_hooks->kvm_fault && ebb_hooks->kvm_fault(cpu);
}

static inline void ebb_block_translated(TranslationBlock *tb)
{
    if (unlikely(ebb_hooks) && ebb_hooks->block_translated) {
        ebb_hooks->block_translated(tb);
    }
}

static inline bool ebb_breakpoint_at(vaddr address)
{
    return unlikely(ebb_hooks) && ebb_hooks->breakpoint_at && ebb_hooks->breakpoint_at(address);
}

static inline bool ebb_store_at(vaddr address)
{
    return unlikely(ebb_hooks) && ebb_hooks->store_at && ebb_hooks->store_at(address);
}

/* The guest's own breakpoint is about to raise an exception there; QEMU does not enter the block,
 * nor looks for the page that it is on. */
static inline void ebb_own_breakpoint_reached(CPUState *cpu, vaddr address)
{
    if (unlikely(ebb_hooks) && ebb_hooks->translated) {
        ebb_hooks->translated(address);
    }
    if (ebb_breakpoint_at(address)) {
        ebb_hooks->breakpoint_reached(cpu, 0);
    }
}

static inline int ebb_watched(CPUState *cpu, vaddr address, vaddr length)
{
    return unlikely(ebb_hooks) && ebb_hooks->watched ? ebb_hooks->watched(cpu, address, length) : 0;
}

static inline int ebb_watched_physical(CPUState *cpu, hwaddr address, hwaddr length,
                                       MemTxAttrs attrs)
{
    return unlikely(ebb_hooks) && ebb_hooks->watched_physical
               ? ebb_hooks->watched_physical(cpu, address, length, attrs)
               : 0;
}

static inline void ebb_accessed(CPUState *cpu, vaddr address, vaddr length, int flags, uintptr_t ra)
{
    if (unlikely(ebb_hooks) && ebb_hooks->accessed) {
        ebb_hooks->accessed(cpu, address, length, flags, ra);
    }
}

/*
 * An instruction that ends in a synchronous exception counts as executed. Where QEMU has given its
 * count back, on restoring the CPU's state to the start of the instruction, this takes it again.
 */
static inline void ebb_count_faulting_instruction(CPUState *cpu)
{
    if (likely(!ebb_hooks)) {
        return;
    }
    if (ebb_hooks->faulted) {
        ebb_hooks->faulted(cpu);
    }
    if (cpu->neg.icount_decr.u16.low) {
        cpu->neg.icount_decr.u16.low--;
    } else {
        /* Nothing is executed, or fetched, when the budget is used up. */
        g_assert(cpu->icount_extra > 0);
        cpu->icount_extra--;
    }
}

#endif
