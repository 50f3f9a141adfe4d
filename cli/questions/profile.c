/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb profile: in which functions the guest executed its instructions. */
#include "question.h"
#include "questions.h"
#include "samples.h"
#include "stacks.h"

#include "cli/arm_state.h"
#include "cli/new_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILE_EVERY = QUESTION_OWN, PROFILE_FOLDED, PROFILE_SVG };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [PROFILE_EVERY] = {"every", 'n', "N",
                       "Looks every N instructions, at the positions that N divides; by default so "
                       "that it looks some 10 000 times."},
    [PROFILE_FOLDED] = {"folded", 0, NULL,
                        "Prints a line for each stack that was seen, the outermost function first, "
                        "and how often, as flamegraph.pl and speedscope read it."},
    [PROFILE_SVG] = {"svg", 0, "FILE",
                     "Writes a flame graph to this file, and prints nothing. Of shards it is "
                     "ebb merge that prints it."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct profile {
    struct question *question;
    struct stacks stacks;
    struct ebb_error *error;
    bool failed;
};

static int add_function(struct profile *profile, uint64_t address, bool user, uint32_t *function)
{
    char *name = samples_function(profile->question->symbols, address, user);
    long place = name ? stacks_function(&profile->stacks, name) : -1;

    free(name);
    *function = (uint32_t)place;
    return place < 0 ? -1 : 0;
}

static int add(struct profile *profile, const struct timeline_row *row)
{
    uint32_t functions[STACKS_DEPTH_MAX];
    bool user = arm_state_is_user(row->mode);
    size_t depth =
        row->frame_count < STACKS_DEPTH_MAX - 1 ? row->frame_count : STACKS_DEPTH_MAX - 1;

    for (size_t i = 0; i < depth; i++) {
        /* A return address may be behind the end of a function that never comes back. */
        if (add_function(profile, row->frames[i] - 1, user, &functions[depth - 1 - i])) {
            return -1;
        }
    }
    return add_function(profile, row->pc, user, &functions[depth]) ||
                   stacks_add(&profile->stacks, functions, depth + 1)
               ? -1
               : 0;
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct profile *profile = opaque;

    if (row->position >= profile->question->scan.to) {
        return 0; /* at the recording's end nothing executes any more */
    }
    profile->failed |= add(profile, row) < 0;
    return profile->failed;
}

/* A line of the table. */
struct line {
    const char *name;
    struct stacks_function function;
};

static int by_self(const void *a, const void *b)
{
    const struct line *one = a, *other = b;

    if (one->function.self != other->function.self) {
        return one->function.self < other->function.self ? 1 : -1;
    }
    if (one->function.total != other->function.total) {
        return one->function.total < other->function.total ? 1 : -1;
    }
    return strcmp(one->name, other->name);
}

static double percent(const struct profile *profile, uint64_t count)
{
    return profile->stacks.count ? 100.0 * (double)count / (double)profile->stacks.count : 0;
}

static int print_line(struct profile *profile, const struct line *line)
{
    const struct stacks_function *function = &line->function;
    struct question *question = profile->question;

    if (question->json) {
        return json_list_add(&question->list,
                             json_pack("{s:s, s:o, s:o, s:f, s:f}", "function", line->name, "self",
                                       json_unsigned(function->self), "total",
                                       json_unsigned(function->total), "self_percent",
                                       percent(profile, function->self), "total_percent",
                                       percent(profile, function->total)),
                             profile->error);
    }
    printf("%6.2f%% %6.2f%%  %s\n", percent(profile, function->self),
           percent(profile, function->total), line->name);
    return 0;
}

static int print_table(struct profile *profile)
{
    struct question *question = profile->question;
    size_t count = profile->stacks.names.count;
    struct line *sorted = malloc((count + 1) * sizeof(*sorted));
    int status = 0;

    if (!sorted) {
        return ebb_fail_memory(profile->error);
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct line){profile->stacks.names.names[i], profile->stacks.functions[i]};
    }
    qsort(sorted, count, sizeof(*sorted), by_self);
    if (question->limit && question->limit < count) {
        count = question->limit;
    }
    question_begin_rows(question);
    if (!question->json) {
        printf("%7s %7s  of %" PRIu64 " samples, one every %" PRIu64 " instructions\n", "self",
               "total", profile->stacks.count, question->scan.sample_every);
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        status = print_line(profile, &sorted[i]);
    }
    question_end_rows(question);
    free(sorted);
    return status;
}

