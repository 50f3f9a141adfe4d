/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* Bytes of a file that it may write; a worker's standard error is one. */
#define FILE_SIZE (1u << 20)

#define PIPE_ENDS 2 /* descriptors between a resolver and its child */

/* For good: the hard limit as well, which nobody without capabilities raises again. */
static bool limit(int resource, uint64_t value)
{
    struct rlimit limits;

    if (getrlimit(resource, &limits)) {
        return false;
    }
    if (limits.rlim_max != RLIM_INFINITY && limits.rlim_max < value) {
        value = limits.rlim_max;
    }
    limits.rlim_cur = limits.rlim_max = value;
    return setrlimit(resource, &limits) == 0;
}

int limits_open_memory_use(void)
{
    return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* Bytes of address space in use; 0: unknown. */
static uint64_t address_space(int file)
{
    char text[200];
    ssize_t length;

    if (file <= 0) {
        file = limits_open_memory_use();
    }
    if (file < 0) {
        return 0;
    }
    length = pread(file, text, sizeof(text) - 1, 0);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* So many descriptors can be added, whatever numbers are in use: the one behind them cannot. */
static bool limit_descriptors(unsigned more)
{
    int next = eventfd(0, EFD_CLOEXEC); /* no file: it may be too late for those */
    bool done;

    if (next < 0) {
        return false;
    }
    done = more ? limit_descriptors(more - 1) : limit(RLIMIT_NOFILE, (uint64_t)next);
    close(next);
    return done;
}

bool limits_set(const struct walls_plan *plan)
{
    uint64_t used = address_space(plan->memory_use);
    bool all = used != 0, forks = plan->kind == WALLS_RESOLVER;

    all &= used && limit(RLIMIT_AS, used + plan->more_memory);
    all &= limit(RLIMIT_FSIZE, FILE_SIZE);
    all &= forks || limit(RLIMIT_NPROC, 0);
    all &= limit(RLIMIT_CORE, 0);
    all &= limit_descriptors(forks ? PIPE_ENDS : 0);
    return all;
}
