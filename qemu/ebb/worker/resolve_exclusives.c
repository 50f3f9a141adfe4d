/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/exec-all.h"
#include "exec/tb-flush.h"
#include "resolve_exclusives.h"

static bool is_a64_store_exclusive(uint32_t word)
{
    /* With bit 21, a pair; those of 32 bits and less are compare-and-swap. */
    return (word & 0x3fc00000) == 0x08000000 && (!(word & 1u << 21) || (word & 1u << 31));
}

static bool is_a32_store_exclusive(uint32_t word)
{
    return word >> 28 != 15 && (word & 0x0f900ef0) == 0x01800e90;
}

static bool is_t32_store_exclusive(uint16_t first, uint16_t second)
{
    static const uint16_t kinds = 1u << 4 | 1u << 5 | 1u << 7 | 0xfu << 12; /* STREX?, STLEX? */

    return (first & 0xfff0) == 0xe840 ||
           ((first & 0xfff0) == 0xe8c0 && (kinds >> (second >> 4 & 15) & 1));
}

static bool is_store_exclusive(struct worker *worker, uint64_t address)
{
    CPUARMState *env = &worker->cpu->env;
    uint8_t bytes[4];

    if (cpu_memory_rw_debug(CPU(worker->cpu), address, bytes, sizeof(bytes), false)) {
        return false;
    }
    if (is_a64(env)) {
        return is_a64_store_exclusive(ldl_le_p(bytes));
    }
    return env->thumb ? is_t32_store_exclusive(lduw_le_p(bytes), lduw_le_p(bytes + 2))
                      : is_a32_store_exclusive(ldl_le_p(bytes));
}

bool worker_resolve_exclusives_looks_at(struct worker *worker, vaddr address)
{
    return worker->kvm.listing && is_store_exclusive(worker, address);
}

void worker_resolve_exclusives_reached(struct worker *worker, uint64_t position, uint64_t pc)
{
    uint64_t i;

    if (worker_resolve_exclusives_looks_at(worker, pc)) {
        i = worker->kvm.exclusive_total++ % WORKER_MAX_EXCLUSIVES;
        worker->kvm.exclusives[i] = (struct worker_exclusive){position, pc};
    }
}

/* What has been translated so far lacks the calls, or has them for nothing. */
void worker_resolve_exclusives_list(struct worker *worker, bool wanted)
{
    worker->kvm.exclusive_total = 0;
    if (wanted == worker->kvm.listing) {
        return;
    }
    worker->kvm.listing = wanted;
    if (wanted && !worker->kvm.exclusives) {
        worker->kvm.exclusives = g_new0(struct worker_exclusive, WORKER_MAX_EXCLUSIVES);
    }
    tb_flush(CPU(worker->cpu));
    process_queued_cpu_work(CPU(worker->cpu));
}

uint64_t worker_resolve_exclusives_count(struct worker *worker)
{
    return MIN(worker->kvm.exclusive_total, WORKER_MAX_EXCLUSIVES);
}

void worker_resolve_exclusives_append(struct worker *worker, GByteArray *out)
{
    uint64_t i;

    for (i = worker->kvm.exclusive_total - worker_resolve_exclusives_count(worker);
         i < worker->kvm.exclusive_total; i++) {
        g_byte_array_append(out,
                            (const uint8_t *)&worker->kvm.exclusives[i % WORKER_MAX_EXCLUSIVES],
                            sizeof(struct worker_exclusive));
    }
}
