/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often each of some keys was met; memory grows with the number of different ones. */
#ifndef EBB_CLI_QUESTIONS_TALLY_H
#define EBB_CLI_QUESTIONS_TALLY_H

#include "log/error.h"

#include <stddef.h>
#include <stdint.h>

struct tally {
    struct tally_entry {
        uint64_t key, count; /* count 0: free */
    } * entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

int tally_add(struct tally *tally, uint64_t key, struct ebb_error *error);
/* Puts the entries in order, the most frequent first, at the beginning; nothing can be added any
 * more. */
void tally_sort(struct tally *tally);
void tally_free(struct tally *tally);

#endif
