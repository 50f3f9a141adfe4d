/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_profile.h"

#include "cli/arm_state.h"
#include "cli/json_list.h"
#include "cli/questions/samples.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 300u /* bytes of a function's name that are shown */

static int add_sample(struct report_profile *profile, struct report_sample sample)
{
    struct report_sample *samples;

    if (profile->count == profile->capacity) {
        profile->capacity = profile->capacity ? profile->capacity * 2 : 4096;
        samples = realloc(profile->samples, profile->capacity * sizeof(*samples));
        if (!samples) {
            return -1;
        }
        profile->samples = samples;
    }
    profile->samples[profile->count++] = sample;
    return 0;
}

int report_profile_take(struct report_profile *profile, const struct timeline_row *row,
                        struct ebb_error *error)
{
    char *name = samples_function(profile->symbols, row->pc, arm_state_is_user(row->mode));
    long place = name ? name_table_add(&profile->functions, name) : -1;
    struct report_sample sample = {.position = row->position, .function = (uint32_t)place};

    free(name);
    return place < 0 || add_sample(profile, sample) ? ebb_fail_memory(error) : 0;
}

void report_profile_free(struct report_profile *profile)
{
    name_table_free(&profile->functions);
    free(profile->samples);
}

json_t *report_profile_describe(const struct report_profile *profile, uint64_t every)
{
    json_t *functions = json_array(), *positions = json_array(), *places = json_array();

    for (size_t i = 0; i < profile->functions.count; i++) {
        const char *name = profile->functions.names[i];

        json_array_append_new(functions,
                              json_printable(name, text_cut(name, strlen(name), NAME_MOST)));
    }
    for (size_t i = 0; i < profile->count; i++) {
        json_array_append_new(positions, json_unsigned(profile->samples[i].position));
        json_array_append_new(places, json_integer(profile->samples[i].function));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "every", json_unsigned(every), "functions", functions,
                     "positions", positions, "samples", places);
}
