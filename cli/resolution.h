/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving a recording made under KVM, as a command does it: with a progress bar, and a report of
 * what was found.
 */
#ifndef EBB_CLI_RESOLUTION_H
#define EBB_CLI_RESOLUTION_H

#include "replay/resolver/resolver.h"
#include "replay/timeline/timeline.h"
#include "recording.h"

#include <jansson.h>
#include <stdio.h>

struct resolution {
    bool done; /* by this command, not by an earlier one */
    struct resolve_result result;
    uint64_t slide; /* of the recording's symbols */
};

/*
 * Resolves a recording whose log has counts, or, with again, one that was resolved before as well,
 * and opens its log again. Any other is left as it is. At work are so many workers, 0 for as many
 * as usual. resolution_free() also after an error.
 */
int resolution_make(struct resolution *resolution, struct recording *recording, bool again,
                    unsigned workers, struct ebb_error *error);
void resolution_free(struct resolution *resolution);

/* Moves the names of functions to where the guest has moved its code (slide.h). */
int resolution_find_slide(struct resolution *resolution, const struct recording *recording,
                          struct timeline *timeline, struct ebb_error *error);

/* The same for who has no timeline: opens one if there are names to be told. */
int resolution_find_slide_anew(struct resolution *resolution, const struct recording *recording,
                               struct ebb_error *error);

/* What was found, for people; functions' names come from the recording's symbols. */
void resolution_print(const struct resolution *resolution, const struct recording *recording,
                      FILE *out);
/* The same as a JSON object; NULL without memory. */
json_t *resolution_json(const struct resolution *resolution);

/* What follows is for who only resolves. After an index was written: opens the log with it, and
 * finds what is needed to tell of it. */
int resolution_finish(struct resolution *resolution, struct recording *recording,
                      struct ebb_error *error);

/* Prints what came of it to out, as a JSON document or as text. EBB_ERROR_DIVERGED if the recording
 * cannot be resolved to its end: then standard error has the reason. */
int resolution_tell(const struct resolution *resolution, const struct recording *recording,
                    FILE *out, bool json, struct ebb_error *error);

#endif
