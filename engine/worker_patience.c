/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_patience.h"

#include "log/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000ull
#define LOOKS 8u /* within the patience, but one a second is enough */
#define LONGEST 1e9

struct worker_patience worker_patience_new(void)
{
    const char *text = getenv("EBB_PATIENCE");
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 0;

    if (!text || end == text || *end || !(seconds >= 0 && seconds < LONGEST)) {
        seconds = WORKER_PATIENCE_SECONDS;
    }
    return (struct worker_patience){.limit = (uint64_t)(seconds * SECOND)};
}

uint64_t worker_patience_interval(const struct worker_patience *patience)
{
    uint64_t interval = (patience->limit + LOOKS - 1) / LOOKS;

    return interval < SECOND ? interval : SECOND;
}

void worker_patience_renew(struct worker_patience *patience)
{
    patience->spent = 0;
    patience->looked = 0;
}

static uint64_t cpu_time(pid_t pid)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time)) {
        return 0;
    }
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* Sleeps, was stopped, as it can do to itself, or has ended. Others work, or are not to blame. */
static bool thread_is_idle(pid_t pid, const char *thread)
{
    char path[300], text[300];
    const char *state = NULL;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, thread);
    file = fopen(path, "re");
    if (!file) {
        return true; /* it has ended */
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    /* Its name, in parentheses, may be anything. */
    state = strrchr(text, ')');
    return state && state[1] && state[2] && strchr("STZ", state[2]);
}

static bool is_idle(pid_t pid)
{
    char path[64];
    struct dirent *entry;
    bool idle = true;
    DIR *threads;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    threads = opendir(path);
    while (idle && threads && (entry = readdir(threads))) {
        idle = entry->d_name[0] == '.' || thread_is_idle(pid, entry->d_name);
    }
    if (threads) {
        closedir(threads);
    }
    return idle;
}

bool worker_patience_is_spent(struct worker_patience *patience, pid_t pid, uint32_t signs)
{
    uint64_t now = ebb_clock_now(), interval = worker_patience_interval(patience);
    uint64_t passed = now - patience->looked, cpu;

    if (!patience->limit || (patience->looked && passed < interval)) {
        return false;
    }
    cpu = cpu_time(pid);
    if (!patience->looked || signs != patience->signs) {
        patience->spent = 0;
    } else if (is_idle(pid)) {
        /* Whoever looks may have been kept from it. */
        patience->spent += passed < 2 * interval ? passed : 2 * interval;
    } else if (cpu > patience->cpu) {
        patience->spent += cpu - patience->cpu;
    }
    patience->looked = now;
    patience->cpu = cpu;
    patience->signs = signs;
    return patience->spent >= patience->limit;
}
