/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conditions.h"

#define LENGTH_SIZE 2u

/* An expression while it is evaluated. */
struct evaluation {
    const struct conditions_guest *guest;
    const uint8_t *code;
    size_t length, at;
    uint64_t stack[CONDITIONS_STACK_MAX];
    size_t depth;
    bool ended;
};

/* Instructions return false if they make no sense, here. */

static bool push(struct evaluation *evaluation, uint64_t value)
{
    if (evaluation->depth == CONDITIONS_STACK_MAX) {
        return false;
    }
    evaluation->stack[evaluation->depth++] = value;
    return true;
}

static bool pop(struct evaluation *evaluation, uint64_t *value)
{
    if (evaluation->depth == 0) {
        return false;
    }
    *value = evaluation->stack[--evaluation->depth];
    return true;
}

/* The number of so many bytes that is a part of the instruction. */
static bool fetch(struct evaluation *evaluation, unsigned size, uint64_t *number)
{
    if (size > evaluation->length - evaluation->at) {
        return false;
    }
    *number = 0;
    for (unsigned i = 0; i < size; i++) {
        *number = *number << 8 | evaluation->code[evaluation->at++];
    }
    return true;
}

/* Two's complement, without what C leaves open. */
static int64_t as_signed(uint64_t value)
{
    return value <= INT64_MAX ? (int64_t)value : -(int64_t)~value - 1;
}

static uint64_t sign_mask(unsigned shift)
{
    return shift ? ~(UINT64_MAX >> shift) : 0;
}

/* Instructions with two operands: a below b. What they give, */

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b;
}

static uint64_t subtract(uint64_t a, uint64_t b)
{
    return a - b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return a * b;
}

static uint64_t divide_signed(uint64_t a, uint64_t b)
{
    return (uint64_t)(as_signed(a) / as_signed(b));
}

static uint64_t divide_unsigned(uint64_t a, uint64_t b)
{
    return a / b;
}

static uint64_t remainder_signed(uint64_t a, uint64_t b)
{
    return (uint64_t)(as_signed(a) % as_signed(b));
}

static uint64_t remainder_unsigned(uint64_t a, uint64_t b)
{
    return a % b;
}

static uint64_t shift_left(uint64_t a, uint64_t b)
{
    return a << b;
}

static uint64_t shift_right_signed(uint64_t a, uint64_t b)
{
    return a >> b | (a >> 63 ? sign_mask((unsigned)b) : 0);
}

static uint64_t shift_right_unsigned(uint64_t a, uint64_t b)
{
    return a >> b;
}

static uint64_t bit_and(uint64_t a, uint64_t b)
{
    return a & b;
}

static uint64_t bit_or(uint64_t a, uint64_t b)
{
    return a | b;
}

static uint64_t bit_xor(uint64_t a, uint64_t b)
{
    return a ^ b;
}

static uint64_t equal(uint64_t a, uint64_t b)
{
    return a == b;
}

static uint64_t less_signed(uint64_t a, uint64_t b)
{
    return as_signed(a) < as_signed(b);
}

static uint64_t less_unsigned(uint64_t a, uint64_t b)
{
    return a < b;
}

/* and where they give nothing. */

static bool divides(uint64_t a, uint64_t b)
{
    (void)a;
    return b != 0;
}

/* The quotient of the least number and -1 is none. */
static bool divides_signed(uint64_t a, uint64_t b)
{
    return b != 0 && !(a == (uint64_t)INT64_MIN && b == UINT64_MAX);
}

/* What a shift by more than all bits gives is for gdb to say, as it depends on the language. */
static bool shifts(uint64_t a, uint64_t b)
{
    (void)a;
    return b < 64;
}

/* Other instructions. */

static bool invert(struct evaluation *evaluation, unsigned each_bit)
{
    uint64_t value;

    return pop(evaluation, &value) && push(evaluation, each_bit ? ~value : !value);
}

