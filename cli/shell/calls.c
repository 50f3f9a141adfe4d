/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calls.h"

#include "address.h"
#include "place.h"
#include "positions.h"
#include "searches.h"
#include "words.h"

#include "cli/guest_state.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_DEFAULT 20u
#define ARGUMENTS 4u  /* registers that are shown */
#define LINK_WIDE 30u /* gdb's numbers of the link register */
#define LINK_NARROW 14u

/* What is looked for: code at an address. */
static int read_code(struct shell *shell, char *argument, struct rsp_wanted *wanted,
                     struct ebb_error *error)
{
    *wanted = (struct rsp_wanted){.kind = TIMELINE_BREAK_EXECUTE, .count = 1};
    if (!*argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "which address? write a symbol or a number");
    }
    return address_read_code(shell, argument, &wanted->places[0].address, error);
}

static int count_both(struct shell *shell, const struct rsp_wanted *wanted, uint64_t origin,
                      uint64_t *before, uint64_t *after, struct ebb_error *error)
{
    return searches_count(shell, wanted, timeline_end(shell->timeline), UINT64_MAX, after, error) <
                       0 ||
                   place_seek(shell, timeline_begin(shell->timeline), error) < 0
               ? -1
               : searches_count(shell, wanted, origin, UINT64_MAX, before, error);
}

int calls_count(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t origin = timeline_position(shell->timeline), before = 0, after = 0;
    char sum[TEXT_NUMBER_SIZE], first[TEXT_NUMBER_SIZE], second[TEXT_NUMBER_SIZE];
    struct rsp_wanted wanted;
    int status;

    if (read_code(shell, argument, &wanted, error) < 0) {
        return -1;
    }
    status = count_both(shell, &wanted, origin, &before, &after, error);
    if (status < 0 && error->kind != EBB_ERROR_INTERRUPTED) {
        return place_give_up(shell, origin, error);
    }
    if (place_return(shell, origin, error) < 0) {
        return -1;
    }
    progress_clear(&shell->progress);
    printf("%s is reached %s%s times: %s before this, %s from here on\n", argument,
           status < 0 ? "at least " : "", text_count(sum, before + after),
           text_count(first, before), text_count(second, after));
    return status < 0 ? ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped") : 0;
}

/* Returns as searches_find(). */
static int go_to_nth(struct shell *shell, const struct rsp_wanted *wanted, uint64_t number,
                     struct ebb_error *error)
{
    uint64_t count = 0;

    if (place_seek(shell, timeline_begin(shell->timeline), error) < 0 ||
        searches_count(shell, wanted, timeline_end(shell->timeline), number, &count, error) < 0) {
        return -1;
    }
    return count == number;
}

static int go_to_nth_from_end(struct shell *shell, const struct rsp_wanted *wanted, uint64_t number,
                              struct ebb_error *error)
{
    struct rsp_found found;
    int status = place_seek(shell, timeline_end(shell->timeline), error) < 0 ? -1 : 1;

    while (status > 0 && number-- > 0) {
        status = searches_find(shell, wanted, SEARCHES_LAST, &found, error);
    }
    return status;
}

int calls_nth(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t origin = timeline_position(shell->timeline);
    const char *word = words_next(&argument);
    bool from_end = word && word[0] == '-';
    struct rsp_wanted wanted;
    uint64_t number;
    int status;

    if (!word || rsp_parse_number(word + from_end, &number, error) < 0 || number == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "which time? write: nth N ADDRESS");
    }
    if (read_code(shell, argument, &wanted, error) < 0) {
        return -1;
    }
    status = from_end ? go_to_nth_from_end(shell, &wanted, number, error)
                      : go_to_nth(shell, &wanted, number, error);
    if (status < 0) {
        return place_give_up(shell, origin, error);
    }
    if (status > 0) {
        return place_arrive(shell, origin, error);
    }
    progress_clear(&shell->progress);
    printf("%s is not reached %" PRIu64 " times; the position is still %" PRIu64 ".\n", argument,
           number, origin);
    return place_return(shell, origin, error);
}

/* A line: position, what the argument registers have, and where the call returns to. */
static int print_call(struct shell *shell, struct ebb_error *error)
{
    bool wide = guest_state_is_wide(shell->timeline);
    char position[TEXT_NUMBER_SIZE], place[1024];
    struct condition_state state = guest_state(shell->timeline, shell->big_endian);
    uint64_t value;

    progress_clear(&shell->progress);
    printf("%18s ", text_count(position, timeline_position(shell->timeline)));
    for (unsigned i = 0; i < ARGUMENTS; i++) {
        if (state.read_register(state.opaque, i, &value, error) < 0) {
            return -1;
        }
        printf(" %c%u=0x%" PRIx64, wide ? 'x' : 'r', i, value);
    }
    if (state.read_register(state.opaque, wide ? LINK_WIDE : LINK_NARROW, &value, error) < 0) {
        return -1;
    }
    place_describe(shell, value, place, sizeof(place));
    printf("  from 0x%" PRIx64 "%s%s\n", value, *place ? "  " : "", place);
    return 0;
}

/* Prints up to so many, from where we are; *more: there is another, where we are then. */
static int print_calls(struct shell *shell, const struct rsp_wanted *wanted, uint64_t lines,
                       uint64_t *printed, bool *more, struct ebb_error *error)
{
    struct rsp_found found;
    uint64_t pc;
    int status;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0) {
        return -1;
    }
    status = pc == wanted->places[0].address &&
                     timeline_position(shell->timeline) < timeline_end(shell->timeline)
                 ? 1
                 : searches_find(shell, wanted, SEARCHES_NEXT, &found, error);
    while (status > 0 && *printed < lines) {
        if (print_call(shell, error) < 0) {
            return -1;
        }
        ++*printed;
        status = searches_find(shell, wanted, SEARCHES_NEXT, &found, error);
    }
    *more = status > 0;
    return status < 0 ? -1 : 0;
}

static int read_options(struct shell *shell, char **argument, uint64_t *lines, uint64_t *from,
                        struct ebb_error *error)
{
    char *count, *position;

    *lines = LINES_DEFAULT;
    *from = timeline_begin(shell->timeline);
    do {
        if (words_option(argument, "-n", &count, error) < 0 ||
            words_option(argument, "-from", &position, error) < 0 ||
            (count && rsp_parse_number(count, lines, error) < 0) ||
            (position && positions_read(shell, position, from, error) < 0)) {
            return -1;
        }
    } while (count || position);
    return 0;
}

int calls_list(struct shell *shell, char *argument, struct ebb_error *error)
{
    uint64_t origin = timeline_position(shell->timeline), lines, from, printed = 0;
    char position[TEXT_NUMBER_SIZE];
    struct rsp_wanted wanted;
    bool more = false;

    if (read_options(shell, &argument, &lines, &from, error) < 0 ||
        read_code(shell, argument, &wanted, error) < 0) {
        return -1;
    }
    if (place_seek(shell, from, error) < 0 ||
        print_calls(shell, &wanted, lines, &printed, &more, error) < 0) {
        return place_give_up(shell, origin, error);
    }
    progress_clear(&shell->progress);
    if (more) {
        printf("There are more, the next at position %s.\n",
               text_count(position, timeline_position(shell->timeline)));
    } else if (printed == 0) {
        printf("%s is not reached.\n", argument);
    }
    return place_return(shell, origin, error);
}
