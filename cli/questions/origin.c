/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb origin: where a value came from. */
#include "origin_print.h"
#include "questions.h"

#include <inttypes.h>
#include <string.h>

#define LENGTH_BY_DEFAULT 4u
#define STEPS_BY_DEFAULT 100u

enum { ORIGIN_AT = QUESTION_OWN_WITHOUT_LIMIT, ORIGIN_REGISTER, ORIGIN_PHYSICAL, ORIGIN_MOST };

static const struct option_spec options[] = {
    QUESTION_OPTIONS_BACK("Another name for --at."),
    [ORIGIN_AT] = {"at", 0, "end|POSITION",
                   "The value there, in front of the instruction; default: end."},
    [ORIGIN_REGISTER] = {"register", 'r', NULL, "A register is asked for by its name, not memory."},
    [ORIGIN_PHYSICAL] = {"physical", 'p', NULL, "The address is a physical one."},
    [ORIGIN_MOST] = {"steps", 0, "N", "Follows N steps at most; 100 by default."},
    {0},
};

struct origin {
    struct question question;
    struct arguments arguments; /* with --at as --to */
    struct origin_guest guest;
    struct origin_printer printer;
    struct origin_trail trail;
};

static int read_memory_place(struct origin *origin, struct ebb_error *error)
{
    struct question *question = &origin->question;
    uint64_t address, length = LENGTH_BY_DEFAULT;

    if (question_place(question, question_operand(question), &address, &length, error) < 0) {
        return -1;
    }
    if (length < 1 || length > ORIGIN_VALUE_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%" PRIu64 " bytes are no value that can be followed; 1 to %u are", length,
                        ORIGIN_VALUE_MAX);
    }
    if (address > UINT64_MAX - (length - 1) ||
        (!origin->guest.wide && address + length - 1 > UINT32_MAX)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%" PRIu64 " bytes at 0x%" PRIx64 " are beyond the end of memory", length,
                        address);
    }
    origin->trail.place = movements_memory(address, (unsigned)length);
    origin->trail.physical = question->arguments->values[ORIGIN_PHYSICAL] != NULL;
    return 0;
}

/* Which registers there are is told by what is executed. */
static int read_register_place(struct origin *origin, struct ebb_error *error)
{
    const char *name = question_operand(&origin->question);
    struct origin_cpu cpu;

    if (origin->question.arguments->values[ORIGIN_PHYSICAL]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--register does not go with --physical");
    }
    if (question_seek(&origin->question, origin->trail.position, NULL, error) < 0 ||
        origin_guest_code(&origin->guest, &cpu, error) < 0) {
        return -1;
    }
    if (!origin_guest_register(&cpu.cpu, name + (*name == '$'), &origin->trail.place)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no register \"%.40s\" that a value can be followed from; %s are "
                        "at position %" PRIu64,
                        name,
                        cpu.cpu.wide ? "x0 to x30, w0 to w30, sp, v0 to v31, q, d and s"
                                     : "r0 to r12, sp, lr, q, d and s",
                        origin->trail.position);
    }
    return 0;
}

static int read_what(struct origin *origin, struct ebb_error *error)
{
    const char *const *values = origin->question.arguments->values;
    unsigned long long most = STEPS_BY_DEFAULT;

    if (values[ORIGIN_MOST] &&
        options_number(values[ORIGIN_MOST], "--steps", INT64_MAX, &most, error) < 0) {
        return -1;
    }
    if (most == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--steps must be at least 1");
    }
    origin->trail.most = most;
    origin->trail.begin = origin->question.scan.from;
    origin->trail.position = origin->question.scan.to;
    return values[ORIGIN_REGISTER] ? read_register_place(origin, error)
                                   : read_memory_place(origin, error);
}

static int answer(struct origin *origin, struct ebb_error *error)
{
    struct question *question = &origin->question;
    int status;

    origin->trail.question = question;
    origin->trail.guest = &origin->guest;
    origin->trail.tell = origin_print_step;
    origin->trail.opaque = &origin->printer;
    if (origin_guest_open(&origin->guest, question, error) < 0 || read_what(origin, error) < 0) {
        return -1;
    }
    origin->printer.question = question;
    origin->printer.disassembler = disassembler_open(error);
    if (!origin->printer.disassembler) {
        return -1;
    }
    question_begin_rows(question);
    status = origin_trail_walk(&origin->trail, error);
    question_end_rows(question);
    return status;
}

static int read_at(struct origin *origin, const struct arguments *arguments,
                   struct ebb_error *error)
{
    origin->arguments = *arguments;
    if (!arguments->values[ORIGIN_AT]) {
        return 0;
    }
    if (arguments->values[QUESTION_TO]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--at and --to are the same; give one of them");
    }
    origin->arguments.values[QUESTION_TO] = arguments->values[ORIGIN_AT];
    return 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct origin origin = {.question = {.without_limit = true}};
    int status;

    if (read_at(&origin, arguments, error) < 0) {
        return -1;
    }
    status = question_open(&origin.question, &origin.arguments, error);
    if (status == 0) {
        status = answer(&origin, error);
    }
    disassembler_close(origin.printer.disassembler);
    origin_guest_close(&origin.guest);
    question_close(&origin.question);
    return status;
}

const struct command command_origin = {
    .name = "origin",
    .summary = "tells where a value came from",
    .operands = "[RECORDING] ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description =
        "Follows a value in memory, or with --register in a register, back from the recording's "
        "end or --at: to the store that has written it, from there to the instruction that has "
        "written the register that was stored, to the memory that this was loaded from, and so on, "
        "up to where the value was computed, is a constant or came from outside: from a device, a "
        "system register, a reset, or the memory's contents at the beginning. Prints each step: "
        "position, what has the value, the value, and the instruction; the last one says why the "
        "trail stops there.\n\n"
        "ADDRESS is a number or a symbol, with +N or -N behind it; LENGTH is 1 to 16 bytes, 4 by "
        "default. Memory is followed by its physical address: writes by devices and by other "
        "virtual addresses count. Copies of whole bytes are followed, between registers and to and "
        "from memory, of which parts are; where the bytes come from different places, the trail "
        "stops, and each can be asked for by itself. What was written last counts, also if the "
        "value was there already.\n\n"
        "The last instruction to write a register is looked for in the 1024 instructions before, "
        "then in four times as many, and so on, back to --from.",
    .examples = "ebb origin ebb-recording-3 total\n"
                "# eight bytes behind a symbol, as they were at a position\n"
                "ebb origin ebb-recording-3 controller+8,8 --at 1_000_000\n"
                "ebb origin ebb-recording-3 --register x0 --at 1_000_000\n",
    .options = options,
    .run = run,
};
