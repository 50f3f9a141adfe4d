/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A condition of memory at fixed addresses is looked at behind each write to it, so that what is
 * found is the first position, as long as the guest maps no other memory at these addresses. Others
 * are bisected, unless each position is to be looked at.
 */
#include "first.h"

#include "place.h"
#include "positions.h"
#include "searches.h"
#include "words.h"

#include "cli/bisection.h"
#include "cli/guest_state.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* As those of ebb bisect. */
enum { DOUBTS = 4, HOPES = 14, SKIPS_MAX = 12 };

struct first {
    struct shell *shell;
    struct condition *condition;
    const char *text;
    bool scan;
    uint64_t from, to;
    uint64_t position; /* what was found */
    bool found, bisected;
    struct bisection_result result;
};

static bool find_symbol(void *opaque, const char *name, uint64_t *address)
{
    struct shell *shell = opaque;

    if (!shell->symbols || !symbols_lookup(shell->symbols, name, address)) {
        return false;
    }
    *address += symbols_offset(shell->symbols);
    return true;
}

static int evaluate(struct first *first, struct ebb_error *error)
{
    struct condition_state state = guest_state(first->shell->timeline, first->shell->big_endian);

    return condition_evaluate(first->condition, &state, error);
}

/* Looks at the condition here. */
static int look(struct first *first, struct ebb_error *error)
{
    int value = evaluate(first, error);

    if (value == CONDITION_TRUE) {
        first->found = true;
        first->position = timeline_position(first->shell->timeline);
    }
    return value < 0 ? -1 : 0;
}

static int read_writes(const struct first *first, struct rsp_wanted *wanted,
                       struct ebb_error *error)
{
    *wanted = (struct rsp_wanted){.kind = TIMELINE_WATCH_WRITE};
    for (size_t i = 0; i < condition_operand_count(first->condition); i++) {
        struct condition_operand operand;

        if (condition_operand(first->condition, i, NULL, &operand, error) < 0) {
            return -1;
        }
        if (wanted->count == RSP_PLACES_MAX) {
            return ebb_fail(error, EBB_ERROR_USAGE, "a condition compares %u places at most",
                            RSP_PLACES_MAX);
        }
        wanted->places[wanted->count++] = (struct rsp_place){operand.address, operand.size};
    }
    return 0;
}

/* Behind each write to what is compared. */
static int scan_writes(struct first *first, struct ebb_error *error)
{
    enum searches_way way = SEARCHES_ON;
    struct rsp_wanted wanted;
    struct rsp_found found;
    int status = read_writes(first, &wanted, error) < 0 ? -1 : 1;

    while (status > 0 && !first->found) {
        status = searches_find(first->shell, &wanted, way, &found, error);
        if (status <= 0 || found.step >= first->to) {
            break;
        }
        if (place_seek(first->shell, found.step + 1, error) < 0 || look(first, error) < 0) {
            return -1;
        }
    }
    return status < 0 ? -1 : 0;
}

