/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb report: a page to look at a recording with, in any browser. */
#include "exception_json.h"
#include "exception_words.h"
#include "happenings.h"
#include "questions.h"
#include "samples.h"

#include "cli/exports/notes.h"
#include "cli/new_file.h"
#include "cli/report/report_file.h"
#include "cli/report/report_profile.h"
#include "cli/report/report_rows.h"
#include "cli/report/report_tasks.h"
#include "cli/stop_signals.h"
#include "cli/text.h"
#include "cli/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_OUTPUT = QUESTION_OWN_WITHOUT_ROWS, REPORT_LIMIT };

static const struct option_spec options[] = {
    QUESTION_OPTIONS_WITHOUT_ROWS,
    [REPORT_OUTPUT] = {"output", 'o', "FILE",
                       "Writes the page to this file, which is there when all of it is written, in "
                       "the place of one of that name."},
    [REPORT_LIMIT] = {"limit", 0, "N",
                      "Rows of the time line have up to N events one by one, 5000 by default. Of a "
                      "row with more the page has how many there are in each of 2000 parts, and of "
                      "the console the first N lines as well; it says so."},
    {0},
};

#define LIMIT 5000u
#define LIMIT_MOST 1000000u
#define LINE_MOST 1000u /* bytes of a line of the console that are shown */
#define NAME_SIZE 120u

struct report {
    struct question *question;
    struct clock_follower clock;
    struct happenings happenings;
    struct report_rows rows;
    struct report_tasks tasks;
    struct report_profile profile;
    json_t *times; /* [position, nanoseconds] of each reading of the guest's clock */
    unsigned long long limit;
    struct ebb_error *error;
};

/* Puts an event on a row that is there. describe makes the event, if it is wanted. */
static int put(struct report *report, struct report_row *row, uint64_t position,
               json_t *(*describe)(struct report *report, const void *what), const void *what)
{
    if (!row) {
        return -1;
    }
    return report_rows_count(&report->rows, row, position)
               ? report_rows_keep(&report->rows, row, describe(report, what), report->error)
               : 0;
}

static const struct {
    const char *name;
    enum report_group group;
} note_rows[] = {
    [NOTE_CONSOLE] = {"console", REPORT_CONSOLE},
    [NOTE_MARKER] = {"markers", REPORT_MARKERS},
    [NOTE_BOOKMARK] = {"bookmarks", REPORT_BOOKMARKS},
    [NOTE_KEYFRAME] = {"keyframes", REPORT_KEYFRAMES},
};

/* A line that is cut says how long it is. */
static void cut_line(json_t *event, const char *text)
{
    size_t length = strlen(text), cut = text_cut(text, length, LINE_MOST);

    if (cut < length) {
        json_object_set_new(event, "text", json_stringn(text, cut));
        json_object_set_new(event, "length", json_unsigned(length));
    }
}

static json_t *describe_note(struct report *report, const void *what)
{
    const struct note *note = what;
    json_t *event = json_pack("{s:o}", "position", json_unsigned(note->position));

    (void)report;
    if (!event || json_object_update(event, note->details)) {
        json_decref(event);
        return NULL;
    }
    if (note->kind == NOTE_CONSOLE) {
        cut_line(event, note->name);
    } else {
        json_object_set_new(event, "name", json_string(note->name));
    }
    return event;
}

static int take_note(void *opaque, const struct note *note, struct ebb_error *error)
{
    struct report *report = opaque;
    struct report_row *row;

    if (note->kind == NOTE_TIME) {
        return json_array_append_new(report->times,
                                     json_pack("[o, o]", json_unsigned(note->position),
                                               json_unsigned(note->nanoseconds)))
                   ? ebb_fail_memory(error)
                   : 0;
    }
    row = report_rows_find(&report->rows, note_rows[note->kind].group, 0);
    if (!row) {
        row = report_rows_add(&report->rows, note_rows[note->kind].group, 0,
                              note_rows[note->kind].name, error);
    }
    return put(report, row, note->position, describe_note, note);
}

static json_t *describe_exception(struct report *report, const void *what)
{
    return exception_describe(what, &report->question->locations);
}

