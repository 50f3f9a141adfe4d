/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export: writes a recording in a format that other programs read. */
#include "exports.h"

#include "cli/new_file.h"
#include "cli/stop_signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* In the order of the manual. */
/* clang-format off */
static const struct export_format *const formats[] = {
    &export_console,
    &export_trace,
    &export_pcap,
    &export_tarmac,
    NULL,
};
/* clang-format on */

enum { EXPORT_OUTPUT = QUESTION_OWN_WITHOUT_ROWS };

static const struct option_spec options[] = {
    QUESTION_OPTIONS_WITHOUT_ROWS,
    [EXPORT_OUTPUT] = {"output", 'o', "FILE",
                       "Writes to this file, which is there when all of it is written, in the "
                       "place of one of that name; by default to standard output."},
    {0},
};

static const char *word(size_t n, const char **summary)
{
    *summary = formats[n] ? formats[n]->summary : NULL;
    return formats[n] ? formats[n]->name : NULL;
}

static void fail_to_find(const char *name, struct ebb_error *error)
{
    char names[200] = "";

    for (size_t i = 0; formats[i]; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", formats[i]->name);
    }
    if (name) {
        ebb_fail(error, EBB_ERROR_USAGE, "there is no format \"%.40s\"; there are: %s", name,
                 names);
    } else {
        ebb_fail(error, EBB_ERROR_USAGE, "say which format to write: %s", names);
    }
}

/* NULL: *error. */
static const struct export_format *find_format(const struct arguments *arguments,
                                               struct ebb_error *error)
{
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;

    for (size_t i = 0; name && formats[i]; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            return formats[i];
        }
    }
    fail_to_find(name, error);
    return NULL;
}

static int write_to_file(const struct export_format *format, struct question *question,
                         const char *path, struct ebb_error *error)
{
    struct new_file new;
    int status;

    if (new_file_open(&new, path, error) < 0) {
        return -1;
    }
    status = format->write(question, new.file, error);
    if (status == 0) {
        status = new_file_finish(&new, error);
    }
    new_file_drop(&new);
    return status;
}

static int open_and_write(const struct export_format *format, const struct arguments *arguments,
                          struct ebb_error *error)
{
    struct question question = {
        .without_operand = true,
        .without_rows = true,
        .has_own_output = true,
    };
    const char *path = arguments->values[EXPORT_OUTPUT];
    int status = -1;

    if ((!path || new_file_check(path, error) == 0) &&
        question_open(&question, arguments, error) == 0) {
        /* Both would be on one line. */
        question.progress.on_terminal &= path || !isatty(STDOUT_FILENO);
        status = path ? write_to_file(format, &question, path, error)
                      : format->write(&question, stdout, error);
    }
    question_close(&question);
    return status;
}

/* With signals blocked, so that what was begun is removed. */
static int write_guarded(const struct export_format *format, const struct arguments *arguments,
                         struct ebb_error *error)
{
    sigset_t end, before;
    int status;

    stop_signals_set(&end, false); /* question_open() blocks the other one */
    sigprocmask(SIG_BLOCK, &end, &before);
    status = open_and_write(format, arguments, error);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct arguments without = *arguments; /* the format */
    const struct export_format *format = find_format(arguments, error);

    if (!format) {
        return -1;
    }
    if (format->binary && !arguments->values[EXPORT_OUTPUT] && isatty(STDOUT_FILENO)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s is nothing to be read on a terminal; name a file with -o",
                        format->name);
    }
    without.operands++;
    without.operand_count--;
    return write_guarded(format, &without, error);
}

const struct command command_export = {
    .name = "export",
    .summary = "writes a recording in a format that other programs read",
    .operands = "FORMAT [RECORDING]",
    .operands_max = 2,
    .description =
        "Writes a recording, or a part of it, in a format that other programs read. What the "
        "format needs that the log does not have is found by one replay, on several workers.\n\n"
        "Where the recording cannot be replayed to its end, there is no file: --to ends before "
        "that.",
    .examples =
        "ebb export console ebb-recording-3 --from 500_000_000\n"
        "ebb export trace ebb-recording-3 --symbols vmlinux -o boot.json\n"
        "ebb export tarmac ebb-recording-3 --from 500_000_000 --to 500_100_000 -o boot.tarmac\n",
    .options = options,
    .words_title = "Formats",
    .word = word,
    .run = run,
};
