/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb merge: joins what commands with --shard have found. */
#include "commands.h"
#include "merging.h"
#include "new_file.h"
#include "question_merge.h"
#include "recording_digest.h"
#include "resolve_merge.h"
#include "verify_merge.h"
#include "walls_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A command that has --shard, and is no question to a recording. */
static const struct merger {
    const char *command;
    bool unresolved; /* it works on the log as it was recorded, whether there is an index or not */
    int (*merge)(struct merging *merging, struct ebb_error *error);
} mergers[] = {
    {"resolve", true, resolve_merge},
    {"verify", false, verify_merge},
};

static const struct merger question = {NULL, false, question_merge};

static const struct merger *find_merger(const struct part_set *parts, const struct command *command,
                                        struct ebb_error *error)
{
    for (size_t i = 0; i < sizeof(mergers) / sizeof(mergers[0]); i++) {
        if (strcmp(mergers[i].command, parts->parts[0].command) == 0) {
            return &mergers[i];
        }
    }
    if (command && command_option(command, "shard") >= 0) {
        return &question;
    }
    ebb_fail(error, EBB_ERROR_UNSUPPORTED,
             "the parts are of a command that this ebb does not join; join them with the ebb that "
             "made them");
    return NULL;
}

/* Opens the recording as the command did whose parts these are, and compares it with them. */
static int open_recording(struct recording *recording, const struct arguments *arguments,
                          const struct merger *merger, const struct part_set *parts,
                          struct ebb_error *error)
{
    char digest[SHA256_TEXT_SIZE];
    struct interval_list intervals = {0};
    int status;

    if (recording_open(recording, arguments, error) < 0 ||
        (merger->unresolved && recording_open_log(recording, ebb_log_open_unresolved, error) < 0) ||
        recording_digest(recording->directory, recording->log, digest, error) < 0) {
        return -1;
    }
    status = interval_list_read(&intervals, recording->log, error);
    if (status == 0) {
        status = part_set_check(parts, recording->directory, digest, &intervals, error);
    }
    interval_list_free(&intervals);
    return status;
}

/* Merges into memory: what is refused on the way is not to leave anything behind. */
static int merge_into(char **text, size_t *size, const struct merger *merger,
                      struct merging *merging, struct ebb_error *error)
{
    int status;

    merging->out = open_memstream(text, size);
    if (!merging->out) {
        return ebb_fail_memory(error);
    }
    status = merger->merge(merging, error);
    if (fclose(merging->out) == EOF && status == 0) {
        status = ebb_fail_memory(error);
    }
    return status;
}

/* Hands on what the command would have printed, which it does with some errors as well. */
static int put_out(const char *path, const char *text, size_t size, int status,
                   struct ebb_error *error)
{
    bool refused =
        status < 0 && error->kind != EBB_ERROR_DIVERGED && error->kind != EBB_ERROR_CORRUPT;

    if (!path) {
        fwrite(text, 1, size, stdout);
        return status;
    }
    return !refused && new_file_write(path, text, size, error) < 0 ? -1 : status;
}

enum { MERGE_JSON, MERGE_OUTPUT };

static const struct option_spec options[] = {
    [MERGE_JSON] = {"json", 0, NULL, "Prints the command's JSON document."},
    [MERGE_OUTPUT] = {"output", 'o', "FILE", "Writes into this file what would be printed."},
    {0},
};

static int merge(const struct arguments *arguments, const struct part_set *parts,
                 struct ebb_error *error)
{
    const struct command *command = command_find(arguments->commands, parts->parts[0].command);
    const struct merger *merger = find_merger(parts, command, error);
    const char *output = arguments->values[MERGE_OUTPUT];
    struct recording recording = {0};
    struct merging merging = {
        .command = command,
        .recording = &recording,
        .parts = parts,
        .json = arguments->values[MERGE_JSON] != NULL,
        .output = output,
    };
    char *text = NULL;
    size_t size = 0;
    int status = -1;

    if (merger && (!output || new_file_check(output, error) == 0) &&
        open_recording(&recording, arguments, merger, parts, error) == 0) {
        status = merge_into(&text, &size, merger, &merging, error);
        status = put_out(output, text, size, status, error);
    }
    free(text);
    recording_close(&recording);
    return status;
}

/* A forgotten recording, and a part in the place of the answer: neither is what anybody wants. */
static int check_operands(const struct arguments *arguments, struct ebb_error *error)
{
    const char *recording = arguments->operands[0], *output = arguments->values[MERGE_OUTPUT];
    struct stat written, part;
    bool there = output && stat(output, &written) == 0;

    if (stat(recording, &part) == 0 && !S_ISDIR(part.st_mode)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s is no recording; name the recording first, then the parts", recording);
    }
    for (int i = 1; there && i < arguments->operand_count; i++) {
        if (stat(arguments->operands[i], &part) == 0 && part.st_dev == written.st_dev &&
            part.st_ino == written.st_ino) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "--output %s is one of the parts; name another file", output);
        }
    }
    return 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct part_set parts;
    int status;

    if (arguments->operand_count < 2) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "name the recording, and the parts that commands with --shard have written "
                        "of it");
    }
    if (check_operands(arguments, error) < 0) {
        return -1;
    }
    walls_check_before_replay();
    status = part_set_read(&parts, arguments->operands + 1, arguments->operand_count - 1, error);
    if (status == 0) {
        status = merge(arguments, &parts, error);
    }
    part_set_free(&parts);
    return status;
}

const struct command command_merge = {
    .name = "merge",
    .summary = "joins what shares of a command have found",
    .operands = "RECORDING PART...",
    .operands_max = 1 + (int)SHARD_MAX,
    .description =
        "Commands that go through a whole recording can do a share of it, with --shard, on one of "
        "many machines; each writes a part, a file. This command joins the parts of all shares. "
        "What it prints, and its exit status, are those of the command without --shard: of ebb "
        "verify; of ebb resolve, whose positions it writes into the recording. Only the seconds, "
        "and the number of workers, are the sums of the parts'. So it is with questions, as ebb "
        "accesses; of ebb coverage, --output is the tracefile.\n\n"
        "The parts may be named in any order. They have to be those of one command over this very "
        "recording, of one question, and of one number of shards, each shard once. If they are "
        "not, or a file is "
        "damaged, the exit status is 2, with a sentence on standard error, and nothing is written; "
        "it is 5 if a part is of another version, and 1 if a file cannot be read.\n\n"
        "Where shards of ebb verify do not fit together, because a keyframe does not hold the "
        "state that the replay comes to, everything from the last place on at which they do is "
        "replayed again, here.",
    .examples = "ebb merge ebb-recording-3 parts/*.json\n"
                "ebb merge --json ebb-recording-3 -o result.json parts/*.json\n",
    .options = options,
    .run = run,
};
