/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "first_sample.h"

#include "instruction_set.h"

#include "cli/arm_state.h"
#include "cli/guest_state.h"

#include <string.h>

#define LONG_T32 0x1du /* the least of the upper five bits of an instruction of 4 bytes */

static int read_registers(struct first_sample *sample, struct timeline *timeline,
                          struct ebb_error *error)
{
    struct condition_state state = guest_state(timeline, false);
    bool wide = guest_state_is_wide(timeline);
    uint64_t cpsr = 0;

    sample->row.register_count = wide ? 32 : 15;
    for (unsigned i = 0; i < sample->row.register_count; i++) {
        if (state.read_register(state.opaque, i, &sample->registers[i], error) < 0) {
            return -1;
        }
    }
    if (state.read_register(state.opaque,
                            wide ? ARM_STATE_NUMBER_AARCH64 : ARM_STATE_NUMBER_AARCH32, &cpsr,
                            error) < 0) {
        return -1;
    }
    sample->row.state = (uint32_t)cpsr;
    return timeline_read_pc(timeline, &sample->row.pc, error);
}

/* Half of a T32 instruction is none. */
static int read_code(struct first_sample *sample, struct timeline *timeline,
                     struct ebb_error *error)
{
    bool t32 = instruction_set_of(&sample->row) == DISASSEMBLY_T32;
    long got =
        timeline_read_memory(timeline, sample->row.pc, sample->code, sizeof(sample->code), error);
    size_t size = t32 && got >= 2 && sample->code[1] >> 3 < LONG_T32 ? 2 : 4;

    sample->row.code_size = got < (long)size ? 0 : size;
    return got < 0 ? -1 : 0;
}

int first_sample_read(struct first_sample *sample, struct question *question,
                      struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;

    memset(sample, 0, sizeof(*sample));
    sample->row = (struct timeline_row){
        .kind = TIMELINE_ROW_SAMPLE,
        .position = timeline_begin(timeline),
        .registers = sample->registers,
        .code = sample->code,
    };
    return question_seek(question, sample->row.position, NULL, error) ||
                   read_registers(sample, timeline, error) || read_code(sample, timeline, error)
               ? -1
               : 0;
}
