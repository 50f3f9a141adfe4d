/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Going to an interval's end, which is verified. */
#ifndef EBB_REPLAY_RESOLVER_FINISH_H
#define EBB_REPLAY_RESOLVER_FINISH_H

#include "attempt.h"

/* Results and arguments are those of attempt_reach(); a wrong state at the end is a failure. */
int finish_interval(struct interval *interval, struct trail *from,
                    const struct decision_list *decisions, struct trail **tip,
                    struct failure *failure, struct ebb_error *error);

#endif
