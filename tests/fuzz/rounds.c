/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rounds.h"

#include "log/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    int argc;
    char **argv;
    int options; /* arguments before ours */
    bool verbose;
    uint64_t first, done, count; /* seeds; rounds */
    uint64_t deadline;           /* nanoseconds; 0: none */
} rounds;

/* Says how the round that has failed is repeated. In a signal handler. */
static void tell_round(void)
{
    char line[300];
    int length = snprintf(line, sizeof(line), "failed; again with: %s", rounds.argv[0]);

    for (int i = 1; i < rounds.options && length < 200; i++) {
        length += snprintf(line + length, sizeof(line) - length, " %.40s", rounds.argv[i]);
    }
    length += snprintf(line + length, sizeof(line) - length, " 1 %llu\n",
                       (unsigned long long)(rounds.first + rounds.done - 1));
    if (write(2, line, length) < 0) {
        _exit(1);
    }
}

static void handle_abort(int signal_number)
{
    (void)signal_number;
    tell_round();
}

/* There in builds with sanitizers, which end a program without a signal. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

void rounds_begin(int argc, char **argv, int first, uint64_t usual)
{
    int at = first;

    rounds.argc = argc;
    rounds.argv = argv;
    rounds.options = first;
    rounds.count = usual;
    rounds.first = 1;
    if (at < argc && strcmp(argv[at], "-v") == 0) {
        rounds.verbose = true;
        at++;
    }
    if (at + 1 < argc && strcmp(argv[at], "-t") == 0) {
        rounds.deadline = ebb_clock_now() + strtoull(argv[at + 1], NULL, 0) * 1000000000u;
        rounds.count = UINT64_MAX;
        rounds.first = ebb_clock_now();
        at += 2;
    } else if (at < argc) {
        rounds.count = strtoull(argv[at++], NULL, 0);
    }
    if (at < argc) {
        rounds.first = strtoull(argv[at], NULL, 0);
    }
    signal(SIGABRT, handle_abort);
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(tell_round);
    }
}

bool rounds_next(uint64_t *seed)
{
    if (rounds.done == rounds.count || (rounds.deadline && ebb_clock_now() > rounds.deadline)) {
        printf("%llu rounds from seed %llu on, no fault\n", (unsigned long long)rounds.done,
               (unsigned long long)rounds.first);
        return false;
    }
    *seed = rounds.first + rounds.done++;
    if (rounds.verbose) {
        printf("%llu\n", (unsigned long long)*seed);
        fflush(stdout);
    }
    return true;
}

uint64_t rounds_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint32_t rounds_draw(uint64_t *state, uint32_t below)
{
    return (uint32_t)(rounds_random(state) % below);
}

void rounds_check(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s: %s\n", rounds.argv ? rounds.argv[0] : "fuzz", what);
        abort();
    }
}
