/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page sets of a toy history, by brute force. */
#ifndef EBB_TOY_PAGES_H
#define EBB_TOY_PAGES_H

#include "toy_history.h"

/* Writes them into the recording's directory: sets of 1 to 200 instructions; one of so many
 * (0: none) tells of nothing. Failures fail the running test. */
void toy_pages_write(const struct toy_history *history, const char *directory, uint64_t seed,
                     unsigned unknown);

#endif
