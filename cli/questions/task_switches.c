/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task_switches.h"

#include "cli/arm_state.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION "__switch_to"
#define TABLE_ADDRESS UINT64_C(0x0000fffffffffffe) /* TTBR0_EL1.BADDR */
#define NO_LOAD TIMELINE_LOADS

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

    scan.registers = 1u | 1u << next_register(symbols_are_wide(question->symbols));
    scan.row = take_first;
    scan.opaque = first;
    if (timeline_scan(question->timeline, &scan, &result, error) < 0) {
        return -1;
    }
    return first->found ? question_seek(question, first->position, NULL, error) : 0;
}

static void collect(struct task_switches *switches, struct question *question)
{
    struct timeline_scan *scan = &question->scan;
    bool wide = symbols_are_wide(question->symbols);

    switches->pointer = wide ? 8 : 4;
    switches->loads_from = add_task(&switches->layout, scan, 0, 0, switches->pointer);
    switches->loads_to =
        add_task(&switches->layout, scan, next_register(wide), 1, switches->pointer);
}

static int prepare_tasks(struct task_switches *switches, struct question *question,
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
    switches->function = address + symbols_offset(question->symbols);
    if (timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE, switches->function, 0,
                                error) ||
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
    collect(switches, question);
    return 0;
}

bool task_switches_are_known(const struct question *question)
{
    uint64_t address;

    return question->symbols && symbols_lookup(question->symbols, FUNCTION, &address);
}

int task_switches_prepare(struct task_switches *switches, struct question *question,
                          struct ebb_error *error)
{
    if (switches->by_table) {
        question->scan.returns = true;
        return 0;
    }
    return prepare_tasks(switches, question, error);
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

static struct task task_of(const struct task_switches *switches, const struct timeline_row *row,
                           const struct task_loads *loads)
{
    const uint8_t *pid = loaded(row, loads->pid), *name = loaded(row, loads->name);
    const uint8_t *memory = loaded(row, loads->memory);
    struct task task = {
        .has_address = loads->where < row->register_count,
        .has_pid = pid,
        .has_name = name,
        .has_memory = memory,
        .is_thread = memory,
    };

    task.address = task.has_address ? row->registers[loads->where] : 0;
    task.pid = pid ? pid_of(pid) : 0;
    if (name) {
        memcpy(task.name, name, sizeof(task.name));
    }
    for (unsigned i = 0; memory && i < switches->pointer; i++) {
        task.is_thread &= memory[i] == 0;
    }
    return task;
}

static struct task table_of(const struct timeline_row *row)
{
    return (struct task){
        .has_table = true,
        .table = row->tables[0] & TABLE_ADDRESS,
        .context_id = row->context_id,
    };
}

/* Whether user code runs with another table than that of the row before. */
static bool find_table(struct task_switches *switches, const struct timeline_row *row,
                       struct task_switch *found)
{
    bool first = !switches->has_last;
    struct task task = table_of(row);

    if (row->kind != TIMELINE_ROW_RETURN || !arm_state_is_user(row->mode) ||
        (!first && switches->last.table == task.table &&
         switches->last.context_id == task.context_id)) {
        return false;
    }
    found->from = switches->last;
    found->to = task;
    switches->last = task;
    switches->has_last = true;
    return !first;
}

static bool find_task(const struct task_switches *switches, const struct timeline_row *row,
                      struct task_switch *found)
{
    if (row->kind != TIMELINE_ROW_EXECUTE || row->address != switches->function) {
        return false;
    }
    found->from = task_of(switches, row, &switches->loads_from);
    found->to = task_of(switches, row, &switches->loads_to);
    return true;
}

bool task_switches_find(struct task_switches *switches, const struct timeline_row *row,
                        struct task_switch *found)
{
    if (switches->by_table ? !find_table(switches, row, found) : !find_task(switches, row, found)) {
        return false;
    }
    found->position = row->position;
    found->ran = switches->told ? row->position - switches->told_last : UINT64_MAX;
    switches->told_last = row->position;
    switches->told = true;
    return true;
}

static size_t name_length(const struct task *task)
{
    return strnlen((const char *)task->name, sizeof(task->name));
}

static void print_words(FILE *file, const struct task *task, const char *name)
{
    if (task->has_table) {
        fprintf(file, "table 0x%" PRIx64 " context %" PRIu64, task->table, task->context_id);
    } else if (task->has_pid) {
        fprintf(file, "%" PRId32, task->pid);
    } else if (task->has_address) {
        fprintf(file, "0x%" PRIx64, task->address);
    }
    if (name) {
        fprintf(file, task->is_thread ? " [%s]" : " %s", name);
    }
}

char *task_words(const struct task *task)
{
    char *name = task->has_name ? text_printable(task->name, name_length(task)) : NULL;
    char *words = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&words, &size);

    if (!file || (task->has_name && !name)) {
        if (file) {
            fclose(file);
            free(words);
        }
        free(name);
        return NULL;
    }
    print_words(file, task, name);
    free(name);
    if (fclose(file) != 0) {
        free(words);
        words = NULL;
    }
    return words;
}

json_t *task_describe(const struct task *task)
{
    json_t *object = json_object();

    if (task->has_table) {
        json_object_set_new(object, "table", json_hexadecimal(task->table));
        json_object_set_new(object, "context_id", json_unsigned(task->context_id));
    }
    if (task->has_address) {
        json_object_set_new(object, "task", json_hexadecimal(task->address));
    }
    if (task->has_pid) {
        json_object_set_new(object, "pid", json_integer(task->pid));
    }
    if (task->has_name) {
        json_object_set_new(object, "name", json_printable(task->name, name_length(task)));
    }
    if (task->has_memory) {
        json_object_set_new(object, "kernel_thread", json_boolean(task->is_thread));
    }
    return object;
}
