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
                    unsigned workers, struct ebb_error *error)
{
    struct progress progress;
    struct resolve_options options = {
        .recording = recording->directory,
        .workers = workers,
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

int resolution_find_slide_anew(struct resolution *resolution, const struct recording *recording,
                               struct ebb_error *error)
{
    const struct timeline_options options = {
        .recording = recording->directory,
        .replacing = progress_replacing,
    };
    struct symbols *symbols = resolution->result.flip_count ? open_symbols(recording) : NULL;
    struct timeline *timeline;
    int status;

    symbols_close(symbols);
    if (!symbols) {
        return 0;
    }
    timeline = timeline_open(&options, error);
    status = timeline ? resolution_find_slide(resolution, recording, timeline, error) : -1;
    timeline_close(timeline);
    return status;
}

static void print_flips(const struct resolution *resolution, const struct recording *recording,
                        FILE *out)
{
    const struct resolve_result *result = &resolution->result;
    struct symbols *symbols = open_symbols(recording);

    if (symbols) {
        symbols_move(symbols, resolution->slide);
    }
    fprintf(out, "%zu store-exclusives failed on the host and were made to fail:\n",
            result->flip_count);
    for (size_t i = 0; i < result->flip_count && i < FLIPS_PRINTED; i++) {
        const struct resolve_flip *flip = &result->flips[i];
        char where[200] = "";

        if (symbols) {
            symbols_describe(symbols, flip->pc, where, sizeof(where));
        }
        fprintf(out, "  at position %" PRIu64 ", PC 0x%" PRIx64 "%s%s\n", flip->position, flip->pc,
                *where ? " " : "", where);
    }
    if (result->flip_count > FLIPS_PRINTED) {
        fprintf(out, "  and %zu more\n", result->flip_count - FLIPS_PRINTED);
    }
    symbols_close(symbols);
}

void resolution_print(const struct resolution *resolution, const struct recording *recording,
                      FILE *out)
{
    const struct resolve_result *result = &resolution->result;
    char events[TEXT_NUMBER_SIZE], anchors[TEXT_NUMBER_SIZE];

    if (!resolution->done) {
        return;
    }
    fprintf(out,
            "%s: positions of %s events found in %.2f s, in %" PRIu64 " intervals; %s anchors, "
            "%.1f steps each",
            recording->directory, text_count(events, result->events), result->seconds,
            result->intervals, text_count(anchors, result->anchors), steps_per_anchor(result));
    if (result->ambiguous) {
        fprintf(out,
                "; %" PRIu64 " matched at several places, %" PRIu64
                " of them were not at the likeliest one",
                result->ambiguous, result->replaced);
    }
    fprintf(out, "\n");
    if (result->flip_count) {
        print_flips(resolution, recording, out);
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

int resolution_finish(struct resolution *resolution, struct recording *recording,
                      struct ebb_error *error)
{
    return recording_open_log(recording, ebb_log_open, error) < 0
               ? -1
               : resolution_find_slide_anew(resolution, recording, error);
}

static json_t *document_json(const struct resolution *resolution, const struct recording *recording,
                             const char *problem)
{
    json_t *document = json_pack("{s:o, s:b}", "directory",
                                 json_printable(recording->directory, strlen(recording->directory)),
                                 "resolved", problem == NULL);

    if (document && resolution->done) {
        json_object_set_new(document, "resolve", resolution_json(resolution));
    }
    if (document && problem) {
        json_object_set_new(document, "error", json_string(problem));
    }
    return document;
}

int resolution_tell(const struct resolution *resolution, const struct recording *recording,
                    FILE *out, bool json, struct ebb_error *error)
{
    const char *problem = ebb_log_problem(recording->log);

    if (json && json_print(out, document_json(resolution, recording, problem), error) < 0) {
        return -1;
    }
    if (!json && !resolution->done) {
        fprintf(out, "%s: its positions are known\n", recording->directory);
    } else if (!json) {
        resolution_print(resolution, recording, out);
    }
    if (!problem) {
        return 0;
    }
    fprintf(stderr, "%s\n", problem);
    return ebb_fail(error, EBB_ERROR_DIVERGED, "%s cannot be resolved to its end",
                    recording->directory);
}
