/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "origin_print.h"

#include "cli/arm_state.h"
#include "cli/device_guess.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OPERANDS_MAX 8u
#define SENTENCE_SIZE 768

struct operand {
    char name[8];
    uint64_t value;
};

/* All that is told of a step beside its position. */
struct words {
    char what[ORIGIN_NAME_SIZE + 16], from[ORIGIN_NAME_SIZE];
    char value[2 * ORIGIN_VALUE_MAX + 3];
    char sentence[SENTENCE_SIZE];
    char instruction[256];
    const char *location; /* "": not known */
    struct operand operands[OPERANDS_MAX];
    unsigned operand_count;
};

static const char *const reasons[] = {
    [ORIGIN_COMPUTED] = "computed",   [ORIGIN_CONSTANT] = "constant",
    [ORIGIN_EXTENSION] = "extension", [ORIGIN_LINK] = "return-address",
    [ORIGIN_SYSTEM] = "system",       [ORIGIN_DEVICE] = "device",
    [ORIGIN_CALL] = "call",           [ORIGIN_DMA] = "dma",
    [ORIGIN_RESET] = "reset",         [ORIGIN_INITIAL] = "initial",
    [ORIGIN_PARTS] = "parts",         [ORIGIN_UNKNOWN] = "unknown",
    [ORIGIN_CHANGED] = "changed",     [ORIGIN_UNMAPPED] = "unmapped",
    [ORIGIN_MISMATCH] = "mismatch",   [ORIGIN_STEPS] = "steps",
};

static const char *const sentences[] = {
    [ORIGIN_COMPUTED] = "is computed by",
    [ORIGIN_CONSTANT] = "is a constant in",
    [ORIGIN_EXTENSION] = "are the zeroes or signs that a value is extended by in",
    [ORIGIN_SYSTEM] = "is from a system register, read by",
    [ORIGIN_CALL] = "is the answer to a call that left the guest, from the log:",
    [ORIGIN_RESET] = "is written by the reset of the guest",
    [ORIGIN_PARTS] = "is put together: its bytes are not all from one place; each can be asked for",
    [ORIGIN_UNKNOWN] = "may be written by an instruction that is not understood:",
    [ORIGIN_CHANGED] = "is another register from here on, or another mode's, behind",
    [ORIGIN_UNMAPPED] = "is where no memory can be looked at",
    [ORIGIN_MISMATCH] = "has another value here, which should not be",
    [ORIGIN_STEPS] = "is followed no further: --steps N follows more steps",
};

static const char *const dids[] = {
    [ORIGIN_IS] = "is",         [ORIGIN_STORED] = "stored", [ORIGIN_LOADED] = "loaded",
    [ORIGIN_COPIED] = "copied", [ORIGIN_STOPS] = "stops",
};

static bool is_register(const char *name)
{
    size_t length = strlen(name);

    if (strcmp(name, "sp") == 0 || strcmp(name, "lr") == 0) {
        return true;
    }
    return length >= 2 && length <= 3 && strchr("xwr", name[0]) &&
           strspn(name + 1, "0123456789") == length - 1;
}

static void add_operand(struct words *words, const struct movements_cpu *cpu, const char *name)
{
    struct operand *operand = &words->operands[words->operand_count];
    struct movement_place place;

    if (words->operand_count == OPERANDS_MAX || !is_register(name) ||
        !origin_guest_register(cpu, name, &place)) {
        return;
    }
    for (unsigned i = 0; i < words->operand_count; i++) {
        if (strcmp(words->operands[i].name, name) == 0) {
            return;
        }
    }
    snprintf(operand->name, sizeof(operand->name), "%s", name);
    operand->value = cpu->general[place.address / 8];
    if (place.length == 4) {
        operand->value = (uint32_t)operand->value;
    }
    words->operand_count++;
}

/* The general registers that the instruction's text names behind the first operand, which is what
 * it writes. */
