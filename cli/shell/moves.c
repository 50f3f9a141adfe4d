/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moves.h"

#include "place.h"
#include "positions.h"
#include "trail.h"

#include <ctype.h>
#include <stdio.h>

int moves_position(struct shell *shell, char *argument, struct ebb_error *error)
{
    (void)argument;
    return place_show(shell, error);
}

int moves_goto(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t position;

    if (!*argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "where to? write: goto POSITION");
    }
    return positions_read(shell, argument, &position, error) < 0
               ? -1
               : place_jump(shell, position, error);
}

/* Steps are positions, so many of them are one seek. */
static int step(struct shell *shell, char sign, const char *count, struct ebb_error *error)
{
    uint64_t position;
    char offset[40];

    if (*count && !isdigit((unsigned char)*count)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.40s\" is no number of instructions; %s goes the other way", count,
                        sign == '+' ? "reverse-step" : "step");
    }
    snprintf(offset, sizeof(offset), "%c%.30s", sign, *count ? count : "1");
    return positions_read(shell, offset, &position, error) < 0 ? -1
                                                               : place_step(shell, position, error);
}

int moves_step(struct shell *shell, char *argument, struct ebb_error *error)
{
    return step(shell, '+', argument, error);
}

int moves_reverse_step(struct shell *shell, char *argument, struct ebb_error *error)
{
    return step(shell, '-', argument, error);
}

int moves_back(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t place;

    (void)argument;
    if (!trail_back(&shell->trail, timeline_position(shell->timeline), &place)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no place to go back to; reverse-step takes back instructions");
    }
    return place_step(shell, place, error);
}

int moves_forward(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t place;

    (void)argument;
    if (!trail_forward(&shell->trail, &place)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no place to go forward to");
    }
    return place_step(shell, place, error);
}