static int draw(struct profile *profile, const char *path)
{
    struct question *question = profile->question;
    struct new_file new;
    char title[200];

    if (question_file_open(question, &new, path, profile->error) < 0) {
        return -1;
    }
    snprintf(title, sizeof(title),
             "Positions %" PRIu64 " to %" PRIu64 ": %" PRIu64 " samples, one every %" PRIu64
             " instructions",
             question->scan.from, question->scan.to, profile->stacks.count,
             question->scan.sample_every);
    stacks_draw(&profile->stacks, title, "samples", new.file);
    return question_file_finish(question, &new, profile->error);
}

static int choose_distance(struct question *question, struct ebb_error *error)
{
    const char *every = question->arguments->values[PROFILE_EVERY];
    unsigned long long distance = samples_distance(&question->scan);

    if (every && options_number(every, "--every", INT64_MAX, &distance, error) < 0) {
        return -1;
    }
    question->scan.sample_every = distance;
    return distance ? 0 : ebb_fail(error, EBB_ERROR_USAGE, "--every must be at least 1");
}

static int show(struct profile *profile)
{
    const char *picture = profile->question->arguments->values[PROFILE_SVG];

    if (picture) {
        return draw(profile, picture);
    }
    if (profile->question->arguments->values[PROFILE_FOLDED]) {
        stacks_print_folded(&profile->stacks, stdout);
        return 0;
    }
    return print_table(profile);
}

static int ask(struct profile *profile)
{
    struct question *question = profile->question;
    struct timeline_scan_result result = {0};

    if (choose_distance(question, profile->error)) {
        return -1;
    }
    question->scan.row = row;
    question->scan.opaque = profile;
    if (question_scan(question, &result, profile->error)) {
        return -1;
    }
    return profile->failed ? ebb_fail_memory(profile->error) : show(profile);
}

/* What is drawn, or printed as stacks, is no table of rows. */
static int check_options(const char *const *values, struct ebb_error *error)
{
    bool drawn = values[PROFILE_SVG], folded = values[PROFILE_FOLDED];
    const char *form = drawn ? "--svg" : folded ? "--folded" : NULL;
    const char *other = values[QUESTION_JSON]    ? "--json"
                        : values[QUESTION_LIMIT] ? "--limit"
                        : drawn && folded        ? "--folded"
                                                 : NULL;

    return form && other ? ebb_fail(error, EBB_ERROR_USAGE,
                                    "%s does not go with %s, which prints no table", other, form)
                         : 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question = {
        .scan = {.context = true, .frames = 64},
        .without_operand = true,
    };
    struct profile profile = {.question = &question, .error = error};
    const char *picture = arguments->values[PROFILE_SVG];
    int status = -1;

    if (check_options(arguments->values, error) == 0 &&
        (!picture || arguments->merging || new_file_check(picture, error) == 0) &&
        question_open(&question, arguments, error) == 0) {
        status = ask(&profile);
    }
    stacks_free(&profile.stacks);
    return question_end(&question, status, error);
}

const struct command command_profile = {
    .name = "profile",
    .summary = "prints which functions executed how many instructions",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, looks every so many instructions which "
        "function executes, and prints for each function the part of the samples that were in it "
        "(self) and in it or what it called (total). These are parts of the instructions that the "
        "guest executed, not of time: an instruction that waits for memory counts as one, and a "
        "sleeping CPU executes none. The same command prints the same each time.\n\n"
        "Callers are found along the frame pointers of AArch64; in a function that has not set up "
        "its frame the direct caller is missing. On 32-bit ARM there are no callers, and total is "
        "self. Code without symbols is [unknown], and [user] where it runs in user mode.",
    .examples = "ebb profile ebb-recording-3 --symbols vmlinux --limit 20\n"
                "ebb profile ebb-recording-3 --from 500_000_000 --svg boot.svg\n"
                "ebb profile ebb-recording-3 --folded | flamegraph.pl >boot.svg\n",
    .options = options,
    .run = run,
};
