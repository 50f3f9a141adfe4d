/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The row that a scan of all instructions lacks: that of history's first position, which no scan
 * runs up to. */
#ifndef EBB_CLI_EXPORTS_FIRST_SAMPLE_H
#define EBB_CLI_EXPORTS_FIRST_SAMPLE_H

#include "cli/questions/question.h"

struct first_sample {
    struct timeline_row row; /* points into the rest */
    uint64_t registers[32];
    uint8_t code[4];
};

/* Moves the timeline there. What the row has is what a sample has with all registers and `code`.
 * Returns 0, or -1 after filling *error. */
int first_sample_read(struct first_sample *sample, struct question *question,
                      struct ebb_error *error);

#endif
