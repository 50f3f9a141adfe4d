/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb bisect: from a symptom to the instruction that makes it. */
#include "bisect_report.h"
#include "commands.h"
#include "console_lines.h"
#include "gdb_session.h"
#include "notices.h"
#include "private_folder.h"
#include "programs.h"
#include "progress.h"
#include "scan.h"
#include "stop_signals.h"
#include "symbol_file.h"
#include "text.h"
#include "walls_check.h"

#include "log/clock.h"

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Probes beyond those that the search takes: guesses. What a condition costs is a seek; a command
 * may take seconds. */
enum { DOUBTS = 4, DOUBTS_OF_COMMAND = 2, HOPES = 14, HOPES_OF_COMMAND = 4, SKIPS_MAX = 12 };

enum {
    BISECT_EXPR,
    BISECT_RUN,
    BISECT_CONSOLE,
    BISECT_SCAN,
    BISECT_SYMBOLS,
    BISECT_FROM,
    BISECT_TO,
    BISECT_WORKERS,
    BISECT_MEMORY,
    BISECT_JSON,
};

struct bisect {
    const struct arguments *arguments;
    struct recording recording;
    struct probe_plan plan;
    char *symbols;
    struct lanes *lanes;
    struct progress progress;
    uint64_t from, to;
    unsigned probes;    /* made so far */
    uint64_t good, bad; /* where the search is */
    char why[200];      /* the newest skip */
    char why_last[200]; /* that of the last position, if it was skipped */
    uint64_t begun;     /* time */
    struct finding finding;
};

static bool go_on(void *opaque)
{
    (void)opaque;
    return !progress_is_interrupted();
}

/* A line of where the search is, on a terminal. */
static void show(struct bisect *bisect, const char *what)
{
    char good[TEXT_NUMBER_SIZE], bad[TEXT_NUMBER_SIZE];

    if (bisect->progress.on_terminal) {
        fprintf(stderr, "\r\033[K%s: %u probes, %s to %s", what, bisect->probes,
                text_count(good, bisect->good), text_count(bad, bisect->bad));
        fflush(stderr);
        bisect->progress.shown = true;
    }
}

static void show_scan(void *opaque, uint64_t position)
{
    struct bisect *bisect = opaque;

    bisect->good = position;
    show(bisect, "scanning");
}

static int make_round(struct bisect *bisect, struct bisection *search, const uint64_t *positions,
                      unsigned count, struct ebb_error *error)
{
    struct probe probes[LANES_MAX] = {0};

    for (unsigned i = 0; i < count; i++) {
        probes[i].position = positions[i];
    }
    if (lanes_run(bisect->lanes, probe_make, probes, sizeof(probes[0]), count, error) < 0) {
        return -1;
    }
    for (unsigned i = 0; i < count; i++) {
        bisection_note(search, probes[i].position, probes[i].verdict);
        if (probes[i].verdict == BISECTION_SKIP) {
            char *why = probes[i].position == bisect->to ? bisect->why_last : bisect->why;

            snprintf(why, sizeof(bisect->why), "%s", probes[i].why);
        }
    }
    bisect->probes += count;
    bisection_bounds(search, &bisect->good, &bisect->bad);
    return 0;
}

static int search(struct bisect *bisect, struct bisection_result *result, struct ebb_error *error)
{
    bool command = !bisect->plan.expression;
    struct bisection_options options = {
        .from = bisect->from,
        .to = bisect->to,
        .at_once = lanes_count(bisect->lanes),
        .doubts = command ? DOUBTS_OF_COMMAND : DOUBTS,
        .hopes = command ? HOPES_OF_COMMAND : HOPES,
        .skips_max = SKIPS_MAX,
    };
    struct bisection *search = bisection_new(&options);
    uint64_t positions[LANES_MAX];
    int status = search ? 0 : ebb_fail_memory(error);
    unsigned count;

    while (status == 0 && (count = bisection_next(search, positions)) > 0) {
        show(bisect, "bisecting");
        status = make_round(bisect, search, positions, count, error);
    }
    if (search) {
        bisection_result(search, result);
    }
    bisection_free(search);
    return status;
}

/* Nothing bad is known, and of the last position, which would show that it never is, nothing. */
static int fail_to_judge(const struct bisect *bisect, const struct bisection_result *result,
                         const char *what, struct ebb_error *error)
{
    if (result->skips == result->probes) {
        return ebb_fail(error, bisect->plan.expression ? EBB_ERROR_USAGE : EBB_ERROR_UNSUPPORTED,
                        "%s cannot be judged at any of the %u positions that were probed: %s", what,
                        result->probes, bisect->why_last);
    }
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                    "%s cannot be judged at position %" PRIu64
                    ", the last, nor at %u of %u others that were probed: %s; --to names one at "
                    "which it can",
                    what, bisect->to, result->skips - 1, result->probes - 1, bisect->why_last);
}

