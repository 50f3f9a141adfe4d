/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb switches: every switch from one task of Linux to another. */
#include "question.h"
#include "questions.h"
#include "task_layout.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHES_BY_TABLE = QUESTION_OWN };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [SWITCHES_BY_TABLE] = {"by-table", 't', NULL,
                           "Tells programs from each other by their translation table (TTBR0_EL1) "
                           "and CONTEXTIDR_EL1, for other systems than Linux: prints where user "
                           "code is returned to that has others than the user code before."},
    {0},
};

#define FUNCTION "__switch_to"
#define TABLE_ADDRESS UINT64_C(0x0000fffffffffffe) /* TTBR0_EL1.BADDR */
#define MODE_MASK 0xfu
#define NO_LOAD TIMELINE_LOADS

/* What is loaded of a task, by the number of the load; NO_LOAD: nothing. */
struct task_loads {
    unsigned name, pid, memory;
    unsigned where; /* the register that points to the task, as a place in row->registers */
};

struct switches {
    struct task_layout layout;
    struct task_loads from, to;
    bool by_table, has_last;
    uint64_t table, context_id; /* of the user code that ran last, if has_last */
    uint64_t old_table, old_context_id;
    bool told;
    uint64_t last; /* position of the last switch, if told */
    uint64_t ran;  /* of the row to print: instructions; UINT64_MAX: unknown */
};

/* Linux: __switch_to(prev, next) on arm64, and on arm (prev, prev's thread_info, next's), which is
 * the first member of a task since 5.16. */
static unsigned next_register(bool wide)
{
    return wide ? 1 : 2;
}

static unsigned add_load(struct timeline_scan *scan, bool has, unsigned number, uint32_t offset,
                         unsigned length)
{
    if (!has) {
        return NO_LOAD;
    }
    scan->loads[scan->load_count] =
        (struct timeline_load){.number = number, .length = length, .offset = offset};
    return scan->load_count++;
}

static struct task_loads add_task(const struct task_layout *layout, struct timeline_scan *scan,
                                  unsigned number, unsigned where, unsigned pointer)
{
    scan->registers |= 1u << number;
    return (struct task_loads){
        .name = add_load(scan, layout->has_name, number, layout->name, TASK_NAME_SIZE),
        .pid = add_load(scan, layout->has_pid, number, layout->pid, 4),
        .memory = add_load(scan, layout->has_memory, number, layout->memory, pointer),
        .where = where,
    };
}

static const uint8_t *loaded(const struct timeline_row *row, unsigned load)
{
    return load < TIMELINE_LOADS ? row->loads[load] : NULL;
}

