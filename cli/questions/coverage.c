/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb coverage: which lines of the source were executed. */
#include "question.h"
#include "questions.h"

#include "cli/name_table.h"
#include "cli/new_file.h"
#include "cli/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COVERAGE_OUTPUT = QUESTION_OWN_WITHOUT_LIMIT, COVERAGE_TABLE };

static const struct option_spec options[] = {
    QUESTION_OPTIONS_WITHOUT_LIMIT,
    [COVERAGE_OUTPUT] = {"output", 'o', "FILE",
                         "Writes a tracefile of lcov's to this file; without it, what the lines "
                         "are is printed. With --shard, the file for what comes of that."},
    [COVERAGE_TABLE] = {"table", 0, "ADDRESS",
                        "Only while this is the translation table of user code (TTBR0_EL1, without "
                        "its ASID), as ebb switches --by-table prints it."},
    QUESTION_OPTION_SHARD,
    {0},
};

#define RANGE_MAX (256u << 20) /* bytes: of the scan */
#define LOOK_EVERY 4096u       /* bytes of code: for whether the user has enough */
#define TABLE_ADDRESS UINT64_C(0x0000fffffffffffe)

struct line {
    uint32_t file, function; /* their places; function UINT32_MAX: none */
    unsigned number;
    bool executed;
};

struct function {
    char *name;
    uint64_t start;
    uint32_t file;
    unsigned line; /* the first one */
    bool executed;
};

struct coverage {
    struct question *question;
    struct name_table files;
    struct function *functions; /* by where they start; to be written, by files */
    size_t function_count, function_capacity;
    struct line *lines;
    size_t count, capacity;
    struct timeline_coverage marked;
    struct ebb_error *error;
};

/* Functions come one after the other, and several may have one name. NULL: out of memory. */
static struct function *function_at(struct coverage *coverage, const char *name, uint64_t start)
{
    struct function *list = coverage->functions;
    size_t count = coverage->function_count;

    if (count > 0 && list[count - 1].start == start) {
        return &list[count - 1];
    }
    if (count == coverage->function_capacity) {
        coverage->function_capacity = count ? count * 2 : 64;
        list = realloc(list, coverage->function_capacity * sizeof(*list));
        if (!list) {
            return NULL;
        }
        coverage->functions = list;
    }
    list[count] = (struct function){.name = strdup(name), .start = start};
    return list[count].name ? &list[coverage->function_count++] : NULL;
}

static int add_line(struct coverage *coverage, struct line line)
{
    struct line *last = coverage->count ? &coverage->lines[coverage->count - 1] : NULL, *lines;

    if (last && last->file == line.file && last->number == line.number &&
        last->function == line.function) {
        last->executed |= line.executed;
        return 0;
    }
    if (coverage->count == coverage->capacity) {
        coverage->capacity = coverage->capacity ? coverage->capacity * 2 : 4096;
        lines = realloc(coverage->lines, coverage->capacity * sizeof(*lines));
        if (!lines) {
            return -1;
        }
        coverage->lines = lines;
    }
    coverage->lines[coverage->count++] = line;
    return 0;
}

static int add_function(struct coverage *coverage, const struct symbols_location *location,
                        uint64_t address, struct line *line)
{
    struct function *function =
        function_at(coverage, location->function, address - location->offset);

    if (!function) {
        return -1;
    }
    if (location->offset == 0) {
        function->file = line->file;
        function->line = line->number;
    }
    function->executed |= line->executed;
    line->function = (uint32_t)(function - coverage->functions);
    return 0;
}

static int add_instruction(struct coverage *coverage, uint64_t address)
{
    struct symbols_location location = {0};
    struct line line = {.function = UINT32_MAX};
    long file;

    symbols_find(coverage->question->symbols, address, &location);
    if (!location.file || !location.line) {
        return 0;
    }
    file = name_table_add(&coverage->files, location.file);
    if (file < 0) {
        return -1;
    }
    line.file = (uint32_t)file;
    line.number = location.line;
    line.executed = timeline_coverage_has(&coverage->marked, address);
    if (location.function && add_function(coverage, &location, address, &line)) {
        return -1;
    }
    return add_line(coverage, line);
}

