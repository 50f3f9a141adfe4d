/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "ebb/counter/page.h"
#include "counter_page.h"
#include "manifest.h"

void worker_counter_page_written(struct worker *worker, uint64_t offset, uint64_t length)
{
    const struct worker_manifest *manifest = worker->manifest;
    const uint8_t *page;

    if (!manifest->has_counter_page || offset >= manifest->counter_page + COUNTER_PAGE_SIZE ||
        offset + length <= manifest->counter_page) {
        return;
    }
    page = (uint8_t *)memory_region_get_ram_ptr(&worker->ram) + manifest->counter_page;
    if (ldl_le_p(page + COUNTER_PAGE_FOLLOWED)) {
        worker->cpu->env.cp15.c14_timer[GTIMER_VIRT].cval =
            counter_page_value(ldq_le_p(page + COUNTER_PAGE_COUNT), manifest->counter_frequency);
    }
}
