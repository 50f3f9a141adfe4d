/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "clears.h"

/* The number of clears at positions below this one. */
static size_t clears_below(const struct worker_kvm *kvm, uint64_t position)
{
    size_t low = 0, high = kvm->clear_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (kvm->clears[middle] < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void worker_clears_apply(struct worker *worker, uint64_t position)
{
    size_t i = clears_below(&worker->kvm, position);

    if (i < worker->kvm.clear_count && worker->kvm.clears[i] == position) {
        arm_clear_exclusive(&worker->cpu->env);
    }
}

void worker_clears_find(struct worker *worker, uint64_t position, uint64_t pc)
{
    CPUARMState *env = &worker->cpu->env;
    struct worker_exclusive clear = {position, pc};

    if (env->exclusive_addr != -1) {
        arm_clear_exclusive(env);
        g_array_append_val(worker->kvm.cleared, clear);
    }
}

uint64_t worker_clears_next(struct worker *worker, uint64_t position, uint64_t limit)
{
    size_t i =
        position == UINT64_MAX ? worker->kvm.clear_count : clears_below(&worker->kvm, position + 1);

    return i < worker->kvm.clear_count ? MIN(worker->kvm.clears[i], limit) : limit;
}
