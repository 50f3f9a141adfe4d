/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "searched.h"

/* Less than this part of base_every is searched again in no time, and would push out what is not.
 */
#define WORTHWHILE_PART 10u

/* True if what was searched tells the last hit before `to`, where there is none after `from`. */
static bool tells(const struct searched *searched, struct moment from, struct moment to)
{
    if (moment_before(searched->to, to)) {
        return false;
    }
    return searched->hit ? moment_before(searched->last_hit.moment, to)
                         : !moment_before(from, searched->from);
}

bool searched_before(const struct timeline *timeline, struct moment from, struct moment to,
                     struct search_result *result)
{
    for (size_t i = 0; i < TIMELINE_SEARCHED; i++) {
        const struct searched *searched = &timeline->searched[i];

        if (searched->breakpoints.count &&
            breakpoint_list_same(&searched->breakpoints, &timeline->breakpoints) &&
            tells(searched, from, to)) {
            *result = (struct search_result){.kind = SEARCH_NOTHING};
            if (searched->hit && moment_before(from, searched->last_hit.moment)) {
                result->kind = SEARCH_HIT;
                result->hit = searched->last_hit;
            }
            return true;
        }
    }
    return false;
}

static bool is_worthwhile(const struct timeline *timeline, struct moment from, struct moment to,
                          const struct search_result *result)
{
    uint64_t first = result->kind == SEARCH_HIT ? result->hit.moment.position : from.position;

    return to.position - first >= timeline->base_every / WORTHWHILE_PART;
}

void searched_keep(struct timeline *timeline, struct moment from, struct moment to,
                   const struct search_result *result)
{
    struct searched *searched = &timeline->searched[timeline->next_searched];
    struct breakpoint_list breakpoints;

    if (timeline->damage_met || (result->kind != SEARCH_NOTHING && result->kind != SEARCH_HIT) ||
        !is_worthwhile(timeline, from, to, result)) {
        return;
    }
    if (!breakpoint_list_copy(&timeline->breakpoints, &breakpoints)) {
        return;
    }
    breakpoint_list_free(&searched->breakpoints);
    *searched = (struct searched){
        .breakpoints = breakpoints,
        .from = from,
        .to = to,
        .hit = result->kind == SEARCH_HIT,
        .last_hit = result->hit,
    };
    timeline->next_searched = (timeline->next_searched + 1) % TIMELINE_SEARCHED;
}

void searched_forget_all(struct timeline *timeline)
{
    for (size_t i = 0; i < TIMELINE_SEARCHED; i++) {
        breakpoint_list_free(&timeline->searched[i].breakpoints);
    }
}
