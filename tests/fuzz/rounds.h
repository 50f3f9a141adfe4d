/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rounds of a fuzzer: how many, and from which seeds. Each round is what its seed makes of it, so
 * that one that failed comes back:
 *     PROGRAM [OPTION...] [-v] [ROUNDS [SEED]]   round i uses SEED + i alone; -v prints each
 *     PROGRAM [OPTION...] -t SECONDS [SEED]      as many as there is time for
 * Options of the program's own come first. When a round aborts, or a sanitizer ends it, a line on
 * standard error says how to repeat it.
 */
#ifndef EBB_FUZZ_ROUNDS_H
#define EBB_FUZZ_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the arguments from number `first` on; without any there are `usual` rounds from seed 1. */
void rounds_begin(int argc, char **argv, int first, uint64_t usual);

/* True, and the seed of the next round; false when all are done, after a line that counts them. */
bool rounds_next(uint64_t *seed);

/* The next number of a generator whose state is *state (SplitMix64); and one below a limit. */
uint64_t rounds_random(uint64_t *state);
uint32_t rounds_draw(uint64_t *state, uint32_t below);

/* Ends the program, after saying what is wrong, unless the condition holds. */
void rounds_check(bool condition, const char *what);

#endif