static void find_operands(struct words *words, const struct movements_cpu *cpu)
{
    const char *at = strchr(words->instruction, ',');
    char name[8];

    while (at && *at) {
        size_t length = 0;

        while (isalnum((unsigned char)at[length])) {
            length++;
        }
        if (length > 0 && length < sizeof(name)) {
            memcpy(name, at, length);
            name[length] = '\0';
            add_operand(words, cpu, name);
        }
        at += length ? length : 1;
    }
}

/* What the disassembler has to say beside the instruction is left out. */
static void drop_comment(char *text)
{
    static const char *const marks[] = {"//", ";", "@"};
    size_t length;

    for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        char *mark = strstr(text, marks[i]);

        if (mark) {
            *mark = '\0';
        }
    }
    for (length = strlen(text); length > 0 && text[length - 1] == ' '; length--) {
        text[length - 1] = '\0';
    }
}

static int disassemble(struct origin_printer *printer, const struct origin_cpu *cpu,
                       struct words *words, struct ebb_error *error)
{
    enum disassembly_set set = cpu->cpu.wide                    ? DISASSEMBLY_A64
                               : cpu->cpu.psr & ARM_STATE_THUMB ? DISASSEMBLY_T32
                                                                : DISASSEMBLY_A32;
    struct disassembler_line line;

    if (disassembler_show(printer->disassembler, set, cpu->cpu.pc, cpu->code, cpu->size, &line,
                          error) < 0) {
        return -1;
    }
    snprintf(words->instruction, sizeof(words->instruction), "%s", line.text);
    drop_comment(words->instruction);
    find_operands(words, &cpu->cpu);
    return 0;
}

static void write_value(const struct origin_step *step, char *text)
{
    int length = sprintf(text, "0x");

    for (unsigned i = step->what.length; i > 0; i--) {
        length += sprintf(text + length, "%02x", step->value[i - 1]);
    }
}

static bool is_stopped(void *opaque)
{
    (void)opaque;
    return progress_is_interrupted();
}

/* Who has written to memory: a device's name, as the log lets guess it. */
static int say_device_wrote(struct origin_printer *printer, const struct origin_step *step,
                            char *sentence, struct ebb_error *error)
{
    const struct recording *recording = &printer->question->recording;
    struct device_guess guess = {.manifest = recording->manifest, .stopped = is_stopped};
    char words[DEVICE_GUESS_WORDS_SIZE];
    uint64_t begin = step->position - (step->inside || step->position == 0 ? 0 : 1);

    if (device_guess(&guess, recording->log, begin, error) < 0 ||
        device_guess_words(&guess, words, error) < 0) {
        return -1;
    }
    snprintf(sentence, SENTENCE_SIZE, "is written %s (DMA)", words);
    return 0;
}

static int say_why(struct origin_printer *printer, const struct origin_step *step, char *sentence,
                   struct ebb_error *error)
{
    switch (step->reason) {
    case ORIGIN_DMA:
        return say_device_wrote(printer, step, sentence, error);
    case ORIGIN_DEVICE:
        snprintf(sentence, SENTENCE_SIZE,
                 "is read from the device's register at physical address 0x%" PRIx64
                 ", from the log, by",
                 step->device);
        return 0;
    case ORIGIN_INITIAL:
        snprintf(sentence, SENTENCE_SIZE,
                 step->position == timeline_begin(printer->question->timeline)
                     ? "is there since the recording begins: from reset, loader or image"
                     : "is there since --from");
        return 0;
    case ORIGIN_LINK:
        snprintf(sentence, SENTENCE_SIZE, "is %s",
                 step->cpu ? "the return address of" : "the return address of an exception");
        return 0;
    default:
        snprintf(sentence, SENTENCE_SIZE, "%s", sentences[step->reason]);
        return 0;
    }
}

