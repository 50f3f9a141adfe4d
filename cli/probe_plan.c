/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_plan.h"

#include "guest_state.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The number that a word behind "$" names a general register by; -1: it is no such name. */
static long general_register(const char *word)
{
    char *end;
    long number;

    if (!word[0] || !strchr("xwr", word[0]) || !isdigit((unsigned char)word[1])) {
        return -1;
    }
    number = strtol(word + 1, &end, 10);
    return isalnum((unsigned char)*end) || *end == '_' ? -1 : number;
}

/* gdb takes a register that is not there for a variable of its own without a value. */
static int check_registers(const char *expression, bool wide, struct ebb_error *error)
{
    for (const char *word = strchr(expression, '$'); word; word = strchr(word + 1, '$')) {
        long number = general_register(word + 1);
        bool is_there = wide ? word[1] != 'r' && number <= 30 : word[1] == 'r' && number <= 15;

        if (number >= 0 && !is_there) {
            return ebb_fail(error, EBB_ERROR_USAGE, "the CPU has no register \"%c%ld\"", word[1],
                            number);
        }
    }
    return 0;
}

int probe_plan_read(struct probe_plan *plan, struct timeline *timeline, struct ebb_error *error)
{
    struct condition_target target;

    if (guest_state_registers(&plan->registers, timeline, error) < 0) {
        return -1;
    }
    target = guest_state_target(&plan->registers, timeline);
    plan->condition = plan->expression ? condition_parse(plan->expression, &target) : NULL;
    return plan->expression && !plan->condition
               ? check_registers(plan->expression, guest_state_is_wide(timeline), error)
               : 0;
}

void probe_plan_free(struct probe_plan *plan)
{
    condition_free(plan->condition);
    target_registers_free(&plan->registers);
    free(plan->gdb);
    free(plan->script);
}