static int scan_steps(struct first *first, struct ebb_error *error)
{
    struct timeline *timeline = first->shell->timeline;
    struct timeline_stop stop;

    while (!first->found && timeline_position(timeline) < first->to) {
        uint64_t before = timeline_position(timeline);

        if (place_is_stopped(first->shell)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        if (timeline_step(timeline, &stop, error) < 0 || look(first, error) < 0) {
            return -1;
        }
        if (timeline_position(timeline) == before) {
            break; /* history ends */
        }
    }
    return 0;
}

static int probe(struct first *first, struct bisection *bisection, uint64_t position,
                 struct ebb_error *error)
{
    int value;

    if (place_is_stopped(first->shell)) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    value = place_seek(first->shell, position, error) < 0 ? -1 : evaluate(first, error);
    bisection_note(bisection, position,
                   value == CONDITION_TRUE    ? BISECTION_BAD
                   : value == CONDITION_FALSE ? BISECTION_GOOD
                                              : BISECTION_SKIP);
    return value < 0 ? -1 : 0;
}

static int bisect(struct first *first, struct ebb_error *error)
{
    const struct bisection_options options = {
        .from = first->from,
        .to = first->to,
        .at_once = 1,
        .doubts = DOUBTS,
        .hopes = HOPES,
        .skips_max = SKIPS_MAX,
    };
    struct bisection *bisection = bisection_new(&options);
    int status = bisection ? 0 : ebb_fail_memory(error);
    uint64_t position;

    while (status == 0 && bisection_next(bisection, &position) > 0) {
        status = probe(first, bisection, position, error);
    }
    if (status == 0) {
        bisection_result(bisection, &first->result);
        first->bisected = true;
        first->position = first->result.first_bad;
        first->found =
            first->result.end == BISECTION_FOUND || first->result.end == BISECTION_BAD_AT_ONCE;
    }
    bisection_free(bisection);
    return status < 0 ? -1 : first->result.end == BISECTION_NO_MEMORY ? ebb_fail_memory(error) : 0;
}

static int search(struct first *first, struct ebb_error *error)
{
    if (!first->scan && !condition_is_of_memory(first->condition)) {
        return bisect(first, error);
    }
    if (place_seek(first->shell, first->from, error) < 0 || look(first, error) < 0) {
        return -1;
    }
    if (first->found) {
        return 0;
    }
    return condition_is_of_memory(first->condition) ? scan_writes(first, error)
                                                    : scan_steps(first, error);
}

/* What bisecting cannot be sure of. */
static void tell_doubts(const struct first *first)
{
    const struct bisection_result *result = &first->result;

    if (first->bisected && result->not_monotone && first->position > first->from) {
        printf("It no longer holds at position %" PRIu64
               ": it may have held before for a while, too; first -scan looks at each position.\n",
               result->good_behind);
    }
    if (first->bisected && result->unsure) {
        printf("It cannot be judged right before: it may have held there already.\n");
    }
}

/* What was compared, here. */
static int tell_operands(struct first *first, struct ebb_error *error)
{
    struct condition_state state = guest_state(first->shell->timeline, first->shell->big_endian);

    for (size_t i = 0; i < condition_operand_count(first->condition); i++) {
        struct condition_operand operand;

        if (condition_operand(first->condition, i, &state, &operand, error) < 0) {
            return -1;
        }
        if (operand.known) {
            printf(operand.is_signed ? "%s = %" PRIi64 " (0x%" PRIx64 ")\n"
                                     : "%s = %" PRIu64 " (0x%" PRIx64 ")\n",
                   operand.text, operand.value, operand.value);
        }
    }
    return 0;
}

static int report(struct first *first, uint64_t origin, struct ebb_error *error)
{
    char position[TEXT_NUMBER_SIZE];

    progress_clear(&first->shell->progress);
    if (!first->found) {
        printf("%s %s; the position is still %s.\n", first->text,
               first->bisected ? "does not hold at any position that was looked at; first -scan "
                                 "looks at each"
                               : "does not hold at any position",
               text_count(position, origin));
        return place_return(first->shell, origin, error);
    }
    if (place_return(first->shell, first->position, error) < 0) {
        return -1;
    }
    printf("%s holds %s position %s\n", first->text,
           first->position == first->from ? "already at the first," : "first at",
           text_count(position, first->position));
    tell_doubts(first);
    return tell_operands(first, error) < 0 ? -1 : place_arrive(first->shell, origin, error);
}

static int read_options(struct first *first, char **argument, struct ebb_error *error)
{
    struct shell *shell = first->shell;
    char *from, *to;
    bool scan;

    first->from = timeline_begin(shell->timeline);
    first->to = timeline_end(shell->timeline);
    do {
        scan = words_take(argument, "-scan");
        first->scan |= scan;
        if (words_option(argument, "-from", &from, error) < 0 ||
            words_option(argument, "-to", &to, error) < 0 ||
            (from && positions_read(shell, from, &first->from, error) < 0) ||
            (to && positions_read(shell, to, &first->to, error) < 0)) {
            return -1;
        }
    } while (from || to || scan);
    return first->from <= first->to ? 0 : ebb_fail(error, EBB_ERROR_USAGE, "-from is behind -to");
}

int first_run(struct shell *shell, char *argument, struct ebb_error *error)
{
    struct condition_target target = guest_state_target(&shell->registers, shell->timeline);
    uint64_t origin = timeline_position(shell->timeline);
    struct first first = {.shell = shell};
    int status;

    target.find_symbol = find_symbol;
    target.symbols = shell;
    if (read_options(&first, &argument, error) < 0) {
        return -1;
    }
    first.text = argument;
    first.condition = *argument ? condition_parse(argument, &target) : NULL;
    if (!first.condition) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.80s\" compares no registers and no memory, as $x0 > 5 and "
                        "*(unsigned int *)&total == 385 do; for others, gdb has ebb first",
                        argument);
    }
    status = search(&first, error) < 0 ? place_give_up(shell, origin, error)
                                       : report(&first, origin, error);
    condition_free(first.condition);
    return status;
}
