/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ebb bisect has found. */
#ifndef EBB_CLI_FINDING_H
#define EBB_CLI_FINDING_H

#include "bisection.h"
#include "recording.h"

struct finding {
    const struct recording *recording;
    const char *what;  /* "condition", "command" or "console" */
    const char *text;  /* what of it was looked for */
    uint64_t position; /* the first at which it holds */
    bool at_begin;     /* of what was searched: nothing is known of what made it so */
    bool at_position;  /* the instruction at the position is what makes it so, not one before it */
    bool scanned;      /* each candidate was looked at */
    struct bisection_result bisection; /* unless scanned, or of the console */
    double seconds;
};

#endif
