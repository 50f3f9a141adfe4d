/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_silence.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define WORK 500000000ll /* nanoseconds of CPU time */

static _Noreturn void sleep_for_good(void)
{
    for (;;) {
        ppoll(NULL, 0, NULL, NULL);
    }
}

static void give_sign(struct fake_worker *worker)
{
    __atomic_add_fetch(&worker->control->signs, 1, __ATOMIC_RELAXED);
}

static void spin(struct fake_worker *worker, bool signs)
{
    for (;;) {
        if (signs) {
            give_sign(worker);
        }
        __asm__ volatile("");
    }
}

static void work(struct fake_worker *worker)
{
    struct timespec used;

    do {
        give_sign(worker);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    } while (used.tv_sec == 0 && used.tv_nsec < WORK);
}

void fake_silence(struct fake_worker *worker, uint32_t request, const char *lie)
{
    if (strcmp(lie, "mute") == 0) {
        sleep_for_good();
    }
    if (request != WORKER_RUN) {
        return;
    }
    if (strcmp(lie, "sleeps") == 0) {
        sleep_for_good();
    } else if (strcmp(lie, "stops") == 0) {
        raise(SIGSTOP);
    } else if (strcmp(lie, "spins") == 0 || strcmp(lie, "pretends") == 0) {
        spin(worker, lie[0] == 'p');
    } else if (strcmp(lie, "works") == 0) {
        work(worker);
    }
}
