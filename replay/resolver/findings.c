/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include "distance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_free(struct findings *findings)
{
    free(findings->packed);
    free(findings->decisions.list);
    free(findings->problem);
    *findings = (struct findings){0};
}

int findings_collect(struct findings *findings, const struct interval *interval,
                     const struct trail *tip, struct ebb_error *error)
{
    *findings = (struct findings){
        .begin = interval->root->position,
        .end = tip->position,
        .first_event = interval->first_event,
        .event_count = tip->event_number - interval->first_event,
        .counts = trail_counts(tip),
    };
    findings->packed = trail_pack(tip, &findings->packed_size);
    if (!findings->packed || trail_decisions(tip, interval->root, &findings->decisions) ||
        trail_cleared(tip, &findings->decisions)) {
        return ebb_fail_memory(error);
    }
    return 0;
}

/* Why store-exclusives had to be searched for; for free(), NULL without memory. */
static char *describe_exits(const struct interval *interval)
{
    char *text = NULL;

    if (!interval->effort.exclusives) {
        text = strdup("");
    } else if (!interval->anchors.exits) {
        text =
            strdup("\nthe host has noted no exits of the guest there, which would have shown the "
                   "store-exclusives that failed; ebb doctor says on the host what to do");
    } else if (!interval->anchors.lost_exits) {
        text = strdup("");
    } else if (asprintf(&text,
                        "\n%" PRIu64 " exits of the guest are missing, since the host was too busy "
                        "to note them",
                        interval->anchors.lost_exits) < 0) {
        text = NULL;
    }
    return text;
}

/* What is wrong, and what was done about it; positions in it are the worker's. */
static int describe_problem(struct findings *findings, const struct interval *interval,
                            const struct failure *failure, struct ebb_error *error)
{
    const struct effort *effort = &interval->effort;
    char *exits = describe_exits(interval);

    if (!exits ||
        asprintf(&findings->problem,
                 "%s\n"
                 "tried: %u other places for events, %u wider searches, %u times without exits, %u "
                 "store-exclusives made to fail (%u replays); none of it fits the recording%s",
                 failure->report ? failure->report : "replay and log disagree", effort->places,
                 effort->searches, effort->exits, effort->exclusives, effort->replays, exits) < 0) {
        findings->problem = NULL;
    }
    free(exits);
    return findings->problem ? 0 : ebb_fail_memory(error);
}

/* The last anchor before the failure: there the registers were right. */
static uint64_t last_good(const struct findings *findings, const struct anchor_list *anchors)
{
    const uint8_t *packed = findings->packed;
    uint64_t position = findings->begin, good = findings->begin, distance;
    size_t anchor = 0;

    for (uint64_t i = 0; i < findings->event_count; i++) {
        packed = distance_unpack(packed, &distance);
        position += distance;
        while (anchor < anchors->count && anchors->events[anchor] < findings->first_event + i) {
            anchor++;
        }
        if (anchor < anchors->count && anchors->events[anchor] == findings->first_event + i) {
            good = position;
        }
    }
    return good;
}

int findings_explain(struct findings *findings, const struct interval *interval,
                     const struct failure *failure, const struct failure *last,
                     struct ebb_error *error)
{
    /* Up to the instruction that did something else everything can be looked at. */
    if (last->kind == FAILURE_DIVERGED && last->position > findings->end) {
        findings->end = last->position;
    }
    findings->good = last_good(findings, &interval->anchors);
    return describe_problem(findings, interval, failure, error);
}