static int take_exception(void *opaque, const struct timeline_row *row)
{
    struct report *report = opaque;
    struct report_row *place = report_rows_find(&report->rows, REPORT_EXCEPTIONS, row->exception);

    if (!place) {
        place = report_rows_add(&report->rows, REPORT_EXCEPTIONS, row->exception,
                                exception_kind_name(row->exception), report->error);
    }
    return put(report, place, row->position, describe_exception, row);
}

static json_t *describe_irq(struct report *report, const void *what)
{
    return irq_list_describe(&report->happenings.irqs, &report->question->locations, what);
}

static struct report_row *add_irqs(struct report *report, uint64_t key, const struct irq *irq)
{
    const char *kind = exception_kind_name(irq->row.exception);
    const char *device = irq_list_name(&report->happenings.irqs, irq->number);
    char name[NAME_SIZE], *printable;
    struct report_row *row;

    if (irq->number == IRQ_UNKNOWN) {
        snprintf(name, sizeof(name), "%s unknown", kind);
    } else {
        snprintf(name, sizeof(name), *device ? "%s %" PRIu64 " (%s)" : "%s %" PRIu64, kind,
                 irq->number, device);
    }
    printable = text_printable(name, strlen(name));
    row = printable
              ? report_rows_add(&report->rows, REPORT_INTERRUPTS, key, printable, report->error)
              : NULL;
    free(printable);
    return row;
}

static int take_irq(void *opaque, const struct irq *irq)
{
    struct report *report = opaque;
    /* One of unknown number comes last. */
    uint64_t number = irq->number == IRQ_UNKNOWN ? UINT32_MAX : irq->number;
    uint64_t key = number * TIMELINE_EXCEPTIONS + irq->row.exception;
    struct report_row *row = report_rows_find(&report->rows, REPORT_INTERRUPTS, key);

    return put(report, row ? row : add_irqs(report, key, irq), irq->row.position, describe_irq,
               irq);
}

static int take_task(void *opaque, const struct task *task, uint64_t from, uint64_t to)
{
    struct report *report = opaque;

    return report_tasks_take(&report->tasks, task, from, to, report->error);
}

static int take_sample(void *opaque, const struct timeline_row *row)
{
    struct report *report = opaque;

    return report_profile_take(&report->profile, row, report->error);
}

static const struct happenings_visitor visitor = {
    .task = take_task,
    .interrupt = take_irq,
    .exception = take_exception,
    .sample = take_sample,
};

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text) {
        json_object_set_new(object, name, json_printable(text, strlen(text)));
    }
}

/* As a word of the commands that the page shows. */
static void set_word(json_t *object, const char *name, const char *text)
{
    char *printable = text ? text_printable(text, strlen(text)) : NULL;
    char *word = printable ? text_shell_word(printable) : NULL;

    if (word) {
        json_object_set_new(object, name, json_string(word));
    }
    free(word);
    free(printable);
}

static json_t *describe_recording(const struct question *question)
{
    const struct manifest *manifest = question->recording.manifest;
    json_t *object = json_object();

    set_text(object, "directory", question->recording.directory);
    set_word(object, "word", question->recording.directory);
    set_text(object, "created", manifest->created);
    set_text(object, "machine", manifest->machine);
    set_text(object, "cpu", manifest->cpu);
    set_text(object, "architecture", manifest->architecture);
    set_text(object, "accelerator", manifest->accelerator);
    set_text(object, "symbols", question->symbol_file);
    set_word(object, "symbols_word", question->arguments->values[QUESTION_SYMBOLS]);
    json_object_set_new(object, "begin", json_unsigned(timeline_begin(question->timeline)));
    json_object_set_new(object, "end", json_unsigned(timeline_end(question->timeline)));
    return object;
}

static json_t *describe(struct report *report)
{
    const struct timeline_scan *part = &report->question->scan;

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:O, s:o, s:o, s:o}", "ebb",
                     EBB_VERSION, "recording", describe_recording(report->question), "from",
                     json_unsigned(part->from), "to", json_unsigned(part->to), "limit",
                     json_unsigned(report->limit), "bin", json_unsigned(report->rows.bin), "bins",
                     json_unsigned(REPORT_BINS), "by_table", report->happenings.switches.by_table,
                     "times", report->times, "rows", report_rows_describe(&report->rows), "tasks",
                     report_tasks_describe(&report->tasks), "profile",
                     report_profile_describe(&report->profile, part->sample_every));
}

