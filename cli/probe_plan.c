/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_register(void *opaque, const char *name, size_t length,
                          struct condition_register *found)
{
    const struct target_register *reg = target_registers_find(opaque, name, length);

    if (!reg || !reg->is_integer) {
        return false;
    }
    *found = (struct condition_register){reg->number, reg->bits, reg->is_signed};
    return true;
}

/* Adds the registers of the documents that the main one includes. */
static int read_registers(struct target_registers *registers, struct timeline *timeline,
                          struct ebb_error *error)
{
    static const char include[] = "href=\"";
    const char *from = timeline_target_xml(timeline, "target.xml");
    unsigned next = 0;
    int status = 0;

    while (status == 0 && from && (from = strstr(from, include))) {
        char name[128];
        const char *document;

        from += sizeof(include) - 1;
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, "\""), from);
        document = timeline_target_xml(timeline, name);
        status = document ? target_registers_add(registers, document, &next, error) : 0;
    }
    return status;
}

int probe_plan_read(struct probe_plan *plan, struct timeline *timeline, struct ebb_error *error)
{
    struct condition_target target = {
        .opaque = &plan->registers,
        .find_register = find_register,
        .long_bits = timeline_pc_register(timeline) == 32 ? 64 : 32,
    };

    if (read_registers(&plan->registers, timeline, error) < 0) {
        return -1;
    }
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
