/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb verify: replays everything and compares the end. */
#include "commands.h"
#include "json_list.h"
#include "programs.h"
#include "progress.h"
#include "recording.h"
#include "resolution.h"
#include "text.h"
#include "walls_check.h"

#include "log/clock.h"
#include "log/digest.h"
#include "replay/timeline/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEVER (1ull << 48) /* instructions: days */

struct verify {
    struct recording recording;
    struct resolution resolution;
    struct ebb_log_summary summary;
    bool has_digests;
    uint64_t recorded_registers, recorded_ram; /* digests at the end event */
    uint64_t registers, ram;                   /* the same after the replay */
    uint64_t begin, position;
    double seconds;
    char *report; /* how replay and log disagree; NULL: they do not */
};

/* Takes the digests from the end event. A complete log has one, and so at least this event. */
static int read_end(struct verify *verify, struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int status;

    ebb_log_summary(verify->recording.log, &verify->summary);
    if (!verify->summary.complete) {
        return 0;
    }
    cursor = ebb_cursor_new(verify->recording.log, error);
    if (!cursor) {
        return -1;
    }
    status = ebb_cursor_seek_event(cursor, verify->summary.event_count - 1, error);
    if (status == 0) {
        status = ebb_cursor_next(cursor, &event, error);
    }
    verify->has_digests =
        status > 0 && ebb_digest_of_end(&event, &verify->recorded_registers, &verify->recorded_ram);
    ebb_cursor_free(cursor);
    return status < 0 ? -1 : 0;
}

/* Runs from the beginning to the end of the timeline. */
static int run_to_end(struct verify *verify, struct timeline *timeline, struct ebb_error *error)
{
    struct timeline_stop stop;
    uint64_t start = ebb_clock_now();

    do {
        if (timeline_run_forward(timeline, timeline_end(timeline), &stop, error) < 0) {
            return -1;
        }
    } while (stop.reason == TIMELINE_STOP_BREAKPOINT || stop.reason == TIMELINE_STOP_WATCHPOINT);
    verify->seconds = (double)(ebb_clock_now() - start) / 1e9;
    verify->position = timeline_position(timeline);
    if (stop.reason == TIMELINE_STOP_DAMAGED) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s; up to position %" PRIu64 " of %" PRIu64
                        " it replays as recorded, and can be debugged",
                        stop.report ? stop.report : "the recording is damaged", verify->position,
                        verify->summary.end_position);
    }
    if (stop.reason == TIMELINE_STOP_DIVERGED) {
        verify->report = stop.report ? strdup(stop.report) : NULL;
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "replay and log disagree after position %" PRIu64, verify->position);
    }
    if (stop.reason == TIMELINE_STOP_INTERRUPTED) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED,
                        "stopped at position %" PRIu64 " of %" PRIu64
                        "; up to there replay and recording agree",
                        verify->position, verify->summary.end_position);
    }
    if (verify->position != verify->summary.end_position) {
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "the replay ended at position %" PRIu64 ", the recording at %" PRIu64,
                        verify->position, verify->summary.end_position);
    }
    return timeline_digest(timeline, &verify->registers, &verify->ram, error);
}

static int compare(const struct verify *verify, struct ebb_error *error)
{
    bool registers = verify->registers == verify->recorded_registers;
    bool ram = verify->ram == verify->recorded_ram;

    if (!verify->has_digests || (registers && ram)) {
        return 0;
    }
    return ebb_fail(
        error, EBB_ERROR_DIVERGED,
        "every event matched, but at the end (position %" PRIu64
        ") %s not as recorded: registers %016" PRIx64 " (recorded %016" PRIx64 "), RAM %016" PRIx64
        " (recorded %016" PRIx64 ")",
        verify->position,
        registers ? "the RAM is" : (ram ? "the registers are" : "registers and RAM are"),
        verify->registers, verify->recorded_registers, verify->ram, verify->recorded_ram);
}

/* What the replay had no need to look at. */
static int check_rest(const struct verify *verify, struct ebb_error *error)
{
    if (ebb_log_check(verify->recording.log, error) == 0) {
        return 0;
    }
    if (error->kind == EBB_ERROR_CORRUPT) {
        ebb_fail_prefix(error,
                        "all of it replays as recorded, from position %" PRIu64
                        " on, but not all of the recording is left",
                        verify->begin);
    }
    return -1;
}

