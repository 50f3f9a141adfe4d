/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export tarmac: each instruction with what it changed, as Arm's tarmac-trace-utilities read
 * it. */
#include "conditional.h"
#include "exports.h"
#include "first_sample.h"
#include "instruction_set.h"
#include "instruction_texts.h"
#include "visible_registers.h"

#include "cli/arm_state.h"
#include "cli/questions/exception_words.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define PART_MAX 8u /* bytes of memory on a line */

struct trace {
    struct question *question;
    FILE *file;
    struct ebb_error *error;
    uint64_t end;
    struct instruction_texts *texts;
    bool begun;        /* the registers were written: */
    uint64_t position; /* of the last instruction, or of an interrupt behind it */
    uint64_t values[VISIBLE_REGISTERS];
    uint32_t state;
    bool ignores_reads; /* of the last instruction */
    bool failed;
};

static int digits(bool aarch64)
{
    return aarch64 ? 16 : 8;
}

/* AArch32's registers are the lower halves of AArch64's, and have no others above them. */
static uint64_t value_of(const struct trace *trace, const struct visible_registers *visible,
                         unsigned number)
{
    uint64_t upper = visible->aarch64 ? 0 : trace->values[number] & ~(uint64_t)UINT32_MAX;

    return visible->values[number] | upper;
}

/* All that are not as they were written last. */
static void write_registers(struct trace *trace, const struct visible_registers *visible,
                            uint64_t position)
{
    for (unsigned i = 0; i < VISIBLE_REGISTERS; i++) {
        char name[VISIBLE_NAME_SIZE];
        uint64_t value = value_of(trace, visible, i);

        if (!(visible->known >> i & 1) || (trace->begun && value == trace->values[i])) {
            continue;
        }
        visible_register_name(visible, i, name);
        fprintf(trace->file, "%" PRIu64 " clk R %s %0*" PRIx64 "\n", position, name,
                digits(visible->aarch64), visible->values[i]);
        trace->values[i] = value;
    }
}

static void write_state(struct trace *trace, uint32_t state, uint64_t position)
{
    if (!trace->begun || state != trace->state) {
        fprintf(trace->file, "%" PRIu64 " clk R cpsr %08" PRIx32 "\n", position, state);
    }
    trace->state = state;
}

/* What the last instruction changed; in front of the first one, all. */
static void write_changes(struct trace *trace, const struct timeline_row *row)
{
    uint64_t position = trace->begun ? trace->position : row->position;
    struct visible_registers visible;

    visible_registers_of(row, &visible);
    write_registers(trace, &visible, position);
    write_state(trace, row->state, position);
    trace->begun = true;
}

/* As the Arm ARM writes it: the first half of a T32 instruction is the upper one. */
static uint32_t opcode_of(const struct timeline_row *row, enum disassembly_set set)
{
    const uint8_t *code = row->code;
    uint32_t first = code[0] | (uint32_t)code[1] << 8, second;

    if (row->code_size == 2) {
        return first;
    }
    second = code[2] | (uint32_t)code[3] << 8;
    return set == DISASSEMBLY_T32 ? first << 16 | second : second << 16 | first;
}

/* QEMU has a store-exclusive compare what is in memory with what was loaded, which is no access of
 * the guest's. */
static bool is_store_exclusive(const char *text)
{
    return strncmp(text, "stx", 3) == 0 || strncmp(text, "stlx", 4) == 0 ||
           strncmp(text, "strex", 5) == 0 || strncmp(text, "stlex", 5) == 0;
}

/* The readers want a word there. */
static const char *first_word(const char *text)
{
    return isalnum((unsigned char)text[0]) || text[0] == '.' ? "" : "undefined ";
}

static int write_instruction(struct trace *trace, const struct timeline_row *row)
{
    static const char letters[] = {
        [DISASSEMBLY_A64] = 'O', [DISASSEMBLY_A32] = 'A', [DISASSEMBLY_T32] = 'T'};
    enum disassembly_set set = instruction_set_of(row);
    uint32_t opcode = opcode_of(row, set);
    bool passes = conditional_passes(set, opcode, (unsigned)row->code_size, row->state);
    const char *text =
        instruction_texts_show(trace->texts, set, row->pc, row->code, row->code_size, trace->error);

    if (!text) {
        return -1;
    }
    text += strspn(text, " ");
    trace->ignores_reads = is_store_exclusive(text);
    fprintf(trace->file,
            "%" PRIu64 " clk %s (%" PRIu64 ") %0*" PRIx64 " %0*" PRIx32 " %c %s : %s%s\n",
            row->position, passes ? "IT" : "IS", row->position, digits(set == DISASSEMBLY_A64),
            row->pc, (int)row->code_size * 2, opcode, letters[set],
            exception_mode_name(row->state & ARM_STATE_MODE), first_word(text), text);
    return 0;
}