/* What may have come behind the last position is not there: "" if that is known to be all, or
 * notices have told why not. */
static const char *describe_cut(const struct bisect *bisect)
{
    const struct ebb_log *log = bisect->recording.log;
    struct ebb_log_summary summary;

    ebb_log_summary(log, &summary);
    return bisect->to >= summary.end_position && notices_is_cut_off(log)
               ? " (the recording was cut off there)"
               : "";
}

/* Why nothing was found. */
static int fail_to_find(const struct bisect *bisect, const struct bisection_result *result,
                        struct ebb_error *error)
{
    const char *expression = bisect->plan.expression;
    const char *what = expression ? expression : bisect->plan.command[0];
    unsigned others = result->probes - 1 - result->skips;
    char skipped[300] = "";

    if (result->end == BISECTION_NO_MEMORY) {
        return ebb_fail_memory(error);
    }
    if (result->end == BISECTION_BAD_AT_ONCE) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "%s never answers good: at position %" PRIu64
                        ", the first, it is bad already; --from names a later one",
                        what, result->first_bad);
    }
    if (result->last_skipped) {
        return fail_to_judge(bisect, result, what, error);
    }
    if (result->skips) {
        snprintf(skipped, sizeof(skipped), ", and cannot be judged at %u more: %s", result->skips,
                 bisect->why);
    }
    if (!expression) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "%s never answers bad: not at position %" PRIu64
                        ", the last%s, nor at %u others%s",
                        what, bisect->to, describe_cut(bisect), others, skipped);
    }
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "%s does not hold at position %" PRIu64
                    ", the last%s, nor at %u others that were probed%s; --scan looks at each at "
                    "which it may begin to",
                    what, bisect->to, describe_cut(bisect), others, skipped);
}

static int bisect_history(struct bisect *bisect, struct ebb_error *error)
{
    struct bisection_result *result = &bisect->finding.bisection;
    struct ebb_error stopped;

    if (search(bisect, result, &stopped) < 0) {
        return stopped.kind == EBB_ERROR_INTERRUPTED
                   ? ebb_fail(error, EBB_ERROR_INTERRUPTED,
                              "stopped after %u probes; it is between positions %" PRIu64
                              " and %" PRIu64 ", and --from and --to go on there",
                              bisect->probes, bisect->good, bisect->bad)
                   : ebb_fail(error, stopped.kind, "%s", stopped.message);
    }
    if (result->end != BISECTION_FOUND &&
        (result->end != BISECTION_BAD_AT_ONCE || !bisect->plan.expression)) {
        return fail_to_find(bisect, result, error);
    }
    bisect->finding.position = result->first_bad;
    bisect->finding.at_begin = result->end == BISECTION_BAD_AT_ONCE;
    return 0;
}

static int scan(struct bisect *bisect, struct ebb_error *error)
{
    struct scan_result result;

    show(bisect, "scanning");
    if (scan_history(bisect->lanes, bisect->from, bisect->to, show_scan, bisect, &result, error) <
        0) {
        return error->kind == EBB_ERROR_INTERRUPTED
                   ? ebb_fail(error, EBB_ERROR_INTERRUPTED,
                              "stopped; it does not hold up to position %" PRIu64
                              ", where --from goes on",
                              bisect->good)
                   : -1;
    }
    if (!result.found) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "%s does not hold at any candidate between positions %" PRIu64
                        " and %" PRIu64 "%s",
                        bisect->plan.expression, bisect->from, bisect->to, describe_cut(bisect));
    }
    bisect->finding.scanned = true;
    bisect->finding.position = result.position;
    bisect->finding.at_begin = result.position == bisect->from;
    return 0;
}

struct line_search {
    regex_t regex;
    bool found;
    uint64_t position;
};

static int match_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct line_search *search = opaque;
    char *text;

    text = text_printable(line->bytes, line->length);
    if (!text) {
        return ebb_fail_memory(error);
    }
    search->found = regexec(&search->regex, text, 0, NULL, 0) == 0;
    search->position = line->position;
    free(text);
    return search->found;
}

