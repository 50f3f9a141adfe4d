/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb count: how often code was executed, or memory accessed. */
#include "access_rows.h"
#include "callers.h"
#include "functions.h"
#include "question.h"
#include "questions.h"
#include "tally.h"

#include "cli/arm_state.h"
#include "cli/movements/list.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the link register is, in both states of the CPU. */
#define LINK_AARCH64 30u
#define LINK_AARCH32 14u
/* All that may be it: AArch32's are in these registers, by mode, of a CPU with AArch64 (Arm ARM,
 * D1.20.1); one without has the present one. */
#define LINKS (1u << 14 | 1u << 16 | 1u << 18 | 1u << 20 | 1u << 22 | 1u << 30)
/* Keys that no code has: the addresses are odd. */
#define BY_DEVICE UINT64_MAX
#define BY_RESET (UINT64_MAX - 2)

enum { COUNT_WRITE = QUESTION_OWN, COUNT_READ, COUNT_PHYSICAL, COUNT_BY_CALLER };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [COUNT_WRITE] = {"write", 'w', NULL, "Counts writes to memory."},
    [COUNT_READ] = {"read", 'r', NULL, "Counts reads of memory; with --write, both."},
    [COUNT_PHYSICAL] = {"physical", 'p', NULL,
                        "The address is a physical one: accesses by whatever virtual address are "
                        "counted."},
    [COUNT_BY_CALLER] = {"by-caller", 'c', NULL,
                         "Counts for each caller of the function, or for each place in the code "
                         "that accesses the memory; the most frequent first."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct count {
    struct question question;
    struct functions functions;
    struct callers callers;
    struct tally tally;
    uint64_t number; /* with --limit or --by-caller */
    bool memory;
    struct ebb_error *error;
    bool failed;
};

static bool is_given(const struct count *count, int option)
{
    return count->question.arguments->values[option] != NULL;
}

/* Registers come in the order of their numbers. */
static uint64_t link_of(const struct timeline_row *row)
{
    unsigned number = LINK_AARCH64, before;

    if (row->mode & ARM_STATE_AARCH32) {
        number = row->register_count == 1 ? LINK_AARCH32 : arm_state_bank(row->mode, LINK_AARCH32);
    }
    before = (unsigned)__builtin_popcount(LINKS & ((1u << number) - 1));
    return before < row->register_count ? row->registers[before] : 0;
}

static uint64_t key_of(const struct count *count, const struct timeline_row *row)
{
    if (count->memory) {
        return row->by_reset ? BY_RESET : row->by_device ? BY_DEVICE : row->pc;
    }
    return row->mode & ARM_STATE_AARCH32 ? link_of(row) & ~UINT64_C(1) : link_of(row);
}

static int note(void *opaque, const struct timeline_row *row)
{
    struct count *count = opaque;
    bool enough;

    if (!question_takes(&count->question, row, &enough)) {
        return enough;
    }
    count->number++;
    if (is_given(count, COUNT_BY_CALLER) &&
        tally_add(&count->tally, key_of(count, row), count->error) < 0) {
        count->failed = true;
        return -1;
    }
    return 0;
}

static int watch(struct count *count, struct ebb_error *error)
{
    const char *const *values = count->question.arguments->values;

    return access_row_watch(
        &count->question, question_operand(&count->question),
        access_row_kind(values[COUNT_READ], values[COUNT_WRITE], values[COUNT_PHYSICAL]), error);
}

/* Behind a function's first instruction the link register has something else. */
static int check_callers(const struct count *count, struct ebb_error *error)
{
    struct symbols *symbols = count->question.symbols;

    for (size_t i = 0; i < count->functions.count; i++) {
        uint64_t address = count->functions.list[i].address;

        if (is_given(count, COUNT_BY_CALLER) && symbols &&
            !symbols_has_code_at(symbols, address - symbols_offset(symbols))) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "0x%" PRIx64 " is inside of a function; callers are known at the first "
                            "instruction",
                            address);
        }
    }
    return 0;
}

static int set_up(struct count *count, struct ebb_error *error)
{
    struct question *question = &count->question;
    const char *operand = question_operand(question);

    count->memory = is_given(count, COUNT_WRITE) || is_given(count, COUNT_READ) ||
                    is_given(count, COUNT_PHYSICAL) || strchr(operand, ',');
    if (count->memory) {
        return watch(count, error);
    }
    return functions_find(&count->functions, question, operand, error) < 0 ||
                   check_callers(count, error) < 0 ||
                   functions_break(&count->functions, question, error) < 0
               ? -1
               : 0;
}

