/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verification.h"

#include "json_list.h"
#include "progress.h"
#include "text.h"

#include "log/clock.h"
#include "log/digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NEVER (1ull << 48) /* instructions: days */

/* Takes the digests from the end event. A complete log has one, and so at least this event. */
static int read_end(struct verification *verification, struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int status;

    ebb_log_summary(verification->recording->log, &verification->summary);
    if (!verification->summary.complete) {
        return 0;
    }
    cursor = ebb_cursor_new(verification->recording->log, error);
    if (!cursor) {
        return -1;
    }
    status = ebb_cursor_seek_event(cursor, verification->summary.event_count - 1, error);
    if (status == 0) {
        status = ebb_cursor_next(cursor, &event, error);
    }
    verification->has_digests =
        status > 0 &&
        ebb_digest_of_end(&event, &verification->recorded_registers, &verification->recorded_ram);
    ebb_cursor_free(cursor);
    return status < 0 ? -1 : 0;
}

int verification_begin(struct verification *verification, const struct recording *recording,
                       struct resolution *resolution, struct ebb_error *error)
{
    *verification = (struct verification){.recording = recording, .resolution = resolution};
    return read_end(verification, error);
}

void verification_free(struct verification *verification)
{
    free(verification->report);
}

int verification_run(struct verification *verification, struct timeline *timeline, uint64_t limit,
                     struct ebb_error *error)
{
    /* History may end elsewhere than the recording says it does. */
    uint64_t end = limit == timeline_end(timeline) ? verification->summary.end_position : limit;
    struct timeline_stop stop;
    uint64_t start = ebb_clock_now();

    do {
        if (limit == timeline_end(timeline) ? timeline_note_pages(timeline, &stop, error)
                                            : timeline_run_forward(timeline, limit, &stop, error)) {
            return -1;
        }
    } while (stop.reason == TIMELINE_STOP_BREAKPOINT || stop.reason == TIMELINE_STOP_WATCHPOINT);
    verification->seconds += (double)(ebb_clock_now() - start) / 1e9;
    verification->position = timeline_position(timeline);
    if (stop.reason == TIMELINE_STOP_DAMAGED) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s; up to position %" PRIu64 " of %" PRIu64
                        " it replays as recorded, and can be debugged",
                        stop.report ? stop.report : "the recording is damaged",
                        verification->position, verification->summary.end_position);
    }
    if (stop.reason == TIMELINE_STOP_DIVERGED) {
        verification->report = stop.report ? strdup(stop.report) : NULL;
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "replay and log disagree after position %" PRIu64, verification->position);
    }
    if (stop.reason == TIMELINE_STOP_INTERRUPTED) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED,
                        "stopped at position %" PRIu64 " of %" PRIu64
                        "; up to there replay and recording agree",
                        verification->position, verification->summary.end_position);
    }
    if (verification->position != end) {
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "the replay ended at position %" PRIu64 ", the recording at %" PRIu64,
                        verification->position, verification->summary.end_position);
    }
    return timeline_digest(timeline, &verification->registers, &verification->ram, error);
}

struct timeline *verification_open(const struct recording *recording, uint64_t from,
                                   struct progress *progress, struct ebb_error *error)
{
    const struct timeline_options options = {
        .recording = recording->directory,
        .workers = 1,
        .checkpoint_every = NEVER, /* nothing is going to be visited again */
        .from = from,
        .replacing = progress_replacing,
        .progress = progress_show,
        .progress_opaque = progress,
    };

    progress_begin(progress, "verifying");
    progress->timeline = timeline_open(&options, error);
    return progress->timeline;
}

int verification_replay(struct verification *verification, uint64_t from, struct ebb_error *error)
{
    struct progress progress;
    struct timeline *timeline = verification_open(verification->recording, from, &progress, error);
    int status = -1;

    if (timeline) {
        verification->begin = from ? verification->begin : timeline_begin(timeline);
        status = verification_run(verification, timeline, timeline_end(timeline), error);
    }
    if (status == 0) {
        status = resolution_find_slide(verification->resolution, verification->recording, timeline,
                                       error);
    }
    timeline_close(timeline);
    progress_end(&progress);
    return status;
}