/* Takes so many of the value's low bits as the instruction says, and fills up with zeroes or, if
 * is_signed, with the highest of them. */
static bool extend(struct evaluation *evaluation, unsigned is_signed)
{
    uint64_t bits, value;
    bool negative;

    if (!fetch(evaluation, 1, &bits) || bits == 0 || bits > 64 || !pop(evaluation, &value)) {
        return false;
    }
    value &= UINT64_MAX >> (64 - bits);
    negative = is_signed && value >> (bits - 1);
    return push(evaluation, negative ? value | sign_mask(64 - (unsigned)bits) : value);
}

static bool refer(struct evaluation *evaluation, unsigned size)
{
    const struct conditions_guest *guest = evaluation->guest;
    uint64_t address, value = 0;
    uint8_t bytes[8];

    if (!pop(evaluation, &address) || !guest->read_memory(guest->opaque, address, bytes, size)) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | bytes[guest->big_endian ? i : size - 1 - i];
    }
    return push(evaluation, value);
}

static bool constant(struct evaluation *evaluation, unsigned size)
{
    uint64_t value;

    return fetch(evaluation, size, &value) && push(evaluation, value);
}

static bool read_register(struct evaluation *evaluation, unsigned unused)
{
    const struct conditions_guest *guest = evaluation->guest;
    uint64_t number, value;

    (void)unused;
    return fetch(evaluation, 2, &number) &&
           guest->read_register(guest->opaque, (unsigned)number, &value) && push(evaluation, value);
}

static bool go_to(struct evaluation *evaluation, unsigned is_conditional)
{
    uint64_t offset, condition = 1;

    if (!fetch(evaluation, 2, &offset) || (is_conditional && !pop(evaluation, &condition))) {
        return false;
    }
    evaluation->at = condition ? (size_t)offset : evaluation->at;
    return evaluation->at < evaluation->length;
}

static bool end(struct evaluation *evaluation, unsigned unused)
{
    (void)unused;
    evaluation->ended = true;
    return evaluation->depth > 0;
}

/* Pushes the value that is so far below the top. */
static bool copy(struct evaluation *evaluation, uint64_t below)
{
    return below < evaluation->depth &&
           push(evaluation, evaluation->stack[evaluation->depth - 1 - below]);
}

static bool duplicate(struct evaluation *evaluation, unsigned unused)
{
    (void)unused;
    return copy(evaluation, 0);
}

static bool pick(struct evaluation *evaluation, unsigned unused)
{
    uint64_t below;

    (void)unused;
    return fetch(evaluation, 1, &below) && copy(evaluation, below);
}

static bool drop(struct evaluation *evaluation, unsigned unused)
{
    uint64_t value;

    (void)unused;
    return pop(evaluation, &value);
}

/* a b -> b a */
static bool swap(struct evaluation *evaluation, unsigned unused)
{
    uint64_t a, b;

    (void)unused;
    return pop(evaluation, &b) && pop(evaluation, &a) && push(evaluation, b) && push(evaluation, a);
}

/* a b c -> c a b */
static bool rotate(struct evaluation *evaluation, unsigned unused)
{
    uint64_t a, b, c;

    (void)unused;
    return pop(evaluation, &c) && pop(evaluation, &b) && pop(evaluation, &a) &&
           push(evaluation, c) && push(evaluation, a) && push(evaluation, b);
}

struct instruction {
    uint64_t (*of_two)(uint64_t a, uint64_t b);
    bool (*possible)(uint64_t a, uint64_t b); /* NULL: always */
    bool (*other)(struct evaluation *evaluation, unsigned argument);
    unsigned argument;
};

/* "Bytecode Descriptions". Those of tracepoints are missing, as are those of floating-point
 * numbers, which gdb makes none of. */
