/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report is gathered as a JSON document, which is what --json prints; the text is made from it.
 */
#include "bisect_report.h"

#include "bisect_text.h"
#include "cause.h"
#include "device_guess.h"
#include "json_list.h"
#include "step_events.h"
#include "symbols.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 16 };

struct report {
    struct lane *lane;
    const struct probe_plan *plan;
    const struct finding *finding;
    uint64_t before; /* the position of the instruction that is told of */
    json_t *document;
    struct cause_memory memory[MEMORY_MAX]; /* what the condition depends on */
    size_t memory_count;
};

static void add_memory(struct report *report, uint64_t address, uint64_t size)
{
    if (size && report->memory_count < MEMORY_MAX) {
        report->memory[report->memory_count++] = (struct cause_memory){address, size};
    }
}

/* An operand's value, in its own form. */
static json_t *operand_value(const struct condition_operand *operand)
{
    char text[64];

    if (!operand->known) {
        return json_null();
    }
    if (operand->is_signed && (int64_t)operand->value < 0) {
        snprintf(text, sizeof(text), "%" PRId64, (int64_t)operand->value);
        return json_string(text);
    }
    return json_hexadecimal(operand->value);
}

/* The operands of a plain condition where the lane is; key says of which state that is. */
static int add_plain_operands(struct report *report, const char *key, struct ebb_error *error)
{
    const struct condition *condition = report->plan->condition;
    struct condition_state state = probe_state(report->lane);
    json_t *list = json_object_get(report->document, "operands");

    for (size_t i = 0; i < condition_operand_count(condition); i++) {
        struct condition_operand operand;

        if (condition_operand(condition, i, &state, &operand, error) < 0) {
            return -1;
        }
        if (json_array_size(list) <= i) {
            json_array_append_new(list, json_pack("{s:s}", "text", operand.text));
            add_memory(report, operand.address, operand.size);
        }
        json_object_set_new(json_array_get(list, i), key, operand_value(&operand));
    }
    return 0;
}

/* What gdb says of a state. */
static json_t *ask_gdb(struct report *report, uint64_t position, bool place,
                       struct ebb_error *error)
{
    const char *expression = report->plan->condition ? NULL : report->plan->expression;
    struct gdb_session *session = probe_gdb(report->lane, error);

    return session ? gdb_session_ask(session,
                                     json_pack("{s:s, s:I, s:s, s:b}", "do", "report", "position",
                                               (json_int_t)position, "expression",
                                               expression ? expression : "", "place", place),
                                     error)
                   : NULL;
}

static void add_gdb_operands(struct report *report, const json_t *answer, const char *key)
{
    json_t *list = json_object_get(report->document, "operands"), *operand;
    uint64_t address, size;
    size_t i;

    json_array_foreach(json_object_get(answer, "operands"), i, operand)
    {
        if (json_array_size(list) <= i) {
            json_array_append_new(list,
                                  json_pack("{s:O}", "text", json_object_get(operand, "text")));
            if (gdb_session_memory(operand, &address, &size) == 0) {
                add_memory(report, address, size);
            }
        }
        json_object_set(json_array_get(list, i), key, json_object_get(operand, "value"));
    }
}

/* The place of the instruction, as gdb has it: it knows of functions inside of others. */
static void add_frame(struct report *report, const json_t *frame)
{
    static const char *const keys[] = {"function", "file", "line"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *value = json_object_get(frame, keys[i]);

        if (value && !json_is_null(value)) {
            json_object_set(report->document, keys[i], value);
        }
    }
}

/* With a gdb: operands that are not ours to evaluate, the instruction and the backtrace. Where we
 * evaluate them, what gdb cannot do is left out: the position is known all the same. */
static int gather_from_gdb(struct report *report, struct ebb_error *error)
{
    json_t *before, *after;

    if (!report->plan->gdb) {
        return 0;
    }
    before = ask_gdb(report, report->before, true, error);
    if (before && report->before < timeline_end(report->lane->timeline)) {
        after = ask_gdb(report, report->before + 1, false, error);
    } else {
        after = json_incref(before); /* nothing comes behind it */
    }
    if (after) {
        add_gdb_operands(report, before, "before");
        add_gdb_operands(report, after, "after");
        json_object_set(report->document, "backtrace", json_object_get(before, "frames"));
        add_frame(report, json_array_get(json_object_get(before, "frames"), 0));
        json_object_set(report->document, "instruction", json_object_get(before, "instruction"));
    }
    json_decref(before);
    json_decref(after);
    probe_end(report->lane); /* the timeline is ours again */
    if (after || !report->plan->condition || error->kind == EBB_ERROR_INTERRUPTED) {
        return after ? 0 : -1;
    }
    fprintf(stderr, "ebb: there is no backtrace: %s\n", error->message);
    return 0;
}