int verification_compare(const struct verification *verification, struct ebb_error *error)
{
    bool registers = verification->registers == verification->recorded_registers;
    bool ram = verification->ram == verification->recorded_ram;

    if (!verification->has_digests || (registers && ram)) {
        return 0;
    }
    return ebb_fail(error, EBB_ERROR_DIVERGED,
                    "every event matched, but at the end (position %" PRIu64
                    ") %s not as recorded: registers %016" PRIx64 " (recorded %016" PRIx64
                    "), RAM %016" PRIx64 " (recorded %016" PRIx64 ")",
                    verification->position,
                    registers ? "the RAM is"
                              : (ram ? "the registers are" : "registers and RAM are"),
                    verification->registers, verification->recorded_registers, verification->ram,
                    verification->recorded_ram);
}

int verification_fail_rest(const struct verification *verification, struct ebb_error *error)
{
    if (error->kind == EBB_ERROR_CORRUPT) {
        ebb_fail_prefix(error,
                        "all of it replays as recorded, from position %" PRIu64
                        " on, but not all of the recording is left",
                        verification->begin);
    }
    return -1;
}

static int print_json(const struct verification *verification, FILE *out, int status,
                      const struct ebb_error *problem, struct ebb_error *error)
{
    const char *directory = verification->recording->directory;
    uint64_t events = verification->summary.event_count - verification->summary.first_event;
    char registers[24], ram[24];
    json_t *document;

    snprintf(registers, sizeof(registers), "%016" PRIx64, verification->registers);
    snprintf(ram, sizeof(ram), "%016" PRIx64, verification->ram);
    document = json_pack("{s:o, s:b, s:b, s:b, s:o, s:o, s:f}", "directory",
                         json_printable(directory, strlen(directory)), "verified", status == 0,
                         "complete", verification->summary.complete, "end_state_compared",
                         status == 0 && verification->has_digests, "position",
                         json_unsigned(verification->position), "events", json_unsigned(events),
                         "seconds", verification->seconds);
    if (document && verification->resolution->done) {
        json_object_set_new(document, "resolve", resolution_json(verification->resolution));
    }
    if (document && status == 0) {
        json_object_set_new(document, "registers", json_string(registers));
        json_object_set_new(document, "ram", json_string(ram));
    } else if (document) {
        const char *text = verification->report ? verification->report : problem->message;

        json_object_set_new(document, "error", json_string(text));
    }
    return json_print(out, document, error);
}

static void print_text(const struct verification *verification, FILE *out)
{
    const struct ebb_log_summary *summary = &verification->summary;
    char instructions[TEXT_NUMBER_SIZE], events[TEXT_NUMBER_SIZE];

    fprintf(out, "%s: %s instructions and %s events replayed in %.2f s; ",
            verification->recording->directory,
            text_count(instructions, verification->position - summary->begin_position),
            text_count(events, summary->event_count - summary->first_event), verification->seconds);
    if (verification->has_digests) {
        fprintf(out, "registers and RAM at the end are as recorded\n");
    } else if (verification->summary.complete) {
        fprintf(out, "the recording does not say what its end looked like\n");
    } else {
        fprintf(out, "the recording was cut off, so there is no end to compare with\n");
    }
}

int verification_tell(const struct verification *verification, FILE *out, bool json, int status,
                      const struct ebb_error *problem, struct ebb_error *error)
{
    struct ebb_error ignored;

    if (json) {
        print_json(verification, out, status, problem, status == 0 ? error : &ignored);
    } else {
        resolution_print(verification->resolution, verification->recording, out);
        if (status == 0) {
            print_text(verification, out);
        }
    }
    if (verification->report) {
        fprintf(stderr, "%s\n", verification->report);
    }
    if (status < 0) {
        *error = *problem;
    }
    return status;
}