static int write_page(struct report *report, const char *path)
{
    struct new_file new;
    int status;

    if (new_file_open(&new, path, report->error) < 0) {
        return -1;
    }
    status = report_file_write(new.file, describe(report), report->error);
    if (status == 0) {
        status = new_file_finish(&new, report->error);
    }
    new_file_drop(&new);
    return status;
}

/* Of positions, what happens at the end of history belongs to no position before. */
static int collect(struct report *report)
{
    struct question *question = report->question;
    struct timeline_scan *part = &question->scan;
    uint64_t last = part->to - (part->to < timeline_end(question->timeline));

    report->profile.symbols = question->symbols;
    report->times = json_array();
    report_rows_begin(&report->rows, part->from, part->to, report->limit);
    if (!report->times) {
        return ebb_fail_memory(report->error);
    }
    part->sample_every = samples_distance(part);
    part->context = true;
    return report_tasks_begin(&report->tasks, &report->rows, report->error) ||
                   clock_follower_open(&report->clock, question, report->error) ||
                   happenings_open(&report->happenings, question, report->error) ||
                   notes_visit(question, &report->clock, part->from, last, take_note, report,
                               report->error) ||
                   happenings_scan(&report->happenings, &visitor, report, report->error)
               ? -1
               : 0;
}

static void free_report(struct report *report)
{
    happenings_close(&report->happenings);
    clock_follower_close(&report->clock);
    report_profile_free(&report->profile);
    report_tasks_free(&report->tasks);
    report_rows_free(&report->rows);
    json_decref(report->times);
}

static int make(struct report *report, const struct arguments *arguments)
{
    const char *path = arguments->values[REPORT_OUTPUT];
    struct question question = {
        .without_operand = true, .without_rows = true, .has_own_output = true};
    int status = -1;

    report->question = &question;
    if (new_file_check(path, report->error) == 0 &&
        question_open(&question, arguments, report->error) == 0 && collect(report) == 0) {
        status = write_page(report, path);
    }
    free_report(report);
    question_close(&question);
    return status;
}

static int read_limit(struct report *report, const char *text)
{
    report->limit = LIMIT;
    if (text && options_number(text, "--limit", LIMIT_MOST, &report->limit, report->error) < 0) {
        return -1;
    }
    return report->limit ? 0
                         : ebb_fail(report->error, EBB_ERROR_USAGE, "--limit must be at least 1");
}

/* With signals blocked, so that what was begun is removed. */
static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct report report = {.error = error};
    sigset_t end, before;
    int status;

    if (!arguments->values[REPORT_OUTPUT]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "say which file to write the page to: -o FILE");
    }
    if (read_limit(&report, arguments->values[REPORT_LIMIT])) {
        return -1;
    }
    stop_signals_set(&end, false); /* question_open() blocks the other one */
    sigprocmask(SIG_BLOCK, &end, &before);
    status = make(&report, arguments);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

const struct command command_report = {
    .name = "report",
    .summary = "writes a page to look at a recording with in a browser",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, and writes a page of HTML that has all of "
        "it on a time line: lines of the console, markers, bookmarks, keyframes, tasks, exceptions "
        "by their kinds, interrupts by device, and the functions that execute. It zooms, searches, "
        "and shows for each point the command that goes there.\n\n"
        "The page is one file, needs no network and no server, and may be given to others: what "
        "the guest has printed, the names of its functions and the recording's path are in it; its "
        "memory is not. Whatever a recording has in it, the page takes it for text.\n\n"
        "Tasks are those of Linux if there are symbols of its kernel, else they are told from each "
        "other by their translation tables. Where the recording cannot be replayed to its end, "
        "there is no page: --to ends before that.",
    .examples = "ebb report ebb-recording-3 -o report.html\n"
                "ebb report ebb-recording-3 --symbols vmlinux -o boot.html\n"
                "ebb report ebb-recording-3 --from 500_000_000 --to 510_000_000 -o part.html\n",
    .options = options,
    .run = run,
};