static const struct instruction instructions[] = {
    [0x02] = {.of_two = add},
    [0x03] = {.of_two = subtract},
    [0x04] = {.of_two = multiply},
    [0x05] = {.of_two = divide_signed, .possible = divides_signed},
    [0x06] = {.of_two = divide_unsigned, .possible = divides},
    [0x07] = {.of_two = remainder_signed, .possible = divides_signed},
    [0x08] = {.of_two = remainder_unsigned, .possible = divides},
    [0x09] = {.of_two = shift_left, .possible = shifts},
    [0x0a] = {.of_two = shift_right_signed, .possible = shifts},
    [0x0b] = {.of_two = shift_right_unsigned, .possible = shifts},
    [0x0e] = {.other = invert, .argument = false},
    [0x0f] = {.of_two = bit_and},
    [0x10] = {.of_two = bit_or},
    [0x11] = {.of_two = bit_xor},
    [0x12] = {.other = invert, .argument = true},
    [0x13] = {.of_two = equal},
    [0x14] = {.of_two = less_signed},
    [0x15] = {.of_two = less_unsigned},
    [0x16] = {.other = extend, .argument = true},
    [0x17] = {.other = refer, .argument = 1},
    [0x18] = {.other = refer, .argument = 2},
    [0x19] = {.other = refer, .argument = 4},
    [0x1a] = {.other = refer, .argument = 8},
    [0x20] = {.other = go_to, .argument = true},
    [0x21] = {.other = go_to, .argument = false},
    [0x22] = {.other = constant, .argument = 1},
    [0x23] = {.other = constant, .argument = 2},
    [0x24] = {.other = constant, .argument = 4},
    [0x25] = {.other = constant, .argument = 8},
    [0x26] = {.other = read_register},
    [0x27] = {.other = end},
    [0x28] = {.other = duplicate},
    [0x29] = {.other = drop},
    [0x2a] = {.other = extend, .argument = false},
    [0x2b] = {.other = swap},
    [0x32] = {.other = pick},
    [0x33] = {.other = rotate},
};

static bool apply(struct evaluation *evaluation, const struct instruction *instruction)
{
    uint64_t a, b;

    if (instruction->other) {
        return instruction->other(evaluation, instruction->argument);
    }
    return instruction->of_two && pop(evaluation, &b) && pop(evaluation, &a) &&
           (!instruction->possible || instruction->possible(a, b)) &&
           push(evaluation, instruction->of_two(a, b));
}

static bool step(struct evaluation *evaluation)
{
    uint64_t code;

    return fetch(evaluation, 1, &code) && code < sizeof(instructions) / sizeof(instructions[0]) &&
           apply(evaluation, &instructions[code]);
}

/* *steps is what is left of them. */
static bool holds(const uint8_t *code, size_t length, const struct conditions_guest *guest,
                  unsigned *steps)
{
    struct evaluation evaluation = {.guest = guest, .code = code, .length = length};

    while (!evaluation.ended) {
        if (*steps == 0 || !step(&evaluation)) {
            return true;
        }
        (*steps)--;
    }
    return evaluation.stack[evaluation.depth - 1] != 0;
}

static size_t length_at(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

bool conditions_are_whole(const uint8_t *bytes, size_t size)
{
    while (size >= LENGTH_SIZE && length_at(bytes) <= size - LENGTH_SIZE) {
        size_t whole = LENGTH_SIZE + length_at(bytes);

        bytes += whole;
        size -= whole;
    }
    return size == 0;
}

bool conditions_hold(const uint8_t *bytes, size_t size, const struct conditions_guest *guest)
{
    unsigned steps = CONDITIONS_STEPS_MAX;
    const uint8_t *end_of_all = bytes + size;

    if (size == 0) {
        return true;
    }
    for (; bytes < end_of_all; bytes += LENGTH_SIZE + length_at(bytes)) {
        if (holds(bytes + LENGTH_SIZE, length_at(bytes), guest, &steps)) {
            return true;
        }
    }
    return false;
}
