/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "exec/exec-all.h"
#include "exec/page-protection.h"
#include "map.h"
#include "physical.h"
#include "ram.h"

static MemTxAttrs attributes(bool secure)
{
    return (MemTxAttrs){.secure = secure, .space = secure ? ARMSS_Secure : ARMSS_NonSecure};
}

/* The RAM offset at an address in one security state; UINT64_MAX if there is no RAM. */
static uint64_t offset_in(struct worker *worker, uint64_t address, bool secure)
{
    return secure && !worker->manifest->has_secure_memory
               ? UINT64_MAX
               : worker_map_offset(worker, address, attributes(secure));
}

static uint64_t find_offset(struct worker *worker, uint64_t address)
{
    bool secure = arm_is_secure(&worker->cpu->env);
    uint64_t offset = offset_in(worker, address, secure);

    return offset != UINT64_MAX ? offset : offset_in(worker, address, !secure);
}

void *worker_physical_pointer(struct worker *worker, uint64_t address)
{
    uint64_t offset = find_offset(worker, address);

    return offset == UINT64_MAX ? NULL
                                : (uint8_t *)memory_region_get_ram_ptr(&worker->ram) + offset;
}

bool worker_physical_access(struct worker *worker, uint64_t address, uint8_t *data, size_t length,
                            bool write)
{
    uint64_t offset = find_offset(worker, address);

    if (offset == UINT64_MAX) {
        return false;
    }
    if (write) {
        worker_ram_write(worker, offset, data, length);
    } else {
        memcpy(data, worker_physical_pointer(worker, address), length);
    }
    return true;
}

/* The part of a watchpoint on one page, against RAM that is accessed. */
static bool part_holds(struct worker *worker, uint64_t start, uint64_t part, uint64_t offset,
                       uint64_t length, struct worker_span *data)
{
    int secure;

    for (secure = 0; secure < 2; secure++) {
        uint64_t watched = offset_in(worker, start, secure);

        if (watched != UINT64_MAX && watched < offset + length && offset < watched + part) {
            data->address = start + (offset > watched ? offset - watched : 0);
            data->length = MIN(offset + length, watched + part) - MAX(offset, watched);
            return true;
        }
    }
    return false;
}

bool worker_physical_holds(struct worker *worker, const struct worker_breakpoint *watch,
                           uint64_t ram_offset, uint64_t length, struct worker_span *data)
{
    uint64_t done, part;

    if (ram_offset == UINT64_MAX) {
        return false;
    }
    for (done = 0; done < watch->length; done += part) {
        uint64_t start = watch->address + done;

        part = MIN(watch->length - done, EBB_PAGE_SIZE - start % EBB_PAGE_SIZE);
        if (part_holds(worker, start, part, ram_offset, length, data)) {
            return true;
        }
    }
    return false;
}

/*
 * The RAM offset of what the CPU accesses. It has the page in its TLB, mostly for the translation
 * regime of this moment; an unprivileged load or store has used another one, with the same tables.
 */
static uint64_t offset_of_access(struct worker *worker, uint64_t address)
{
    CPUState *cpu = CPU(worker->cpu);
    CPUTLBEntryFull *full;
    MemTxAttrs attrs;
    hwaddr page;
    void *host;

    /* To probe for a store would drop what was translated from the page. */
    if (!(probe_access_full_mmu(&worker->cpu->env, address, 0, MMU_DATA_LOAD,
                                arm_to_core_mmu_idx(arm_mmu_idx(&worker->cpu->env)), &host, &full) &
          TLB_INVALID_MASK)) {
        page = full->phys_addr;
        attrs = full->attrs;
    } else {
        page = cpu_get_phys_page_attrs_debug(cpu, address, &attrs);
    }
    return page == -1
               ? UINT64_MAX
               : worker_map_offset(worker,
                                   (page & ~(hwaddr)(EBB_PAGE_SIZE - 1)) + address % EBB_PAGE_SIZE,
                                   attrs);
}

bool worker_physical_touched(struct worker *worker, const struct worker_breakpoint *watch,
                             uint64_t virtual_address, uint64_t length, struct worker_span *data)
{
    uint64_t offset = offset_of_access(worker, virtual_address);

    return worker_physical_holds(worker, watch, offset, length, data);
}

const uint8_t *worker_physical_accessed(struct worker *worker, uint64_t virtual_address)
{
    uint64_t offset = offset_of_access(worker, virtual_address);

    return offset == UINT64_MAX ? NULL
                                : (const uint8_t *)memory_region_get_ram_ptr(&worker->ram) + offset;
}