static int32_t pid_of(const uint8_t *bytes)
{
    return (int32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

static char *name_of(const uint8_t *bytes)
{
    return text_printable(bytes, strnlen((const char *)bytes, TASK_NAME_SIZE));
}

/* Kernel threads have no memory of their own. */
static bool is_thread(const struct question *question, const struct timeline_row *row,
                      const struct task_loads *loads)
{
    const uint8_t *memory = loaded(row, loads->memory);

    for (unsigned i = 0; memory && i < question->scan.loads[loads->memory].length; i++) {
        if (memory[i]) {
            return false;
        }
    }
    return memory != NULL;
}

static int print_task(const struct question *question, const struct timeline_row *row,
                      const struct task_loads *loads, struct ebb_error *error)
{
    const uint8_t *pid = loaded(row, loads->pid), *bytes = loaded(row, loads->name);
    bool thread = is_thread(question, row, loads);
    char *name;

    if (pid) {
        printf(" %" PRId32, pid_of(pid));
    } else if (loads->where < row->register_count) {
        printf(" 0x%" PRIx64, row->registers[loads->where]);
    }
    if (bytes) {
        name = name_of(bytes);
        if (!name) {
            return ebb_fail_memory(error);
        }
        printf(thread ? " [%s]" : " %s", name);
        free(name);
    }
    return 0;
}

static void print_table(uint64_t table, uint64_t context_id)
{
    printf(" table 0x%" PRIx64 " context %" PRIu64, table, context_id);
}

static int print(struct question *question, const struct timeline_row *row, struct ebb_error *error)
{
    const struct switches *switches = question->opaque;
    int status = 0;

    printf("%15" PRIu64 " from", row->position);
    if (switches->by_table) {
        print_table(switches->old_table, switches->old_context_id);
        fputs(" to", stdout);
        print_table(row->tables[0] & TABLE_ADDRESS, row->context_id);
    } else {
        status = print_task(question, row, &switches->from, error);
        fputs(" to", stdout);
        status = status ? status : print_task(question, row, &switches->to, error);
    }
    if (switches->ran != UINT64_MAX) {
        printf(" after %" PRIu64, switches->ran);
    }
    putchar('\n');
    return status;
}

static json_t *describe_task(const struct question *question, const struct timeline_row *row,
                             const struct task_loads *loads)
{
    const uint8_t *pid = loaded(row, loads->pid), *name = loaded(row, loads->name);
    json_t *object = json_object();

    if (loads->where < row->register_count) {
        json_object_set_new(object, "task", json_hexadecimal(row->registers[loads->where]));
    }
    if (pid) {
        json_object_set_new(object, "pid", json_integer(pid_of(pid)));
    }
    if (name) {
        json_object_set_new(object, "name",
                            json_printable(name, strnlen((const char *)name, TASK_NAME_SIZE)));
    }
    if (loaded(row, loads->memory)) {
        json_object_set_new(object, "kernel_thread", json_boolean(is_thread(question, row, loads)));
    }
    return object;
}

static json_t *describe_table(uint64_t table, uint64_t context_id)
{
    return json_pack("{s:o, s:o}", "table", json_hexadecimal(table), "context_id",
                     json_unsigned(context_id));
}

static json_t *describe(struct question *question, const struct timeline_row *row)
{
    const struct switches *switches = question->opaque;
    json_t *object = json_pack("{s:o}", "position", json_unsigned(row->position));

    if (switches->by_table) {
        json_object_set_new(object, "from",
                            describe_table(switches->old_table, switches->old_context_id));
        json_object_set_new(object, "to",
                            describe_table(row->tables[0] & TABLE_ADDRESS, row->context_id));
    } else {
        json_object_set_new(object, "from", describe_task(question, row, &switches->from));
        json_object_set_new(object, "to", describe_task(question, row, &switches->to));
    }
    if (switches->ran != UINT64_MAX) {
        json_object_set_new(object, "ran", json_unsigned(switches->ran));
    }
    return object;
}

/* USR, or AArch64's EL0. */
static bool is_user(const struct timeline_row *row)
{
    return (row->mode & MODE_MASK) == 0;
}

/* Whether user code runs with another table than that of the row before. */
static bool is_other(struct switches *switches, const struct timeline_row *row)
{
    bool first = !switches->has_last;

    if (!is_user(row) || (!first && switches->table == (row->tables[0] & TABLE_ADDRESS) &&
                          switches->context_id == row->context_id)) {
        return false;
    }
    switches->old_table = switches->table;
    switches->old_context_id = switches->context_id;
    switches->table = row->tables[0] & TABLE_ADDRESS;
    switches->context_id = row->context_id;
    switches->has_last = true;
    return !first;
}

/* Asked once of each row, in their order. */
static bool wants(struct question *question, const struct timeline_row *row)
{
    struct switches *switches = question->opaque;

    if (switches->by_table && !is_other(switches, row)) {
        return false;
    }
    switches->ran = switches->told ? row->position - switches->last : UINT64_MAX;
    switches->last = row->position;
    switches->told = true;
    return true;
}

struct first {
    bool found;
    uint64_t position;
    uint64_t tasks[2];
};

static int take_first(void *opaque, const struct timeline_row *row)
{
    struct first *first = opaque;

    *first = (struct first){.found = true, .position = row->position};
    for (unsigned i = 0; i < 2 && i < row->register_count; i++) {
        first->tasks[i] = row->registers[i];
    }
    return 1;
}

/* Goes to the first switch, where the kernel's memory can be read. */
static int go_to_first(struct question *question, struct first *first, struct ebb_error *error)
{
    struct timeline_scan scan = {.from = question->scan.from, .to = question->scan.to};
    struct timeline_scan_result result = {0};
    struct timeline_stop stop;

    scan.registers = 1u | 1u << next_register(symbols_are_wide(question->symbols));
    scan.row = take_first;
    scan.opaque = first;
    if (timeline_scan(question->timeline, &scan, &result, error) < 0) {
        return -1;
    }
    return first->found ? timeline_seek(question->timeline, first->position, &stop, error) : 0;
}

static void collect(struct question *question, struct switches *switches)
{
    struct timeline_scan *scan = &question->scan;
    bool wide = symbols_are_wide(question->symbols);
    unsigned pointer = wide ? 8 : 4;

    switches->from = add_task(&switches->layout, scan, 0, 0, pointer);
    switches->to = add_task(&switches->layout, scan, next_register(wide), 1, pointer);
}

static int prepare_tasks(struct question *question, struct switches *switches,
                         struct ebb_error *error)
{
    struct first first = {0};
    uint64_t address;

    if (!question->symbols || !symbols_lookup(question->symbols, FUNCTION, &address)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no symbol " FUNCTION
                        ": name the guest's kernel with --symbols vmlinux, or, for another system "
                        "than Linux, use --by-table");
    }
    address += symbols_offset(question->symbols);
    if (timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE, address, 0, error) ||
        go_to_first(question, &first, error)) {
        return -1;
    }
    if (first.found && task_layout_read(&switches->layout, question->timeline, question->symbols,
                                        first.tasks, error)) {
        return -1;
    }
    if (first.found && !switches->layout.has_pid) {
        fputs("ebb: the kernel has no types (BTF) to be read: tasks have no PID\n", stderr);
    }
    collect(question, switches);
    return 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct switches switches = {.by_table = arguments->values[SWITCHES_BY_TABLE]};
    struct question question = {
        .scan = {.returns = switches.by_table},
        .print = print,
        .describe = describe,
        .wants = wants,
        .opaque = &switches,
        .without_operand = true,
    };
    int status = -1;

    if (question_open(&question, arguments, error) == 0 &&
        (switches.by_table || prepare_tasks(&question, &switches, error) == 0)) {
        status = question_ask(&question, error);
    }
    question_close(&question);
    return status;
}

const struct command command_switches = {
    .name = "switches",
    .summary = "prints every switch between tasks",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, and prints each switch of Linux from one "
        "task to another: position, PID and name of both, and how many instructions the first had "
        "the CPU for, those of interrupts and system calls included. Names of kernel threads are "
        "in brackets. It needs the kernel's symbols; the layout of structures comes from the BTF "
        "in the kernel's memory, and without it tasks have names, and addresses for PIDs.\n\n"
        "For other systems there is --by-table. It takes programs with the same table for one, "
        "knows no names, and finds a switch only where user code runs again.",
    .examples = "ebb switches ebb-recording-3 --symbols vmlinux --limit 20\n"
                "ebb switches ebb-recording-3 --by-table\n",
    .options = options,
    .run = run,
};