static int sample(struct trace *trace, const struct timeline_row *row)
{
    write_changes(trace, row);
    if (row->position >= trace->end) {
        return 0;
    }
    trace->position = row->position;
    trace->ignores_reads = false;
    return row->code_size ? write_instruction(trace, row) : 0;
}

/* A number, in the byte order that the guest's data has; what is unknown is an x for each digit. */
static void write_value(FILE *file, const uint8_t *bytes, size_t size, bool big_endian)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes) {
            fprintf(file, "%02x", bytes[big_endian ? i : size - 1 - i]);
        } else {
            fputs("xx", file);
        }
    }
}

static size_t part_of(uint64_t left)
{
    size_t part = PART_MAX;

    while (part > left) {
        part /= 2;
    }
    return part;
}

/* Data of a device is in no row, and of the longest accesses only the beginning. */
static void write_access(struct trace *trace, const struct timeline_row *row)
{
    const uint8_t *bytes = row->write ? row->after : row->before;
    size_t part;

    for (uint64_t done = 0; done < row->data_length; done += part) {
        bool known = bytes && done + part_of(row->data_length - done) <= row->data_size;

        part = part_of(row->data_length - done);
        fprintf(trace->file, "%" PRIu64 " clk M%c%zu %0*" PRIx64 " ", row->position,
                row->write ? 'W' : 'R', part, digits(!(row->state & ARM_STATE_AARCH32)),
                row->data_address + done);
        write_value(trace->file, known ? bytes + done : NULL, part, row->big_endian);
        fputc('\n', trace->file);
    }
}

static void write_event(struct trace *trace, const struct timeline_row *row)
{
    const char *name = exception_kind_name(row->exception);

    fprintf(trace->file, "%" PRIu64 " clk E %0*" PRIx64 " %08" PRIx64 " CoreEvent_", row->position,
            digits(!(row->to_mode & ARM_STATE_AARCH32)), row->pc, row->syndrome);
    for (; *name; name++) {
        fputc(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_', trace->file);
    }
    fputc('\n', trace->file);
}

/* An interrupt comes behind all that the last instruction has changed. */
static void exception(struct trace *trace, const struct timeline_row *row)
{
    struct visible_registers visible;

    if (!row->inside && trace->begun) {
        visible_registers_interrupted(row, &visible);
        write_registers(trace, &visible, trace->position);
    }
    if (row->position < trace->end) {
        write_event(trace, row);
        trace->position = row->position;
    }
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct trace *trace = opaque;

    switch (row->kind) {
    case TIMELINE_ROW_SAMPLE:
        trace->failed |= sample(trace, row) < 0;
        return trace->failed || ferror(trace->file) || row->position >= trace->end;
    case TIMELINE_ROW_ACCESS:
        if (row->position < trace->end && (row->write || !trace->ignores_reads)) {
            write_access(trace, row);
        }
        break;
    case TIMELINE_ROW_EXCEPTION:
        exception(trace, row);
        break;
    default:
        break;
    }
    return ferror(trace->file);
}

static int write_first(struct trace *trace)
{
    struct first_sample first;

    return first_sample_read(&first, trace->question, trace->error) || sample(trace, &first.row)
               ? -1
               : 0;
}

/* Up to the state behind the last instruction, which is that of the next position. */
static int scan(struct trace *trace)
{
    struct timeline_scan *scan = &trace->question->scan;
    struct timeline_scan_result result = {0};

    scan->to += scan->to < timeline_end(trace->question->timeline);
    scan->sample_every = 1;
    scan->exceptions = scan->accesses = scan->data = scan->code = true;
    scan->registers = UINT32_MAX;
    scan->row = row;
    scan->opaque = trace;
    return question_scan(trace->question, &result, trace->error) || trace->failed ? -1 : 0;
}

static int write_tarmac(struct question *question, FILE *file, struct ebb_error *error)
{
    struct trace trace = {.question = question, .file = file, .error = error};
    int status = -1;

    trace.texts = instruction_texts_open(error);
    if (trace.texts) {
        trace.end = question->scan.to;
        status =
            question->scan.from == timeline_begin(question->timeline) ? write_first(&trace) : 0;
        status = status ? status : scan(&trace);
    }
    instruction_texts_close(trace.texts);
    return status;
}

const struct export_format export_tarmac = {
    .name = "tarmac",
    .summary = "a Tarmac trace: each instruction, what it accessed and which registers it changed",
    .write = write_tarmac,
};
