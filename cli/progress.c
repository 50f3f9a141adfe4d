/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include "replay/resolver/resolver.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 40

static void interrupt_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
}

void progress_begin(struct progress *progress, const char *label)
{
    sigset_t interrupt;

    *progress = (struct progress){
        .label = label,
        .on_terminal = isatty(STDERR_FILENO),
        .percent = -1,
    };
    interrupt_set(&interrupt);
    sigprocmask(SIG_BLOCK, &interrupt, &progress->before);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
}

void progress_end(struct progress *progress)
{
    struct timespec now = {0};
    sigset_t interrupt;

    progress_clear(progress);
    if (!sigismember(&progress->before, SIGINT)) {
        interrupt_set(&interrupt);
        while (sigtimedwait(&interrupt, NULL, &now) > 0) {
            /* What came has been answered by the move's end. */
        }
    }
    sigprocmask(SIG_SETMASK, &progress->before, NULL);
}

static void draw(struct progress *progress, const char *label, uint64_t done, int percent)
{
    char bar[BAR_WIDTH + 1], count[TEXT_NUMBER_SIZE];

    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i * 100 < percent * BAR_WIDTH ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %3d %%  %s instructions", label, bar, percent,
            text_count(count, done));
    fflush(stderr);
    progress->shown = true;
    progress->percent = percent;
}

bool progress_is_interrupted(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
            sigismember(&pending, SIGHUP));
}

void progress_show(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct progress *progress = opaque;
    uint64_t low = from < to ? from : to, high = from < to ? to : from;
    int percent = high > low && position >= low && position <= high
                      ? (int)((double)(position - low) * 100 / (double)(high - low))
                      : 100;

    if (progress->timeline && progress_is_interrupted()) {
        timeline_interrupt(progress->timeline);
    }
    if (progress->on_terminal && high > low && percent != progress->percent) {
        draw(progress, progress->label, position, percent);
    }
}

void progress_replacing(const char *why)
{
    fprintf(stderr, "ebb: %s; another one takes its place\n", why);
}

bool progress_resolving(void *opaque, const struct resolve_status *status)
{
    struct progress *progress = opaque;
    int percent = status->total > 0 && status->done < status->total
                      ? (int)((double)status->done * 100 / (double)status->total)
                      : 100;

    if (progress->on_terminal && percent != progress->percent) {
        draw(progress, status->repairing ? "resolving, searching" : "resolving", status->done,
             percent);
    }
    return !progress_is_interrupted();
}
