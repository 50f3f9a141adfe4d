/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include "distance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the worker was told, as far as others have to know: where it let store-exclusives fail, once
 * each, by position. An exit may have done what was searched for as well. */
static int keep_decisions(struct resolve_findings *findings, struct decision_list *decisions,
                          struct ebb_error *error)
{
    findings->flips = calloc(decisions->count + 1, sizeof(*findings->flips));
    if (!findings->flips) {
        return ebb_fail_memory(error);
    }
    if (decisions->count) {
        qsort(decisions->list, decisions->count, sizeof(*decisions->list), decision_by_position);
    }
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        uint64_t position = decision->override.position;

        if (decision->override.kind != WORKER_CLEAR_EXCLUSIVE) {
            findings->replaced += decision->override.kind == WORKER_PLACE_EVENT;
        } else if (!findings->flip_count ||
                   findings->flips[findings->flip_count - 1].position != position) {
            findings->flips[findings->flip_count++] = (struct resolve_flip){position, decision->pc};
        }
    }
    return 0;
}

int findings_collect(struct resolve_findings *findings, const struct interval *interval,
                     const struct trail *tip, struct ebb_error *error)
{
    struct trail_counts counts = trail_counts(tip);
    struct decision_list decisions = {0};
    int status;

    *findings = (struct resolve_findings){
        .begin = interval->root->position,
        .end = tip->position,
        .first_event = interval->first_event,
        .event_count = tip->event_number - interval->first_event,
        .anchors = counts.anchors,
        .steps = counts.steps,
        .ambiguous = counts.ambiguous,
        .astray = counts.astray,
    };
    findings->packed = trail_pack(tip, &findings->packed_size);
    if (!findings->packed || trail_decisions(tip, interval->root, &decisions) ||
        trail_cleared(tip, &decisions)) {
        status = ebb_fail_memory(error);
    } else {
        status = keep_decisions(findings, &decisions, error);
    }
    free(decisions.list);
    return status;
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
static int describe_problem(struct resolve_findings *findings, const struct interval *interval,
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
static uint64_t last_good(const struct resolve_findings *findings,
                          const struct anchor_list *anchors)
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

int findings_explain(struct resolve_findings *findings, const struct interval *interval,
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