static void add_place(struct report *report, uint64_t pc)
{
    bool known = json_object_get(report->document, "function") != NULL;
    struct symbols *symbols =
        report->plan->symbols && !known ? symbols_open(report->plan->symbols, NULL) : NULL;
    struct symbols_location location = {0};

    json_object_set_new(report->document, "pc", json_hexadecimal(pc));
    if (symbols) {
        symbols_move(symbols, report->plan->slide.offset);
        symbols_find(symbols, pc, &location);
    }
    if (location.function) {
        json_object_set_new(report->document, "function",
                            json_printable(location.function, strlen(location.function)));
    }
    if (location.file) {
        json_object_set_new(report->document, "file",
                            json_printable(location.file, strlen(location.file)));
        json_object_set_new(report->document, "line", json_unsigned(location.line));
    }
    symbols_close(symbols);
}

/* A register's bytes, the highest first. */
static json_t *register_json(const uint8_t *bytes, int size)
{
    char text[2 * 256 + 3] = "0x";

    for (int i = 0; i < size; i++) {
        snprintf(text + 2 + 2 * i, sizeof(text) - 2 - 2 * (size_t)i, "%02x", bytes[size - 1 - i]);
    }
    return json_string(text);
}

struct register_bytes {
    uint8_t bytes[256];
    int size;
};

static int read_registers(struct report *report, struct register_bytes *all,
                          struct ebb_error *error)
{
    const struct target_registers *registers = &report->plan->registers;

    for (size_t i = 0; i < registers->count; i++) {
        all[i].size = timeline_read_register(report->lane->timeline, registers->list[i].number,
                                             all[i].bytes, sizeof(all[i].bytes), error);
        if (all[i].size < 0) {
            return -1;
        }
    }
    return 0;
}

static void add_registers(struct report *report, const struct register_bytes *before,
                          const struct register_bytes *after)
{
    const struct target_registers *registers = &report->plan->registers;
    json_t *list = json_array();

    for (size_t i = 0; i < registers->count; i++) {
        if (before[i].size != after[i].size ||
            memcmp(before[i].bytes, after[i].bytes, (size_t)before[i].size) == 0) {
            continue;
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:o}", "name", registers->list[i].name,
                                        "before", register_json(before[i].bytes, before[i].size),
                                        "after", register_json(after[i].bytes, after[i].size)));
    }
    json_object_set_new(report->document, "registers", list);
}

/* Looks at both states. */
static int gather_states(struct report *report, struct register_bytes *registers,
                         struct ebb_error *error)
{
    size_t count = report->plan->registers.count;
    uint64_t pc;

    if (lane_seek(report->lane, report->before, error) < 0 ||
        timeline_read_pc(report->lane->timeline, &pc, error) < 0 ||
        read_registers(report, registers, error) < 0 ||
        (report->plan->condition && add_plain_operands(report, "before", error) < 0)) {
        return -1;
    }
    add_place(report, pc);
    if (report->before >= timeline_end(report->lane->timeline)) {
        return 0;
    }
    if (lane_seek(report->lane, report->before + 1, error) < 0 ||
        read_registers(report, registers + count, error) < 0 ||
        (report->plan->condition && add_plain_operands(report, "after", error) < 0)) {
        return -1;
    }
    add_registers(report, registers, registers + count);
    return 0;
}

static bool is_stopped(void *opaque)
{
    return lanes_stopped(opaque);
}

static json_t *device_json(const struct device_guess *guess, const char *words)
{
    const char *name = guess->device ? guess->device->name : NULL;
    json_t *address = device_guess_has_register(guess) ? json_hexadecimal(guess->address) : NULL;
    json_t *position = guess->kind >= DEVICE_GUESS_CERTAIN ? json_unsigned(guess->position) : NULL;

    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:s}", "name",
                     name ? json_printable(name, strlen(name)) : json_null(), "virtio",
                     guess->virtio ? json_string(guess->virtio) : json_null(), "register",
                     address ? address : json_null(), "accessed_at",
                     position ? position : json_null(), "certain",
                     guess->kind == DEVICE_GUESS_CERTAIN, "words", words);
}

static int add_device(struct report *report, struct ebb_error *error)
{
    struct device_guess guess = {.manifest = report->finding->recording->manifest,
                                 .stopped = is_stopped,
                                 .opaque = report->lane->lanes};
    char words[DEVICE_GUESS_WORDS_SIZE];

    if (device_guess(&guess, timeline_log(report->lane->timeline), report->before, error) < 0 ||
        device_guess_words(&guess, words, error) < 0) {
        return -1;
    }
    json_object_set_new(report->document, "device", device_json(&guess, words));
    return 0;
}

