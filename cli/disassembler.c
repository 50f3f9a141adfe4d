/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disassembler.h"

#include "reader_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disassembler {
    struct reader_process reader;
    struct disassembly_answer answer;
};

struct disassembler *disassembler_open(struct ebb_error *error)
{
    struct disassembler *disassembler = calloc(1, sizeof(*disassembler));

    if (!disassembler) {
        ebb_fail_memory(error);
        return NULL;
    }
    if (reader_process_start(&disassembler->reader, disassembly_reader_serve, NULL)) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot show instructions: %s", strerror(errno));
        disassembler_close(disassembler);
        return NULL;
    }
    return disassembler;
}

void disassembler_close(struct disassembler *disassembler)
{
    if (disassembler) {
        reader_process_end(&disassembler->reader);
        free(disassembler);
    }
}

/* What is a text only if the reader is what it should be. Columns are blanks. */
static void check_text(char *text, size_t size)
{
    size_t length;

    text[size - 1] = '\0';
    for (size_t i = 0; text[i]; i++) {
        if (text[i] == '\t') {
            text[i] = ' ';
        } else if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f) {
            text[i] = '?';
        }
    }
    for (length = strlen(text); length > 0 && text[length - 1] == ' '; length--) {
        text[length - 1] = '\0';
    }
}

/* What is no instruction, as the assembler writes data. */
static unsigned show_data(struct disassembly_answer *answer, const uint8_t *bytes, size_t size)
{
    unsigned value = 0;

    for (size_t i = size; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    snprintf(answer->text, sizeof(answer->text), ".%s 0x%0*x", size == 4 ? "word" : "short",
             (int)size * 2, value);
    return (unsigned)size;
}

int disassembler_show(struct disassembler *disassembler, enum disassembly_set set, uint64_t address,
                      const uint8_t *bytes, size_t size, struct disassembler_line *line,
                      struct ebb_error *error)
{
    struct disassembly_question question = {.set = set, .address = address};
    struct disassembly_answer *answer = &disassembler->answer;
    size_t unit = set == DISASSEMBLY_T32 ? 2 : 4;

    question.size = (uint32_t)(size < sizeof(question.bytes) ? size : sizeof(question.bytes));
    memcpy(question.bytes, bytes, question.size);
    reader_process_send(&disassembler->reader, &question, sizeof(question));
    if (!reader_process_receive(&disassembler->reader, answer, sizeof(*answer))) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot show instructions: %s",
                        disassembler->reader.lost);
    }
    check_text(answer->text, sizeof(answer->text));
    *line = (struct disassembler_line){
        .size = answer->size,
        .has_target = answer->has_target,
        .target = answer->target,
        .text = answer->text,
    };
    if (answer->size < unit || answer->size > question.size || !answer->text[0]) {
        line->size = show_data(answer, bytes, unit < question.size ? unit : question.size);
        line->has_target = false;
    }
    return 0;
}