static int find_line(struct bisect *bisect, const char *pattern, struct ebb_error *error)
{
    struct line_search search = {0};
    int failure = regcomp(&search.regex, pattern, REG_EXTENDED | REG_NOSUB), status;
    char why[200];

    if (failure) {
        regerror(failure, &search.regex, why, sizeof(why));
        return ebb_fail(error, EBB_ERROR_USAGE, "--console: \"%s\" is no regular expression: %s",
                        pattern, why);
    }
    status = console_lines_visit(bisect->recording.log, bisect->recording.manifest, bisect->from,
                                 bisect->to, match_line, &search, error);
    regfree(&search.regex);
    if (status < 0) {
        return -1;
    }
    if (!search.found) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "no line of the console between positions %" PRIu64 " and %" PRIu64
                        " matches \"%s\"; ebb console prints them",
                        bisect->from, bisect->to, pattern);
    }
    bisect->finding.position = search.position;
    bisect->finding.at_position = true;
    return 0;
}

static int read_bound(const struct bisect *bisect, struct timeline *timeline, int option,
                      const char *name, uint64_t fallback, uint64_t *position,
                      struct ebb_error *error)
{
    const char *text = bisect->arguments->values[option];
    uint64_t begin = timeline_begin(timeline), end = timeline_end(timeline);

    *position = fallback;
    if (!text || strcmp(text, "begin") == 0 || strcmp(text, "end") == 0) {
        *position = !text ? fallback : strcmp(text, "begin") == 0 ? begin : end;
        return 0;
    }
    if (recording_position(&bisect->recording, text, name, position, error) < 0) {
        return -1;
    }
    if (*position < begin || *position > end) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s: position %" PRIu64
                        " is outside of the recording, which goes from %" PRIu64 " to %" PRIu64,
                        name, *position, begin, end);
    }
    return 0;
}

static int read_bounds(struct bisect *bisect, struct timeline *timeline, struct ebb_error *error)
{
    if (read_bound(bisect, timeline, BISECT_FROM, "--from", timeline_begin(timeline), &bisect->from,
                   error) < 0 ||
        read_bound(bisect, timeline, BISECT_TO, "--to", timeline_end(timeline), &bisect->to,
                   error) < 0) {
        return -1;
    }
    if (bisect->from > bisect->to) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--from is position %" PRIu64 " and --to %" PRIu64 ", which is before it",
                        bisect->from, bisect->to);
    }
    bisect->good = bisect->from;
    bisect->bad = bisect->to;
    return 0;
}

static int find_slide(struct bisect *bisect, struct timeline *timeline, struct ebb_error *error)
{
    struct symbols *symbols = bisect->symbols ? symbols_open(bisect->symbols, NULL) : NULL;
    int status = 0;

    if (symbols) {
        status = slide_find(&bisect->plan.slide, timeline, symbols, error);
        symbols_close(symbols);
    }
    return status;
}

/* What is to be known of the recording before the search. Work of a lane: looking for the slide
 * takes moves. */
static int prepare(struct lane *lane, void *element, struct ebb_error *error)
{
    struct bisect *bisect = element;

    if (read_bounds(bisect, lane->timeline, error) < 0 ||
        find_slide(bisect, lane->timeline, error) < 0 ||
        probe_plan_read(&bisect->plan, lane->timeline, error) < 0) {
        return -1;
    }
    progress_clear(&bisect->progress);
    notices_tell(&bisect->recording, lane->timeline);
    slide_tell(&bisect->plan.slide, bisect->symbols, false);
    return 0;
}

static int open_lanes(struct bisect *bisect, struct ebb_error *error)
{
    const char *memory = bisect->arguments->values[BISECT_MEMORY];
    const char *workers = bisect->arguments->values[BISECT_WORKERS];
    unsigned long long bytes = 0, count = 0;
    struct lanes_options options = {
        .recording = bisect->recording.directory,
        .resolving = progress_resolving,
        .resolving_opaque = &bisect->progress,
        .replacing = progress_replacing,
        .tick = go_on,
        .plan = &bisect->plan,
        .end = probe_end,
    };

    if ((memory && options_size(memory, "--memory", &bytes, error) < 0) ||
        (workers && options_number(workers, "--workers", LANES_MAX, &count, error) < 0)) {
        return -1;
    }
    options.memory_budget = bytes;
    options.count = (unsigned)count;
    bisect->lanes = lanes_open(&options, error);
    if (!bisect->lanes) {
        return -1;
    }
    /* Its positions may have been found just now. */
    return bisect->recording.counts ? recording_open_log(&bisect->recording, ebb_log_open, error)
                                    : 0;
}

static int find(struct bisect *bisect, struct ebb_error *error)
{
    const char *pattern = bisect->arguments->values[BISECT_CONSOLE];

    bisect->begun = ebb_clock_now();
    if (pattern) {
        return find_line(bisect, pattern, error);
    }
    return bisect->arguments->values[BISECT_SCAN] ? scan(bisect, error)
                                                  : bisect_history(bisect, error);
}