/* Where the log is damaged right behind the step, what is known of it is better than nothing. */
static int add_events(struct report *report, struct ebb_error *error)
{
    json_t *events = json_array();
    uint64_t left_out;
    int status = events ? step_events(timeline_log(report->lane->timeline), report->before + 1,
                                      events, &left_out, error)
                        : ebb_fail_memory(error);

    if (status < 0 && error->kind == EBB_ERROR_CORRUPT) {
        fprintf(stderr, "ebb: there may be more events than are told of: %s\n", error->message);
        status = 0;
    }
    if (status == 0 && left_out) {
        json_object_set_new(report->document, "events_left_out", json_unsigned(left_out));
    }
    json_object_set_new(report->document, "events", events);
    return status;
}

static int gather_cause(struct report *report, struct ebb_error *error)
{
    static const char *const names[] = {
        [CAUSE_INSTRUCTION] = "instruction", [CAUSE_DEVICE] = "device", [CAUSE_RESET] = "reset"};
    enum cause_kind kind = CAUSE_INSTRUCTION;

    if (report->finding->at_begin || report->before >= timeline_end(report->lane->timeline)) {
        return 0;
    }
    if (cause_find(report->lane, report->before + 1, report->memory, report->memory_count, &kind,
                   error) < 0) {
        return -1;
    }
    json_object_set_new(report->document, "by", json_string(names[kind]));
    if (add_events(report, error) < 0) {
        return -1;
    }
    return kind == CAUSE_DEVICE ? add_device(report, error) : 0;
}

/* Work of a lane: all that a user may want to interrupt. */
static int gather(struct lane *lane, void *element, struct ebb_error *error)
{
    struct report *report = element;
    size_t count = report->plan->registers.count;
    struct register_bytes *registers = calloc(2 * count + 1, sizeof(*registers));
    int status = registers ? 0 : ebb_fail_memory(error);

    report->lane = lane;
    if (status == 0) {
        status = gather_from_gdb(report, error);
    }
    if (status == 0) {
        status = gather_states(report, registers, error);
    }
    if (status == 0) {
        status = gather_cause(report, error);
    }
    free(registers);
    return status;
}

static void add_search(struct report *report)
{
    const struct finding *finding = report->finding;
    const struct bisection_result *bisection = &finding->bisection;
    json_t *document = report->document;

    json_object_set_new(document, "scanned", json_boolean(finding->scanned));
    if (finding->scanned || !bisection->end) {
        return;
    }
    json_object_set_new(document, "probes", json_integer(bisection->probes));
    json_object_set_new(document, "skipped", json_integer(bisection->skips));
    json_object_set_new(document, "unsure", json_boolean(bisection->unsure));
    json_object_set_new(document, "last_good",
                        bisection->has_good ? json_unsigned(bisection->last_good) : json_null());
    json_object_set_new(document, "monotone", json_boolean(!bisection->not_monotone));
    if (bisection->not_monotone) {
        json_object_set_new(document, "bad_before", json_unsigned(bisection->bad_before));
        json_object_set_new(document, "good_behind", json_unsigned(bisection->good_behind));
    }
}

static json_t *begin_document(const struct finding *finding)
{
    const char *directory = finding->recording->directory;

    return json_pack("{s:o, s:o, s:o, s:b, s:f, s:[]}", "directory",
                     json_printable(directory, strlen(directory)), finding->what,
                     json_printable(finding->text, strlen(finding->text)), "position",
                     json_unsigned(finding->position), "at_begin", finding->at_begin, "seconds",
                     finding->seconds, "operands");
}

int bisect_report(struct lanes *lanes, const struct finding *finding, bool json,
                  struct ebb_error *error)
{
    struct report report = {
        .plan = lanes_plan(lanes),
        .finding = finding,
        .before = finding->position - (finding->at_begin || finding->at_position ? 0 : 1),
        .document = begin_document(finding),
    };
    int status = report.document ? 0 : ebb_fail_memory(error);

    if (status == 0) {
        add_search(&report);
        status = lanes_run(lanes, gather, &report, sizeof(report), 1, error);
    }
    json_object_set_new(report.document, "instruction_at", json_unsigned(report.before));
    if (status == 0 && json) {
        return json_print(stdout, report.document, error);
    }
    if (status == 0) {
        bisect_text_print(report.document, finding);
    }
    json_decref(report.document);
    return status;
}
