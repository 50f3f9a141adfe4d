/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "ebb/position.h"
#include "clears.h"
#include "resolve_traps.h"
#include "translations.h"

/* Its number; trap_count: none. */
static uint32_t find_trap(const struct worker_progress *progress, uint64_t pc)
{
    uint32_t i = 0;

    while (i < progress->trap_count && progress->trap_pcs[i] != pc) {
        i++;
    }
    return i;
}

/* Exits before it may have been left out by who resolves: then the guest is not there yet. */
void worker_resolve_traps_add(struct worker *worker, const struct ebb_event *event)
{
    struct worker_progress *progress = &worker->kvm.progress;
    uint32_t i = find_trap(progress, event->address);

    if (i == progress->trap_count && i < EBB_MAX_TRAPS) {
        progress->trap_pcs[i] = event->address;
        progress->trap_places[i] = event->position + progress->drift + progress->accesses;
        progress->trap_count++;
        worker_translations_drop(worker->translations, event->address);
    }
}

void worker_resolve_traps_begin(struct worker *worker)
{
    uint32_t i;

    for (i = 0; i < worker->kvm.progress.trap_count; i++) {
        worker_translations_drop(worker->translations, worker->kvm.progress.trap_pcs[i]);
    }
}

/* MSR, MRS, SYS or SYSL (Arm ARM, C4.1: System instructions, with op0 other than 0). The kernel may
 * have written other code there since. */
static bool is_of_system_registers(struct worker *worker, vaddr address)
{
    uint8_t bytes[4];
    uint32_t word;

    if (!is_a64(&worker->cpu->env) ||
        cpu_memory_rw_debug(CPU(worker->cpu), address, bytes, sizeof(bytes), false)) {
        return false;
    }
    word = ldl_le_p(bytes);
    return (word & 0xffc00000) == 0xd5000000 && (word & 0x00180000);
}

bool worker_resolve_traps_looks_at(struct worker *worker, vaddr address)
{
    const struct worker_progress *progress = &worker->kvm.progress;

    return find_trap(progress, address) < progress->trap_count &&
           is_of_system_registers(worker, address);
}

void worker_resolve_traps_reached(struct worker *worker, uint64_t position, uint64_t pc)
{
    struct worker_progress *progress = &worker->kvm.progress;

    uint32_t i = find_trap(progress, pc);

    if (i < progress->trap_count && progress->exit_next != position + 1 &&
        position - progress->traps >= progress->trap_places[i] &&
        is_of_system_registers(worker, pc)) {
        progress->traps++;
        worker_clears_find(worker, position, pc);
    }
}

uint64_t worker_resolve_traps_discount(struct worker *worker)
{
    return ebb_position_now() - worker->kvm.progress.traps;
}
