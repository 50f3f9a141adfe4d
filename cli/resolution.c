/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolution.h"

#include "json_list.h"
#include "progress.h"
#include "slide.h"
#include "symbol_file.h"
#include "symbols.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLIPS_PRINTED 20u

static bool has_counts(const struct recording *recording)
{
    struct ebb_log_summary summary;

    ebb_log_summary(recording->log, &summary);
    return summary.counts;
}

int resolution_make(struct resolution *resolution, struct recording *recording, bool again,
                    struct ebb_error *error)
{
    struct progress progress;
    struct resolve_options options = {
        .recording = recording->directory,
        .progress = progress_resolving,
        .progress_opaque = &progress,
    };
    int status;

    *resolution = (struct resolution){0};
    if (!recording->counts && !(again && has_counts(recording))) {
        return 0;
    }
    progress_begin(&progress, "resolving");
    status = resolve_recording(&options, &resolution->result, error);
    progress_end(&progress);
    if (status < 0) {
        return -1;
    }
    resolution->done = true;
    return recording_open_log(recording, ebb_log_open, error);
}

void resolution_free(struct resolution *resolution)
{
    resolve_result_free(&resolution->result);
}

static double steps_per_anchor(const struct resolve_result *result)
{
    return result->anchors ? (double)result->steps / (double)result->anchors : 0;
}

/* The recording's own symbols; NULL: there are none. */
static struct symbols *open_symbols(const struct recording *recording)
{
    struct symbols *symbols = NULL;
    char *path = NULL;

    if (symbol_file_find(recording, NULL, &path, NULL) == 0 && path) {
        symbols = symbols_open(path, NULL);
    }
    free(path);
    return symbols;
}

int resolution_find_slide(struct resolution *resolution, const struct recording *recording,
                          struct timeline *timeline, struct ebb_error *error)
{
    struct symbols *symbols = resolution->result.flip_count ? open_symbols(recording) : NULL;
    struct slide slide = {0};
    int status = symbols ? slide_find(&slide, timeline, symbols, error) : 0;

    resolution->slide = slide.offset;
    symbols_close(symbols);
    return status;
}

static void print_flips(const struct resolution *resolution, const struct recording *recording)
{
    const struct resolve_result *result = &resolution->result;
    struct symbols *symbols = open_symbols(recording);

    if (symbols) {
        symbols_move(symbols, resolution->slide);
    }
    printf("%zu store-exclusives failed on the host and were made to fail:\n", result->flip_count);
    for (size_t i = 0; i < result->flip_count && i < FLIPS_PRINTED; i++) {
        const struct resolve_flip *flip = &result->flips[i];
        char where[200] = "";

        if (symbols) {
            symbols_describe(symbols, flip->pc, where, sizeof(where));
        }
        printf("  at position %" PRIu64 ", PC 0x%" PRIx64 "%s%s\n", flip->position, flip->pc,
               *where ? " " : "", where);
    }
    if (result->flip_count > FLIPS_PRINTED) {
        printf("  and %zu more\n", result->flip_count - FLIPS_PRINTED);
    }
    symbols_close(symbols);
}

void resolution_print(const struct resolution *resolution, const struct recording *recording)
{
    const struct resolve_result *result = &resolution->result;
    char events[TEXT_NUMBER_SIZE], anchors[TEXT_NUMBER_SIZE];

    if (!resolution->done) {
        return;
    }
    printf("%s: positions of %s events found in %.2f s, in %" PRIu64 " intervals; %s anchors, "
           "%.1f steps each",
           recording->directory, text_count(events, result->events), result->seconds,
           result->intervals, text_count(anchors, result->anchors), steps_per_anchor(result));
    if (result->ambiguous) {
        printf("; %" PRIu64 " matched at several places, %" PRIu64
               " of them were not at the likeliest one",
               result->ambiguous, result->replaced);
    }
    printf("\n");
    if (result->flip_count) {
        print_flips(resolution, recording);
    }
}

static json_t *flips_json(const struct resolve_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < result->flip_count; i++) {
        json_array_append_new(list, json_pack("{s:o, s:o}", "position",
                                              json_unsigned(result->flips[i].position), "pc",
                                              json_hexadecimal(result->flips[i].pc)));
    }
    return list;
}

json_t *resolution_json(const struct resolution *resolution)
{
    const struct resolve_result *result = &resolution->result;
    json_t *document = json_pack(
        "{s:f, s:i, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o}", "seconds", result->seconds,
        "workers", (int)result->workers, "intervals", json_unsigned(result->intervals), "events",
        json_unsigned(result->events), "anchors", json_unsigned(result->anchors), "steps",
        json_unsigned(result->steps), "steps_per_anchor", steps_per_anchor(result), "ambiguous",
        json_unsigned(result->ambiguous), "replaced", json_unsigned(result->replaced), "astray",
        json_unsigned(result->astray), "exclusives", flips_json(result));

    if (document && result->problem) {
        json_object_set_new(document, "problem",
                            json_printable(result->problem, strlen(result->problem)));
    }
    return document;
}
