/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to a whole recording: commands that scan it (replay/timeline/scan.h) and print a table.
 * Here is what they have in common: options, what is opened, how rows come out.
 */
#ifndef EBB_CLI_QUESTIONS_QUESTION_H
#define EBB_CLI_QUESTIONS_QUESTION_H

#include "cli/json_list.h"
#include "cli/new_file.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/recording.h"
#include "cli/symbols.h"
#include "locations.h"

#include "replay/timeline/scan.h"

/* The first entries of each command's table of options; its own come after them. What prints no
 * rows has none of the last two, and what looks for one row not the last; their own are there. */
enum {
    QUESTION_FROM,
    QUESTION_TO,
    QUESTION_SYMBOLS,
    QUESTION_WORKERS,
    QUESTION_MEMORY,
    QUESTION_OWN_WITHOUT_ROWS,
    QUESTION_JSON = QUESTION_OWN_WITHOUT_ROWS,
    QUESTION_OWN_WITHOUT_LIMIT,
    QUESTION_LIMIT = QUESTION_OWN_WITHOUT_LIMIT,
    QUESTION_OWN,
};

/* clang-format off */
#define QUESTION_OPTIONS_TO(to_help)                                                               \
    [QUESTION_FROM] = {"from", 0, "begin|POSITION", "Begins at this position."},                   \
    [QUESTION_TO] = {"to", 0, "end|POSITION", to_help},                       \
    [QUESTION_SYMBOLS] = {"symbols", 0, "ELF",                                                     \
                          "A file with the guest's symbols, in the place of the one that the "     \
                          "recording names. A kernel that has moved itself (KASLR) is followed."}, \
    [QUESTION_WORKERS] = {"workers", 0, "N",                                                       \
                          "Scans with N worker processes at most; by default as many as there "    \
                          "are CPUs, up to 4."},                                                   \
    [QUESTION_MEMORY] = {"memory", 0, "SIZE",                                                      \
                         "Memory for checkpoints, in bytes or with K, M, G or T; by default a "    \
                         "quarter of this machine's."}

#define QUESTION_OPTIONS_WITHOUT_ROWS QUESTION_OPTIONS_TO("Ends before this position.")

/* What searches back begins at --to, and says so. */
#define QUESTION_OPTIONS_BACK(to_help)                                                             \
    QUESTION_OPTIONS_TO(to_help),                                                                  \
    [QUESTION_JSON] = {"json", 0, NULL, "Prints a JSON array, one row to a line."}

#define QUESTION_OPTIONS_WITHOUT_LIMIT QUESTION_OPTIONS_BACK("Ends before this position.")

#define QUESTION_OPTIONS                                                                           \
    QUESTION_OPTIONS_WITHOUT_LIMIT,                                                                \
    [QUESTION_LIMIT] = {"limit", 0, "N",                                                           \
                        "Ends after N rows, and those of the same position."}

/* Behind the command's own, of those whose answer comes of question_scan() and of what gdb says. */
#define QUESTION_OPTION_SHARD                                                                      \
    {                                                                                              \
        "shard", 0, "K/N",                                                                         \
            "Replays only share K of N, and writes what comes of it into the file that --output "  \
            "names, for ebb merge to join with the others."                                        \
    }
#define QUESTION_OPTIONS_OF_SHARD                                                                  \
    {"output", 'o', "FILE", "The file for what comes of a shard."}, QUESTION_OPTION_SHARD
/* clang-format on */

struct question {
    const struct arguments *arguments;
    struct recording recording;
    struct progress progress;
    struct timeline *timeline;
    char *symbol_file;       /* NULL: there is none */
    struct symbols *symbols; /* the same */
    struct locations locations;
    struct timeline_scan scan;
    /* Of the command: prints a row, and returns 0 or, after filling *error, -1. The first is for
     * people, the other for --json. */
    int (*print)(struct question *question, const struct timeline_row *row,
                 struct ebb_error *error);
    json_t *(*describe)(struct question *question, const struct timeline_row *row);
    /* Of the command: whether a row is one that --limit counts and that is printed; NULL: all. */
    bool (*wants)(struct question *question, const struct timeline_row *row);
    void *opaque;         /* the command's */
    bool without_operand; /* of the command: it takes none but the recording */
    bool without_rows;    /* of the command: it has no options for rows */
    bool without_limit;   /* of the command: it has no --limit */
    bool has_own_output;  /* of the command: --output is its own, as long as there is no --shard */
    int operands_behind;  /* of the command: it has taken as many off the arguments */
    struct question_shard *shard; /* with --shard; owned */
    struct question_parts *parts; /* of ebb merge: who answers, and not the recording; owned */
    uint64_t limit;               /* of rows; 0: none */
    uint64_t told, last;          /* rows printed, and the position of the last */
    bool json;
    struct json_list list;
    struct ebb_error *error; /* of the row that could not be printed */
    bool failed;
};

/* Opens the recording, which is the first of two operands, or the only one if the question is
 * without_operand (else the newest one here), its timeline and symbols, and fills in
 * question->scan. question_close() also after an error. */
int question_open(struct question *question, const struct arguments *arguments,
                  struct ebb_error *error);
void question_close(struct question *question);
/* The same, of a command with --shard: with the status so far, to which the part may add. */
int question_end(struct question *question, int status, struct ebb_error *error);

/* The last operand: what is asked. */
const char *question_operand(const struct question *question);

/* An address (cli/address_sum.h), and maybe a comma and a length in bytes. Without one *length
 * stays what it is. */
int question_place(struct question *question, const char *text, uint64_t *address, uint64_t *length,
                   struct ebb_error *error);

/* The same for code, which has no length. */
int question_code(struct question *question, const char *text, uint64_t *address,
                  struct ebb_error *error);

/* Moves the timeline to a position. Where it cannot get there, or Ctrl-C ends that, it is an error,
 * behind which advice comes (cli/early_stop.h). */
int question_seek(struct question *question, uint64_t position, const char *advice,
                  struct ebb_error *error);

/* Around all rows, printed or described: with --json they are elements of one array. */
void question_begin_rows(struct question *question);
void question_end_rows(struct question *question);

/* True if the row is wanted, and counts it; *enough: there are as many as --limit says. */
bool question_takes(struct question *question, const struct timeline_row *row, bool *enough);
/* Says on standard error that there may be more than --limit, and from which position on; but not
 * where nobody reads. */
void question_tell_more(struct question *question, uint64_t from);

/* Scans and prints. Where the recording ends early, is damaged or does not replay, that is an error
 * after the rows there are. */
int question_ask(struct question *question, struct ebb_error *error);
/* The same with rows for the command itself (question->scan.row and opaque). */
int question_scan(struct question *question, struct timeline_scan_result *result,
                  struct ebb_error *error);
/* Scans for the ends of calls (scan->open) that question_scan() has told of. */
int question_follow(struct question *question, const struct timeline_scan *scan,
                    struct timeline_scan_result *result, struct ebb_error *error);
/* Lets the scan begin where the shard does. False if nothing of it is the shard's. */
bool question_begin_at_shard(struct question *question);

/* Where an answer goes that an option wants in a file: there, or, of ebb merge, to standard output,
 * since it is for that to write files. Both as in new_file.h. */
int question_file_open(const struct question *question, struct new_file *new, const char *path,
                       struct ebb_error *error);
int question_file_finish(const struct question *question, struct new_file *new,
                         struct ebb_error *error);

#endif
