/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notices.h"

#include <stdio.h>
#include <stdlib.h>

bool notices_is_cut_off(const struct ebb_log *log)
{
    struct ebb_log_summary summary;

    ebb_log_summary(log, &summary);
    return !summary.complete && !ebb_log_problem(log) && !ebb_log_damage(log);
}

void notices_tell(const struct recording *recording, struct timeline *timeline)
{
    const struct ebb_log *log = timeline_log(timeline);
    const char *problem = ebb_log_problem(log), *damage = ebb_log_damage(log);
    char *notice = timeline_take_notice(timeline);

    if (problem) {
        fprintf(stderr, "ebb: %s can be replayed up to position %llu only: %s\n",
                recording->directory, (unsigned long long)timeline_end(timeline), problem);
    }
    if (damage) {
        fprintf(stderr, "ebb: %s is damaged: %s; ebb verify tells how far it can be replayed\n",
                recording->directory, damage);
    }
    if (notice) {
        fprintf(stderr, "ebb: %s\n", notice);
    }
    free(notice);
}