/* The first position there is to look at is not the first at which it holds if damage has taken
 * what was before. */
static int check_begin(const struct bisect *bisect, struct ebb_error *error)
{
    struct ebb_log_summary summary;

    ebb_log_summary(bisect->recording.log, &summary);
    if (!bisect->finding.at_begin || bisect->arguments->values[BISECT_FROM] ||
        bisect->finding.position <= summary.begin_position) {
        return 0;
    }
    return ebb_fail(error, EBB_ERROR_CORRUPT,
                    "it holds at position %" PRIu64
                    " already, the first that can be reached: the recording is damaged before it",
                    bisect->finding.position);
}

static int report(struct bisect *bisect, struct ebb_error *error)
{
    int status;

    bisect->finding.seconds = (double)(ebb_clock_now() - bisect->begun) / 1e9;
    progress_clear(&bisect->progress);
    status = bisect_report(bisect->lanes, &bisect->finding,
                           bisect->arguments->values[BISECT_JSON] != NULL, error);
    return status < 0 && error->kind == EBB_ERROR_INTERRUPTED
               ? ebb_fail(error, EBB_ERROR_INTERRUPTED,
                          "stopped; position %" PRIu64
                          " was found, and what there is to say of it was not",
                          bisect->finding.position)
               : status;
}

static int find_and_report(struct bisect *bisect, struct ebb_error *error)
{
    int status = -1;

    if (open_lanes(bisect, error) == 0 &&
        lanes_run(bisect->lanes, prepare, bisect, sizeof(*bisect), 1, error) == 0 &&
        find(bisect, error) == 0 && check_begin(bisect, error) == 0) {
        status = report(bisect, error);
    }
    lanes_close(bisect->lanes);
    return status;
}

/* With signals blocked, so that what was made is removed. */
static int run_guarded(struct bisect *bisect, struct ebb_error *error)
{
    sigset_t end, before;
    int status;

    stop_signals_set(&end, false); /* progress_begin() blocks the other one */
    sigprocmask(SIG_BLOCK, &end, &before);
    progress_begin(&bisect->progress, "bisecting");
    status = private_folder_create(bisect->plan.folder, error);
    if (status == 0) {
        status = find_and_report(bisect, error);
        rmdir(bisect->plan.folder);
    }
    progress_end(&bisect->progress);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static int check_condition(const char *condition, struct ebb_error *error)
{
    if (gdb_session_check_text("--expr: the condition", condition, error) < 0) {
        return -1;
    }
    return condition[strspn(condition, " \t\n")]
               ? 0
               : ebb_fail(error, EBB_ERROR_USAGE, "--expr: there is no condition in it");
}

static int check_usage(const struct arguments *arguments, struct ebb_error *error)
{
    const char *const *values = arguments->values;
    int given = !!values[BISECT_EXPR] + !!values[BISECT_RUN] + !!values[BISECT_CONSOLE];

    if (given != 1) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "give one of --expr, --run and --console: what is looked for");
    }
    if (values[BISECT_SCAN] && !values[BISECT_EXPR]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--scan looks at candidates of --expr only");
    }
    if (values[BISECT_RUN] && arguments->rest_count == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--run needs a command behind it");
    }
    return values[BISECT_EXPR] ? check_condition(values[BISECT_EXPR], error) : 0;
}

static void describe_search(struct bisect *bisect)
{
    const char *const *values = bisect->arguments->values;
    struct finding *finding = &bisect->finding;

    finding->recording = &bisect->recording;
    finding->what = values[BISECT_EXPR] ? "condition" : values[BISECT_RUN] ? "command" : "console";
    finding->text = values[BISECT_EXPR]  ? values[BISECT_EXPR]
                    : values[BISECT_RUN] ? bisect->arguments->rest[0]
                                         : values[BISECT_CONSOLE];
    bisect->plan.expression = values[BISECT_EXPR];
    bisect->plan.command = values[BISECT_RUN] ? bisect->arguments->rest : NULL;
    bisect->plan.symbols = bisect->symbols;
    bisect->plan.big_endian = bisect->symbols && symbol_file_is_big_endian(bisect->symbols);
    bisect->plan.gdb = programs_gdb(NULL);
    bisect->plan.script = programs_gdb_script();
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct bisect bisect = {.arguments = arguments};
    int status = check_usage(arguments, error);

    if (status == 0) {
        status = recording_open(&bisect.recording, arguments, error);
    }
    if (status == 0) {
        status = symbol_file_find(&bisect.recording, arguments->values[BISECT_SYMBOLS],
                                  &bisect.symbols, error);
    }
    if (status == 0 && bisect.symbols) {
        status = symbol_file_check_for_gdb(&bisect.recording, bisect.symbols, error);
    }
    if (status == 0) {
        describe_search(&bisect);
        walls_check_before_replay();
        status = run_guarded(&bisect, error);
    }
    probe_plan_free(&bisect.plan);
    free(bisect.symbols);
    recording_close(&bisect.recording);
    return status;
}

