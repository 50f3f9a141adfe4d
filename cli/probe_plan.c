/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_plan.h"

#include "guest_state.h"

#include <stdlib.h>

int probe_plan_read(struct probe_plan *plan, struct timeline *timeline, struct ebb_error *error)
{
    struct condition_target target;

    if (guest_state_registers(&plan->registers, timeline, error) < 0) {
        return -1;
    }
    target = guest_state_target(&plan->registers, timeline);
    plan->condition = plan->expression ? condition_parse(plan->expression, &target) : NULL;
    return 0;
}

void probe_plan_free(struct probe_plan *plan)
{
    condition_free(plan->condition);
    target_registers_free(&plan->registers);
    free(plan->gdb);
    free(plan->script);
}
