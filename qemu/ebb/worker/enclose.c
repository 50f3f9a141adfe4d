/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "walls/walls.h"
#include <malloc.h>
#include "enclose.h"

/*
 * What a worker takes in addition to what it has once it is set up, its buffer for translations
 * included: requests and replies, at most WORKER_MAX_MESSAGE each and twice that while they grow,
 * what QEMU knows of its translations, and TLBs, which grow with the memory that the guest uses.
 */
#define MORE_MEMORY (1ull << 30)
#define MORE_PER_RAM 4 /* a byte for so many bytes of RAM */

#define LARGE_BLOCK (4 << 20) /* bytes */

/*
 * glibc opens a file in /proc before it gives back what a thread has freed, for the first time
 * (check_may_shrink_heap() in its malloc/arena.c). This keeps it from giving back anything but
 * large blocks, which are the system's own.
 */
static void keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

void worker_enclose_setup(struct worker *worker)
{
    const struct walls_plan plan = {
        .kind = WALLS_SETUP, .socket = worker->socket, .forks_later = worker->resolves};

    if (walls_wanted()) {
        worker->memory_use = walls_open_memory_use();
        walls_raise(&plan);
    }
}

void worker_enclose(const struct worker *worker)
{
    const struct walls_plan plan = {
        .kind = worker->resolves ? WALLS_RESOLVER : WALLS_WORKER,
        .socket = worker->socket,
        .memory_use = worker->memory_use,
        .more_memory = MORE_MEMORY + worker->manifest->ram_size / MORE_PER_RAM,
    };

    if (walls_wanted()) {
        keep_freed_memory();
        walls_raise(&plan);
    }
}
