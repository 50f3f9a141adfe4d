/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of resolving a recording; part of resolver.h. */
#ifndef EBB_REPLAY_RESOLVER_RESOLVE_RESULT_H
#define EBB_REPLAY_RESOLVER_RESOLVE_RESULT_H

#include <stddef.h>
#include <stdint.h>

/* A store-exclusive that failed on the host and not in the replay, until it was made to. */
struct resolve_flip {
    uint64_t position;
    uint64_t pc;
};

struct resolve_result {
    uint64_t intervals, events; /* resolved */
    uint64_t anchors, steps;    /* matched; stops at an anchor's PC in search of them */
    uint64_t ambiguous;         /* anchors that several places matched */
    uint64_t replaced;          /* of these, put elsewhere than at the likeliest place */
    uint64_t astray;            /* exits that were not met where their counts say they are */
    uint64_t begin_position, end_position;
    double seconds;
    unsigned workers;
    struct resolve_flip *flips; /* by position */
    size_t flip_count;
    char *problem; /* why it ends before the recording does, a text of some lines; NULL: it does not
                    */
};

void resolve_result_free(struct resolve_result *result);

#endif