static int say(struct origin_printer *printer, const struct origin_step *step, struct words *words,
               struct ebb_error *error)
{
    switch (step->did) {
    case ORIGIN_IS:
        snprintf(words->sentence, sizeof(words->sentence), "is asked for");
        return 0;
    case ORIGIN_STOPS:
        return say_why(printer, step, words->sentence, error);
    default:
        snprintf(words->sentence, sizeof(words->sentence), "is %s from %s by", dids[step->did],
                 words->from);
        return 0;
    }
}

/* A register as the code there names it. */
static int describe(struct origin_printer *printer, const struct origin_step *step,
                    const struct movements_cpu *cpu, struct words *words, struct ebb_error *error)
{
    char name[ORIGIN_NAME_SIZE];

    *words = (struct words){.location = ""};
    snprintf(words->what, sizeof(words->what), "%s%s", step->physical ? "physical " : "",
             origin_guest_name(cpu, step->what, name));
    if (step->from.space != MOVEMENT_NOWHERE) {
        origin_guest_name(cpu, step->from, words->from);
    }
    write_value(step, words->value);
    if (step->cpu) {
        words->location = locations_find(&printer->question->locations, step->cpu->cpu.pc);
        if (!words->location) {
            return ebb_fail_memory(error);
        }
        if (disassemble(printer, step->cpu, words, error) < 0) {
            return -1;
        }
    }
    return say(printer, step, words, error);
}

static void print(const struct origin_step *step, const struct words *words)
{
    printf("%15" PRIu64 " %s %s %s", step->position, words->what, words->value, words->sentence);
    if (step->cpu && *words->instruction) {
        printf(" %s", words->instruction);
    }
    for (unsigned i = 0; step->did == ORIGIN_STOPS && i < words->operand_count; i++) {
        printf("%s%s = 0x%" PRIx64, i ? ", " : " with ", words->operands[i].name,
               words->operands[i].value);
    }
    if (step->cpu) {
        printf(" at 0x%" PRIx64 "%s%s", step->cpu->cpu.pc, *words->location ? " " : "",
               words->location);
    }
    printf("%s\n", step->did == ORIGIN_STOPS ? "; the trail stops here" : "");
}

static void add_instruction(json_t *object, const struct origin_step *step,
                            const struct words *words)
{
    json_t *operands = json_object();

    for (unsigned i = 0; i < words->operand_count; i++) {
        json_object_set_new(operands, words->operands[i].name,
                            json_hexadecimal(words->operands[i].value));
    }
    json_object_set_new(object, "pc", json_hexadecimal(step->cpu->cpu.pc));
    json_object_set_new(object, "instruction", json_string(words->instruction));
    json_object_set_new(object, "operands", operands);
    if (*words->location) {
        json_object_set_new(object, "location", json_string(words->location));
    }
}

static json_t *make_object(const struct origin_step *step, const struct words *words)
{
    json_t *object = json_pack("{s:o, s:s, s:s, s:s}", "position", json_unsigned(step->position),
                               "did", dids[step->did], "what", words->what, "value", words->value);

    if (object && *words->from) {
        json_object_set_new(object, "from", json_string(words->from));
    }
    if (object && step->did == ORIGIN_STOPS) {
        json_object_set_new(object, "reason", json_string(reasons[step->reason]));
        json_object_set_new(object, "text", json_string(words->sentence));
    }
    if (object && step->reason == ORIGIN_DEVICE && step->did == ORIGIN_STOPS) {
        json_object_set_new(object, "device", json_hexadecimal(step->device));
    }
    if (object && step->cpu) {
        add_instruction(object, step, words);
    }
    return object;
}

int origin_print_step(void *opaque, const struct origin_step *step, struct ebb_error *error)
{
    struct origin_printer *printer = opaque;
    struct question *question = printer->question;
    struct words words;

    if (describe(printer, step, step->namer, &words, error) < 0) {
        return -1;
    }
    progress_clear(&question->progress);
    if (question->json && json_list_add(&question->list, make_object(step, &words), error) < 0) {
        return -1;
    }
    if (!question->json) {
        print(step, &words);
    }
    return ferror(stdout) != 0;
}