static const struct option_spec options[] = {
    [BISECT_EXPR] = {"expr", 0, "CONDITION",
                     "Looks for the first position at which this holds: an expression in C's "
                     "syntax over registers, symbols and memory, as gdb understands it. One that "
                     "compares registers ($x0), memory at an address (*(unsigned int *)0x40001000) "
                     "and numbers needs no gdb. Nothing in the guest can be changed or called."},
    [BISECT_RUN] = {"run", 0, NULL,
                    "Runs the command behind this option at each probed position and goes by its "
                    "exit status, as git bisect run does: 0 is good, 1 to 124 bad, 125 cannot be "
                    "judged, 126 and more ends the bisection. \"target remote $EBB_TARGET\" "
                    "connects gdb to the position, whose number is EBB_POSITION; EBB_GDB names a "
                    "gdb, EBB_SYMBOLS the symbols, EBB_SYMBOLS_OFFSET how far the guest has moved "
                    "itself from them. Several commands run at once (--workers); what they print "
                    "goes to standard error."},
    [BISECT_CONSOLE] = {"console", 0, "REGEX",
                        "Looks for the first line of the console that this POSIX extended regular "
                        "expression matches; ebb console prints the lines."},
    [BISECT_SCAN] = {"scan", 0, NULL,
                     "With --expr: looks at each candidate instead of bisecting, and so finds the "
                     "first position of a condition that comes and goes. Candidates are all stores "
                     "to the memory that the condition depends on or, if it depends on registers, "
                     "all instructions, which takes long: --from and --to make it less."},
    [BISECT_SYMBOLS] =
        {"symbols", 0, "ELF",
         "A file with the guest's symbols, in the place of the one that the "
         "recording names, if that is an ELF file on this machine. A kernel that has "
         "moved itself (KASLR) is followed."},
    [BISECT_FROM] = {"from", 0, "begin|end|POSITION", "The first position; default: begin."},
    [BISECT_TO] = {"to", 0, "begin|end|POSITION", "The last position; default: end."},
    [BISECT_WORKERS] = {"workers", 0, "N",
                        "Probes at a time, each on a worker of its own; default: one per CPU, at "
                        "most 4."},
    [BISECT_MEMORY] = {"memory", 0, "SIZE",
                       "Memory for checkpoints, in bytes or with K, M, G or T; default: a quarter "
                       "of this machine's."},
    [BISECT_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    {0},
};

const struct command command_bisect = {
    .name = "bisect",
    .summary = "finds the instruction that makes a condition true",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .rest = "COMMAND...",
    .rest_option = "run",
    .description =
        "Finds the first position at which something holds, and tells who made it so: the "
        "instruction, with its function, line and backtrace, or a device; what was compared, and "
        "the registers that differ, before and after.\n\n"
        "Positions are good as long as it does not hold and bad from then on; some 40 probes, or "
        "60 where they are made four at a time, find one of 10^9. Where a condition cannot be "
        "evaluated, because memory is not mapped or a variable is out of scope, a position is "
        "skipped, and others are tried. Some of the probes look whether all before is good and all "
        "behind bad; if not, that is told, and --scan is the way to the first.\n\n"
        "The exit status is 0 if a position was found; 1 if it never holds, or a command never "
        "answers good, or never bad; 2 if gdb does not understand the condition, or it cannot be "
        "evaluated at any position that was probed; 5 if gdb is needed and is not there, or has no "
        "Python, if the command cannot be run, ends the bisection or judges no position, and if it "
        "is bad nowhere and the last position was skipped.",
    .examples = "ebb bisect boot --expr 'counter > 1000'\n"
                "ebb bisect boot --expr '*(unsigned int *)0x40001000 != 0' --scan\n"
                "ebb bisect boot --console 'BUG:|Oops'\n"
                "ebb bisect boot --run ./check.sh\n"
                "# where check.sh is: $EBB_GDB -q -batch $EBB_SYMBOLS -ex \"target remote "
                "$EBB_TARGET\" \\\n"
                "#   -ex 'python gdb.execute(\"quit %d\" % (gdb.parse_and_eval(\"jobs\") == 0))'\n",
    .options = options,
    .run = run,
};