static int replay(struct verify *verify, struct ebb_error *error)
{
    struct progress progress;
    struct timeline_options options = {
        .recording = verify->recording.directory,
        .workers = 1,
        /* Nothing is going to be visited again, so no checkpoints on the way. */
        .checkpoint_every = NEVER,
        .replacing = progress_replacing,
        .progress = progress_show,
        .progress_opaque = &progress,
    };
    struct timeline *timeline = NULL;
    int status = -1;

    progress_begin(&progress, "verifying");
    timeline = timeline_open(&options, error);
    if (timeline) {
        progress.timeline = timeline;
        verify->begin = timeline_begin(timeline);
        status = run_to_end(verify, timeline, error);
    }
    if (status == 0) {
        status = resolution_find_slide(&verify->resolution, &verify->recording, timeline, error);
    }
    timeline_close(timeline);
    progress_end(&progress);
    return status < 0 || compare(verify, error) < 0 ? -1 : check_rest(verify, error);
}

static int print_json(const struct verify *verify, int status, const struct ebb_error *problem,
                      struct ebb_error *error)
{
    const char *directory = verify->recording.directory;
    uint64_t events = verify->summary.event_count - verify->summary.first_event;
    char registers[24], ram[24];
    json_t *document;

    snprintf(registers, sizeof(registers), "%016" PRIx64, verify->registers);
    snprintf(ram, sizeof(ram), "%016" PRIx64, verify->ram);
    document =
        json_pack("{s:o, s:b, s:b, s:b, s:o, s:o, s:f}", "directory",
                  json_printable(directory, strlen(directory)), "verified", status == 0, "complete",
                  verify->summary.complete, "end_state_compared",
                  status == 0 && verify->has_digests, "position", json_unsigned(verify->position),
                  "events", json_unsigned(events), "seconds", verify->seconds);
    if (document && verify->resolution.done) {
        json_object_set_new(document, "resolve", resolution_json(&verify->resolution));
    }
    if (document && status == 0) {
        json_object_set_new(document, "registers", json_string(registers));
        json_object_set_new(document, "ram", json_string(ram));
    } else if (document) {
        const char *text = verify->report ? verify->report : problem->message;

        json_object_set_new(document, "error", json_string(text));
    }
    return json_print(stdout, document, error);
}

static void print_text(const struct verify *verify)
{
    const struct ebb_log_summary *summary = &verify->summary;
    char instructions[TEXT_NUMBER_SIZE], events[TEXT_NUMBER_SIZE];

    printf("%s: %s instructions and %s events replayed in %.2f s; ", verify->recording.directory,
           text_count(instructions, verify->position - summary->begin_position),
           text_count(events, summary->event_count - summary->first_event), verify->seconds);
    if (verify->has_digests) {
        printf("registers and RAM at the end are as recorded\n");
    } else if (verify->summary.complete) {
        printf("the recording does not say what its end looked like\n");
    } else {
        printf("the recording was cut off, so there is no end to compare with\n");
    }
}

enum { VERIFY_JSON, VERIFY_RESOLVE_AGAIN };

static const struct option_spec options[] = {
    [VERIFY_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    [VERIFY_RESOLVE_AGAIN] = {"resolve-again", 0, NULL,
                              "Finds the positions of a recording made under KVM again, even if "
                              "they are known."},
    {0},
};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct verify verify = {0};
    struct ebb_error problem = {0}, ignored;
    int status = -1;

    walls_check_before_replay();
    if (recording_open(&verify.recording, arguments, &problem) == 0 &&
        resolution_make(&verify.resolution, &verify.recording,
                        arguments->values[VERIFY_RESOLVE_AGAIN] != NULL, &problem) == 0 &&
        read_end(&verify, &problem) == 0) {
        status = replay(&verify, &problem);
    }
    if (arguments->values[VERIFY_JSON] && verify.recording.directory) {
        print_json(&verify, status, &problem, status == 0 ? error : &ignored);
    } else {
        resolution_print(&verify.resolution, &verify.recording);
        if (status == 0) {
            print_text(&verify);
        }
    }
    if (verify.report) {
        fprintf(stderr, "%s\n", verify.report);
    }
    free(verify.report);
    resolution_free(&verify.resolution);
    recording_close(&verify.recording);
    if (status < 0) {
        *error = problem;
    }
    return status;
}

const struct command command_verify = {
    .name = "verify",
    .summary = "replays a recording and compares it with what was recorded",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the whole recording at full speed. Every event is compared with the log on the "
        "way, registers and RAM at the end with their digests from the recording. Of a recording "
        "that was cut off, what is there is replayed.\n\n"
        "A recording made under KVM is resolved first, unless an earlier replay has done so: to "
        "find the positions of its events, intervals between keyframes are replayed in parallel, "
        "and the end of each is compared with the next keyframe. What was found is told, "
        "store-exclusives that failed on the host for reasons that the guest could not see "
        "included.\n\n"
        "The exit status is 0 if everything is as recorded, and 3 with a report on standard error "
        "if not. It is 4 if the recording is damaged, with where that is and what of it replays "
        "all the same.",
    .examples = "ebb verify ebb-recording-3\n",
    .options = options,
    .run = run,
};