static char *describe_key(struct count *count, uint64_t key)
{
    const char *where;
    char *text;

    if (!count->memory) {
        return callers_describe(&count->callers, key);
    }
    if (key == BY_DEVICE || key == BY_RESET) {
        return strdup(key == BY_DEVICE ? "a device" : "a reset");
    }
    where = locations_find(&count->question.locations, key);
    if (where && *where) {
        return strdup(where);
    }
    return asprintf(&text, "0x%" PRIx64, key) < 0 ? NULL : text;
}

static json_t *key_json(struct count *count, uint64_t key)
{
    json_t *object;

    if (!count->memory) {
        return callers_json(&count->callers, key);
    }
    if (key == BY_DEVICE || key == BY_RESET) {
        return json_pack("{s:s}", "by", key == BY_DEVICE ? "device" : "reset");
    }
    object = json_pack("{s:s, s:o}", "by", "cpu", "pc", json_hexadecimal(key));
    locations_set(&count->question.locations, object, key);
    return object;
}

static int print_entry(struct count *count, const struct tally_entry *entry,
                       struct ebb_error *error)
{
    char *text;

    if (count->question.json) {
        json_t *object = json_pack("{s:o, s:o}", "count", json_unsigned(entry->count),
                                   count->memory ? "place" : "caller", key_json(count, entry->key));

        return json_list_add(&count->question.list, object, error);
    }
    text = describe_key(count, entry->key);
    if (!text) {
        return ebb_fail_memory(error);
    }
    printf("%15" PRIu64 " %s %s\n", entry->count, count->memory ? "by" : "from", text);
    free(text);
    return 0;
}

static int print_callers(struct count *count, struct ebb_error *error)
{
    int status = 0;

    tally_sort(&count->tally);
    for (size_t i = 0; i < count->tally.count && status == 0 && !ferror(stdout); i++) {
        status = print_entry(count, &count->tally.entries[i], error);
    }
    return status;
}

static int print_sum(struct count *count, struct ebb_error *error)
{
    if (count->question.json) {
        return json_list_add(&count->question.list,
                             json_pack("{s:o}", "count", json_unsigned(count->number)), error);
    }
    printf("%15" PRIu64 "\n", count->number);
    return 0;
}

/* What there is of a recording that ends early is told of as well. */
static int ask(struct count *count, struct ebb_error *error)
{
    struct question *question = &count->question;
    struct timeline_scan_result result = {0};
    struct ebb_error later = {0};
    int status, printed;

    count->error = error;
    status = question_scan(question, &result, error);
    if (count->failed || (status < 0 && error->kind == EBB_ERROR_INTERRUPTED)) {
        return -1;
    }
    if (question->scan.count) {
        count->number = result.rows;
    }
    progress_clear(&question->progress);
    printed = is_given(count, COUNT_BY_CALLER) ? print_callers(count, status < 0 ? &later : error)
                                               : print_sum(count, status < 0 ? &later : error);
    if (status == 0 && result.ended) {
        question_tell_more(question, question->last + 1);
    }
    return status < 0 || printed < 0 ? -1 : 0;
}

static int answer(struct count *count, struct ebb_error *error)
{
    struct question *question = &count->question;
    struct timeline_scan *scan = &question->scan;
    bool by_caller = is_given(count, COUNT_BY_CALLER);
    int status;

    if (set_up(count, error) < 0) {
        return -1;
    }
    count->callers.symbols = question->symbols;
    scan->count = !by_caller && question->limit == 0;
    scan->context = by_caller && !count->memory;
    scan->registers = scan->context ? LINKS : 0;
    scan->row = note;
    scan->opaque = count;
    question_begin_rows(question);
    status = ask(count, error);
    question_end_rows(question);
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct count *count = calloc(1, sizeof(*count));
    int status = -1;

    if (!count) {
        return ebb_fail_memory(error);
    }
    if (question_open(&count->question, arguments, error) == 0) {
        status = answer(count, error);
    }
    tally_free(&count->tally);
    callers_free(&count->callers);
    functions_free(&count->functions);
    status = question_end(&count->question, status, error);
    free(count);
    return status;
}

const struct command command_count = {
    .name = "count",
    .summary = "counts how often code was executed, or memory accessed",
    .operands = "[RECORDING] LOCATION|ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description =
        "Replays the recording once, on several workers, and prints how often an instruction was "
        "executed: a function's first one, for its name (all that have it), else that at an "
        "address, a number or a symbol with +N or -N behind it.\n\n"
        "With a LENGTH, --write, --read or --physical it is how often the memory there was "
        "accessed: 4 bytes, if not said otherwise. A device's write counts as one, and an "
        "instruction that accesses memory several times as several.",
    .examples = "ebb count ebb-recording-3 schedule --by-caller\n"
                "ebb count --write jiffies_64,8\n",
    .options = options,
    .run = run,
};