/* All instructions that the file has, executed or not. */
static int add_instructions(struct coverage *coverage)
{
    struct symbols *symbols = coverage->question->symbols;
    uint64_t first, size;

    for (uint64_t i = 0; symbols_code(symbols, i, &first, &size); i++) {
        for (uint64_t at = 0; at < size;) {
            uint64_t address = first + at;
            char kind = symbols_code_kind(symbols, address);

            if (at % LOOK_EVERY == 0 && progress_is_interrupted()) {
                return ebb_fail(coverage->error, EBB_ERROR_INTERRUPTED, "stopped");
            }

            if (kind != 'd' && address >= coverage->marked.begin &&
                address < coverage->marked.end && add_instruction(coverage, address)) {
                return ebb_fail_memory(coverage->error);
            }
            /* Of a wide instruction of T32, the second half is of the same line. */
            at += kind == 't' ? 2 : 4;
        }
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct line *one = a, *other = b;

    if (one->file != other->file) {
        return one->file < other->file ? -1 : 1;
    }
    return (one->number > other->number) - (one->number < other->number);
}

/* Puts the lines in order, and together what is the same line. */
static void sort_lines(struct coverage *coverage)
{
    size_t kept = 0;

    if (coverage->count == 0) {
        return;
    }
    qsort(coverage->lines, coverage->count, sizeof(*coverage->lines), by_place);
    for (size_t i = 1; i < coverage->count; i++) {
        if (by_place(&coverage->lines[kept], &coverage->lines[i]) == 0) {
            coverage->lines[kept].executed |= coverage->lines[i].executed;
        } else {
            coverage->lines[++kept] = coverage->lines[i];
        }
    }
    coverage->count = kept + 1;
}

static int by_file(const void *a, const void *b)
{
    const struct function *one = a, *other = b;

    return one->file != other->file ? one->file < other->file ? -1 : 1
                                    : (one->start > other->start) - (one->start < other->start);
}

/* Functions of which nothing is known but an instruction in them are in no file. */
static void write_functions(const struct coverage *coverage, uint32_t file, size_t *next,
                            FILE *output)
{
    size_t count = 0, executed = 0;

    for (; *next < coverage->function_count && coverage->functions[*next].file <= file; ++*next) {
        const struct function *function = &coverage->functions[*next];

        if (function->file == file && function->line) {
            fprintf(output, "FN:%u,%s\n", function->line, function->name);
            fprintf(output, "FNDA:%d,%s\n", function->executed, function->name);
            executed += function->executed;
            count++;
        }
    }
    fprintf(output, "FNF:%zu\nFNH:%zu\n", count, executed);
}

/* One file of the source: its lines from `first` on, and its functions, of which *function is the
 * first. Returns where the lines of the next begin. */
static size_t write_file(const struct coverage *coverage, size_t first, size_t *function,
                         FILE *output)
{
    uint32_t file = coverage->lines[first].file;
    size_t executed = 0, i;

    fprintf(output, "SF:%s\n", coverage->files.names[file]);
    write_functions(coverage, file, function, output);
    for (i = first; i < coverage->count && coverage->lines[i].file == file; i++) {
        fprintf(output, "DA:%u,%d\n", coverage->lines[i].number, coverage->lines[i].executed);
        executed += coverage->lines[i].executed;
    }
    fprintf(output, "LF:%zu\nLH:%zu\nend_of_record\n", i - first, executed);
    return i;
}

/* In order of the files, as both lines and functions are. */
static int write_tracefile(struct coverage *coverage, const char *path)
{
    struct new_file new;
    size_t function = 0;

    if (question_file_open(coverage->question, &new, path, coverage->error) < 0) {
        return -1;
    }
    if (coverage->function_count) {
        qsort(coverage->functions, coverage->function_count, sizeof(*coverage->functions), by_file);
    }
    fputs("TN:\n", new.file);
    for (size_t i = 0; i < coverage->count;) {
        i = write_file(coverage, i, &function, new.file);
    }
    return question_file_finish(coverage->question, &new, coverage->error);
}

/* Lines of a file from `first` on: how many there are, and were executed. */
static size_t count_file(const struct coverage *coverage, size_t first, size_t *executed)
{
    size_t i = first;

    for (*executed = 0;
         i < coverage->count && coverage->lines[i].file == coverage->lines[first].file; i++) {
        *executed += coverage->lines[i].executed;
    }
    return i - first;
}

static int print_file(const char *file, size_t lines, size_t executed, struct ebb_error *error)
{
    char *printable = text_printable(file, strlen(file));

    if (!printable) {
        return ebb_fail_memory(error);
    }
    printf("%6.2f%% of %6zu lines  %s\n", 100.0 * (double)executed / (double)lines, lines,
           printable);
    free(printable);
    return 0;
}

static int print_files(struct coverage *coverage)
{
    struct question *question = coverage->question;
    size_t executed, lines;
    int status = 0;

    question_begin_rows(question);
    for (size_t i = 0; i < coverage->count && status == 0; i += lines) {
        const char *file = coverage->files.names[coverage->lines[i].file];

        lines = count_file(coverage, i, &executed);
        if (question->json) {
            status = json_list_add(
                &question->list,
                json_pack("{s:o, s:o, s:o}", "file", json_printable(file, strlen(file)), "lines",
                          json_unsigned(lines), "executed", json_unsigned(executed)),
                coverage->error);
        } else {
            status = print_file(file, lines, executed, coverage->error);
        }
    }
    question_end_rows(question);
    return status;
}

/* From the first to the last instruction that the file has. */
static int find_range(struct coverage *coverage)
{
    uint64_t first, size, begin = UINT64_MAX, end = 0;

    for (uint64_t i = 0; symbols_code(coverage->question->symbols, i, &first, &size); i++) {
        begin = first < begin ? first : begin;
        end = first + size > end ? first + size : end;
    }
    if (begin >= end || end - begin > RANGE_MAX) {
        return ebb_fail(coverage->error, EBB_ERROR_UNSUPPORTED,
                        "%s has no code, or code that is more than %u MiB apart",
                        coverage->question->symbol_file, RANGE_MAX >> 20);
    }
    coverage->marked.begin = begin & ~15ull;
    coverage->marked.end = end;
    coverage->marked.marks = calloc(1, timeline_coverage_size(&coverage->marked));
    return coverage->marked.marks ? 0 : ebb_fail_memory(coverage->error);
}

static int choose_table(struct coverage *coverage)
{
    const char *text = coverage->question->arguments->values[COVERAGE_TABLE];
    unsigned long long table = 0;

    if (!text) {
        return 0;
    }
    if (options_number(text, "--table", TABLE_ADDRESS, &table, coverage->error) < 0) {
        return -1;
    }
    coverage->marked.table = table & TABLE_ADDRESS;
    coverage->marked.table_mask = TABLE_ADDRESS;
    return 0;
}

static int no_row(void *opaque, const struct timeline_row *row)
{
    (void)opaque;
    (void)row;
    return 0;
}

static int ask(struct coverage *coverage)
{
    struct question *question = coverage->question;
    const char *output = question->arguments->values[COVERAGE_OUTPUT];
    struct timeline_scan_result result = {0};

    if (!question->symbols) {
        return ebb_fail(coverage->error, EBB_ERROR_USAGE,
                        "lines need a file with debugging information: name it with --symbols");
    }
    if (find_range(coverage) || choose_table(coverage)) {
        return -1;
    }
    question->scan.coverage = &coverage->marked;
    question->scan.row = no_row;
    if (question_scan(question, &result, coverage->error)) {
        return -1;
    }
    if (question->shard) {
        return 0; /* it has the marks; the lines are for ebb merge to look up */
    }
    if (add_instructions(coverage)) {
        return -1;
    }
    sort_lines(coverage);
    if (coverage->count == 0) {
        return ebb_fail(coverage->error, EBB_ERROR_UNSUPPORTED,
                        "%s says nothing of lines: it has no debugging information",
                        question->symbol_file);
    }
    return output ? write_tracefile(coverage, output) : print_files(coverage);
}

static void free_functions(struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->function_count; i++) {
        free(coverage->functions[i].name);
    }
    free(coverage->functions);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question = {
        .without_operand = true,
        .without_limit = true,
        .has_own_output = true,
    };
    struct coverage coverage = {.question = &question, .error = error};
    const char *output = arguments->values[COVERAGE_OUTPUT];
    int status = -1;

    if (output && arguments->values[QUESTION_JSON]) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--json does not go with -o, which prints no table");
    }
    if ((!output || arguments->merging || new_file_check(output, error) == 0) &&
        question_open(&question, arguments, error) == 0) {
        status = ask(&coverage);
    }
    name_table_free(&coverage.files);
    free_functions(&coverage);
    free(coverage.lines);
    free(coverage.marked.marks);
    return question_end(&question, status, error);
}

const struct command command_coverage = {
    .name = "coverage",
    .summary = "tells which lines of the source were executed",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, marks each instruction of the symbols' "
        "file that executes, and prints for each file of the source how many of its lines did; or "
        "writes them as a tracefile, which genhtml of lcov's makes pages of. A line counts as "
        "executed, with the count 1, if one of its instructions was. It needs the file's "
        "debugging information (DWARF).\n\n"
        "Addresses are those of whoever runs: where several programs have code at the same "
        "addresses, all that they executed there counts for the file's. --table takes one of "
        "them.",
    .examples = "ebb coverage ebb-recording-3\n"
                "ebb coverage ebb-recording-3 --symbols firmware.elf -o trace.info\n",
    .options = options,
    .run = run,
};
