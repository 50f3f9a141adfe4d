/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bisection: looking for the first bad position of a stretch of history, several probes at a time.
 * Nothing is known here of what a probe is: it has a position and a verdict.
 *
 * The search goes on until a bad position is found right behind one that is not. It believes that
 * all is good before the first bad position and bad from there on; so that a user is told where
 * that is not so, it makes some probes more on both sides of what it has found. A bad one before it
 * is where the search goes on.
 *
 * A position that cannot be judged is skipped: others close to it are tried in its place. Where
 * they cannot be judged either, the search goes on as if they were good, and says so.
 */
#ifndef EBB_CLI_BISECTION_H
#define EBB_CLI_BISECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bisection_verdict {
    BISECTION_GOOD = 1,
    BISECTION_BAD,
    BISECTION_SKIP,
};

struct bisection_options {
    uint64_t from, to;  /* both are probed; from <= to */
    unsigned at_once;   /* probes of a round; at least 1 */
    unsigned doubts;    /* probes on either side of what was found; 0: none */
    unsigned hopes;     /* probes in between if the last position is not bad */
    unsigned skips_max; /* of one stretch, until it is taken for good */
};

enum bisection_end {
    BISECTION_FOUND = 1,
    BISECTION_BAD_AT_ONCE, /* the first position is bad */
    BISECTION_NEVER_BAD,   /* no probe was */
    BISECTION_NO_MEMORY,
};

struct bisection_result {
    enum bisection_end end;
    uint64_t first_bad;     /* if there is one */
    bool unsure;            /* the position before it was skipped: it may have been bad before */
    uint64_t last_good;     /* before it, if has_good */
    bool has_good;          /* a position before it is good */
    bool not_monotone;      /* good_behind, which is behind bad_before, is good: */
    uint64_t bad_before;    /* a bad position; */
    uint64_t good_behind;   /* the nearest good one behind it */
    unsigned probes, skips; /* verdicts, and how many of them were skips */
    bool last_skipped;      /* the last position, which all of the search goes by, was */
};

struct bisection;

/* NULL without memory. */
struct bisection *bisection_new(const struct bisection_options *options);
void bisection_free(struct bisection *bisection);

/* The positions to probe next, ascending and none of them probed before; at most at_once. Returns
 * how many: 0 when the search is over. All are to be given a verdict before the next call. */
unsigned bisection_next(struct bisection *bisection, uint64_t *positions);
void bisection_note(struct bisection *bisection, uint64_t position, enum bisection_verdict verdict);

/* Where the search is: the first bad position is behind *good and not behind *bad, as far as it is
 * known. Both are the first position of all if that is bad. *good may be one that was skipped,
 * where skips_max were. */
void bisection_bounds(const struct bisection *bisection, uint64_t *good, uint64_t *bad);

void bisection_result(const struct bisection *bisection, struct bisection_result *result);

#endif
