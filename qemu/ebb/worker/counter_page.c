/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "ebb/counter/page.h"
#include "counter_page.h"
#include "manifest.h"

/* Whether [offset, offset + length) has one of size bytes of the page's from there on. */
static bool touches(uint64_t offset, uint64_t length, uint64_t start, uint64_t size)
{
    return offset < start + size && offset + length > start;
}

void worker_counter_page_written(struct worker *worker, uint64_t offset, uint64_t length)
{
    const struct worker_manifest *manifest = worker->manifest;
    uint64_t start = manifest->counter_page;
    const uint8_t *page;

    if (!manifest->has_counter_page ||
        (!touches(offset, length, start + COUNTER_PAGE_COUNT, 8) &&
         !touches(offset, length, start + COUNTER_PAGE_FOLLOWED, 4))) {
        return;
    }
    page = (uint8_t *)memory_region_get_ram_ptr(&worker->ram) + start;
    if (ldl_le_p(page + COUNTER_PAGE_FOLLOWED)) {
        worker->cpu->env.cp15.c14_timer[GTIMER_VIRT].cval =
            counter_page_value(ldq_le_p(page + COUNTER_PAGE_COUNT), manifest->counter_frequency);
    }
}
