/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reader by recursive descent that gives up at whatever it does not know, and an evaluator. A
 * value is kept as 64 bits; its type says which of them count.
 */
#include "condition.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, NAME_SIZE = 256 };

enum node_kind { NODE_NUMBER, NODE_REGISTER, NODE_MEMORY, NODE_COMPARE, NODE_AND, NODE_OR };

enum comparison { EQUAL, NOT_EQUAL, LESS_EQUAL, GREATER_EQUAL, LESS, GREATER };

struct type {
    unsigned bits;
    bool is_signed;
};

struct node {
    enum node_kind kind;
    struct type type;
    uint64_t number;        /* NUMBER; MEMORY: what is added to the base */
    unsigned register_name; /* REGISTER: its number; MEMORY: the base's, if has_base */
    bool has_base;
    enum comparison comparison;
    unsigned left, right; /* COMPARE, AND, OR */
    size_t begin, length; /* REGISTER, MEMORY: its text */
    unsigned base_bits;   /* MEMORY: of the base; */
    bool base_signed;     /* it is extended to an address so */
};

struct condition {
    char *text;
    struct node nodes[CONDITION_MAX_NODES];
    unsigned count, root;
    unsigned address_bits;
};

struct reader {
    const struct condition_target *target;
    struct condition *condition;
    const char *at;
    unsigned depth;
    bool failed;
};

static void skip_space(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at)) {
        reader->at++;
    }
}

/* Goes over the characters if they come next. */
static bool take(struct reader *reader, const char *text)
{
    size_t length = strlen(text);

    skip_space(reader);
    if (strncmp(reader->at, text, length) != 0) {
        return false;
    }
    reader->at += length;
    return true;
}

static unsigned fail(struct reader *reader)
{
    reader->failed = true;
    return 0;
}

static unsigned add(struct reader *reader, const struct node *node)
{
    struct condition *condition = reader->condition;

    if (reader->failed || condition->count == CONDITION_MAX_NODES) {
        return fail(reader);
    }
    condition->nodes[condition->count] = *node;
    return condition->count++;
}

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

/* The first of C's types that holds the number: of decimal ones, signed ones only. */
static struct type type_of(const struct reader *reader, uint64_t number, bool decimal)
{
    const unsigned sizes[] = {32, reader->target->long_bits, 64};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (number >> (sizes[i] - 1) == 0) {
            return (struct type){sizes[i], true};
        }
        if (!decimal && (sizes[i] == 64 || number >> sizes[i] == 0)) {
            return (struct type){sizes[i], false};
        }
    }
    return (struct type){64, false};
}

/* A number without a suffix; octal ones are left to gdb. */
static bool read_number(struct reader *reader, uint64_t *number, struct type *type)
{
    bool hexadecimal, negative = take(reader, "-");
    const char *begin;
    char *end;

    skip_space(reader);
    begin = reader->at;
    hexadecimal = begin[0] == '0' && (begin[1] == 'x' || begin[1] == 'X');
    if (!isdigit((unsigned char)begin[0]) ||
        (begin[0] == '0' && isdigit((unsigned char)begin[1]))) {
        return false;
    }
    *number = strtoull(begin, &end, hexadecimal ? 16 : 10);
    if (end - begin > (hexadecimal ? 2 + 16 : 19) || is_word(*end) || *end == '.') {
        return false;
    }
    reader->at = end;
    *type = type_of(reader, *number, !hexadecimal);
    if (negative) {
        *number = 0 - *number;
    }
    return true;
}

static bool read_register(struct reader *reader, struct condition_register *found)
{
    size_t length = 0;

    if (!take(reader, "$")) {
        return false;
    }
    while (is_word(reader->at[length])) {
        length++;
    }
    if (!reader->target->find_register(reader->target->opaque, reader->at, length, found)) {
        return false;
    }
    reader->at += length;
    return true;
}

/* Goes over the word if it comes next. */
static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    skip_space(reader);
    if (strncmp(reader->at, word, length) != 0 || is_word(reader->at[length])) {
        return false;
    }
    reader->at += length;
    return true;
}

/* What "unsigned" or "signed" may stand before. */
static bool read_integer_name(struct reader *reader, struct type *type, bool sign)
{
    unsigned longs = 0;

    if (take_word(reader, "char")) {
        type->bits = 8;
        type->is_signed &= sign; /* on ARM, plain char is unsigned */
        return true;
    }
    if (take_word(reader, "short")) {
        take_word(reader, "int");
        type->bits = 16;
        return true;
    }
    while (take_word(reader, "long")) {
        longs++;
    }
    if (take_word(reader, "int") || longs || sign) {
        type->bits = longs > 1 ? 64 : longs ? reader->target->long_bits : 32;
        return longs <= 2;
    }
    return false;
}

/* The names of stdint.h, which gdb knows only if the guest's source uses them. */
static bool read_standard_name(struct reader *reader, struct type *type)
{
    static const struct {
        const char *name;
        struct type type;
    } names[] = {
        {"int8_t", {8, true}},     {"int16_t", {16, true}},   {"int32_t", {32, true}},
        {"int64_t", {64, true}},   {"uint8_t", {8, false}},   {"uint16_t", {16, false}},
        {"uint32_t", {32, false}}, {"uint64_t", {64, false}},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (take_word(reader, names[i].name)) {
            *type = names[i].type;
            return true;
        }
    }
    return false;
}

static bool read_type(struct reader *reader, struct type *type)
{
    bool sign;

    take_word(reader, "volatile");
    take_word(reader, "const");
    if (read_standard_name(reader, type)) {
        return true;
    }
    *type = (struct type){.is_signed = !take_word(reader, "unsigned")};
    sign = !type->is_signed || take_word(reader, "signed");
    return read_integer_name(reader, type, sign);
}

/* &name */
static bool read_symbol(struct reader *reader, uint64_t *address)
{
    char name[NAME_SIZE];
    size_t length = 0;

    if (!reader->target->find_symbol || !take(reader, "&")) {
        return false;
    }
    skip_space(reader);
    while (is_word(reader->at[length]) && length < sizeof(name) - 1) {
        name[length] = reader->at[length];
        length++;
    }
    name[length] = '\0';
    reader->at += length;
    return reader->target->find_symbol(reader->target->symbols, name, address);
}

/* An address: a number, a symbol's, a register, or in parentheses a register with a number added.
 */
static bool read_address(struct reader *reader, struct node *node)
{
    bool parenthesis = take(reader, "(");
    struct condition_register base;
    struct type type;
    uint64_t number;
    bool plus, minus;

    node->has_base = read_register(reader, &base);
    if (!node->has_base) {
        return (read_symbol(reader, &node->number) || read_number(reader, &node->number, &type)) &&
               (!parenthesis || take(reader, ")"));
    }
    node->register_name = base.number;
    node->base_bits = base.bits;
    node->base_signed = base.is_signed;
    if (!parenthesis) {
        return true;
    }
    plus = take(reader, "+");
    minus = !plus && take(reader, "-");
    if (plus || minus) {
        if (!read_number(reader, &number, &type)) {
            return false;
        }
        node->number = plus ? number : 0 - number;
    }
    return take(reader, ")");
}

/* What stands behind the star. */
static unsigned read_memory_access(struct reader *reader, const char *begin)
{
    struct node node = {.kind = NODE_MEMORY};

    if (!take(reader, "(") || !read_type(reader, &node.type) || !take(reader, "*") ||
        !take(reader, ")") || !read_address(reader, &node)) {
        return fail(reader);
    }
    node.begin = (size_t)(begin - reader->condition->text);
    node.length = (size_t)(reader->at - begin);
    return add(reader, &node);
}

static unsigned read_or(struct reader *reader);

static unsigned read_operand(struct reader *reader)
{
    struct condition_register found;
    struct node node = {.kind = NODE_NUMBER};
    const char *begin;
    unsigned inner;

    skip_space(reader);
    begin = reader->at;
    if (take(reader, "*")) {
        return read_memory_access(reader, begin);
    }
    if (*begin == '$') {
        if (!read_register(reader, &found)) {
            return fail(reader);
        }
        node = (struct node){.kind = NODE_REGISTER,
                             .type = {found.bits, found.is_signed},
                             .register_name = found.number,
                             .begin = (size_t)(begin - reader->condition->text),
                             .length = (size_t)(reader->at - begin)};
        return add(reader, &node);
    }
    if (take(reader, "(")) {
        inner = ++reader->depth > DEPTH_MAX ? fail(reader) : read_or(reader);
        reader->depth--;
        return take(reader, ")") ? inner : fail(reader);
    }
    return read_number(reader, &node.number, &node.type) ? add(reader, &node) : fail(reader);
}

static bool read_comparison(struct reader *reader, enum comparison *comparison)
{
    static const char *const signs[] = {
        [EQUAL] = "==",         [NOT_EQUAL] = "!=", [LESS_EQUAL] = "<=",
        [GREATER_EQUAL] = ">=", [LESS] = "<",       [GREATER] = ">",
    };

    for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (take(reader, signs[i])) {
            *comparison = (enum comparison)i;
            return true;
        }
    }
    return false;
}

/* a == b < c and the like are left to gdb. */
static unsigned read_compare(struct reader *reader)
{
    struct node node = {.kind = NODE_COMPARE, .type = {32, true}};
    enum comparison second;

    node.left = read_operand(reader);
    if (reader->failed || !read_comparison(reader, &node.comparison)) {
        return node.left;
    }
    node.right = read_operand(reader);
    return read_comparison(reader, &second) ? fail(reader) : add(reader, &node);
}

static unsigned read_and(struct reader *reader)
{
    struct node node = {.kind = NODE_AND, .type = {32, true}};

    node.left = read_compare(reader);
    while (!reader->failed && take(reader, "&&")) {
        node.right = read_compare(reader);
        node.left = add(reader, &node);
    }
    return node.left;
}

static unsigned read_or(struct reader *reader)
{
    struct node node = {.kind = NODE_OR, .type = {32, true}};

    node.left = read_and(reader);
    while (!reader->failed && take(reader, "||")) {
        node.right = read_and(reader);
        node.left = add(reader, &node);
    }
    return node.left;
}

struct condition *condition_parse(const char *text, const struct condition_target *target)
{
    struct condition *condition = calloc(1, sizeof(*condition));
    struct reader reader = {.target = target, .condition = condition};

    if (!condition || !(condition->text = strdup(text))) {
        condition_free(condition);
        return NULL;
    }
    reader.at = condition->text;
    condition->address_bits = target->long_bits;
    condition->root = read_or(&reader);
    skip_space(&reader);
    if (reader.failed || *reader.at) {
        condition_free(condition);
        return NULL;
    }
    return condition;
}

void condition_free(struct condition *condition)
{
    if (condition) {
        free(condition->text);
        free(condition);
    }
}

/* The value as one of its type: the bits that do not count repeat the sign. */
static uint64_t extend(uint64_t value, struct type type)
{
    unsigned unused = 64 - type.bits;

    value <<= unused;
    return type.is_signed ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

static uint64_t address_limit(const struct condition *condition)
{
    return condition->address_bits < 64 ? (1ull << condition->address_bits) - 1 : UINT64_MAX;
}

static int read_bytes(const struct condition_state *state, uint64_t address, unsigned size,
                      uint64_t *value, struct ebb_error *error)
{
    uint8_t bytes[8] = {0};
    int status = state->read_memory(state->opaque, address, bytes, size, error);

    *value = 0;
    for (unsigned i = 0; i < size; i++) {
        *value = *value << 8 | bytes[state->big_endian ? i : size - 1 - i];
    }
    return status;
}

/* The value of a number, a register or memory. Returns as the state's functions do. */
static int load(const struct condition *condition, const struct node *node,
                const struct condition_state *state, uint64_t *value, struct ebb_error *error)
{
    uint64_t base = 0;
    int status = 1;

    switch (node->kind) {
    case NODE_NUMBER:
        *value = node->number;
        break;
    case NODE_REGISTER:
        status = state->read_register(state->opaque, node->register_name, value, error);
        break;
    default:
        if (node->has_base) {
            status = state->read_register(state->opaque, node->register_name, &base, error);
            base = extend(base, (struct type){node->base_bits, node->base_signed});
        }
        if (status > 0) {
            status = read_bytes(state, (base + node->number) & address_limit(condition),
                                node->type.bits / 8, value, error);
        }
    }
    *value = extend(*value, node->type);
    return status;
}

/* C's usual arithmetic conversions. */
static struct type common_type(struct type a, struct type b)
{
    struct type wide = a.bits > b.bits || (a.bits == b.bits && !a.is_signed) ? a : b;

    return wide.bits < 32 ? (struct type){32, true} : wide;
}

static bool compare(enum comparison comparison, uint64_t left, uint64_t right, bool is_signed)
{
    bool less = is_signed ? (int64_t)left < (int64_t)right : left < right;

    switch (comparison) {
    case EQUAL:
        return left == right;
    case NOT_EQUAL:
        return left != right;
    case LESS:
        return less;
    case GREATER_EQUAL:
        return !less;
    case LESS_EQUAL:
        return less || left == right;
    default:
        return !less && left != right;
    }
}

static int evaluate(const struct condition *condition, unsigned number,
                    const struct condition_state *state, uint64_t *value, struct ebb_error *error);

static int evaluate_compare(const struct condition *condition, const struct node *node,
                            const struct condition_state *state, uint64_t *value,
                            struct ebb_error *error)
{
    struct type type =
        common_type(condition->nodes[node->left].type, condition->nodes[node->right].type);
    uint64_t left, right;
    int status = evaluate(condition, node->left, state, &left, error);

    if (status > 0) {
        status = evaluate(condition, node->right, state, &right, error);
    }
    if (status > 0) {
        *value = compare(node->comparison, extend(left, type), extend(right, type), type.is_signed);
    }
    return status;
}

/* && and || look at the right side only if the left one does not decide. */
static int evaluate_join(const struct condition *condition, const struct node *node,
                         const struct condition_state *state, uint64_t *value,
                         struct ebb_error *error)
{
    int status = evaluate(condition, node->left, state, value, error);

    if (status > 0 && (*value != 0) == (node->kind == NODE_AND)) {
        status = evaluate(condition, node->right, state, value, error);
    }
    *value = status > 0 && *value != 0;
    return status;
}

static int evaluate(const struct condition *condition, unsigned number,
                    const struct condition_state *state, uint64_t *value, struct ebb_error *error)
{
    const struct node *node = &condition->nodes[number];

    *value = 0;
    switch (node->kind) {
    case NODE_COMPARE:
        return evaluate_compare(condition, node, state, value, error);
    case NODE_AND:
    case NODE_OR:
        return evaluate_join(condition, node, state, value, error);
    default:
        return load(condition, node, state, value, error);
    }
}

int condition_evaluate(const struct condition *condition, const struct condition_state *state,
                       struct ebb_error *error)
{
    uint64_t value;
    int status = evaluate(condition, condition->root, state, &value, error);

    return status < 0 ? -1 : status == 0 ? CONDITION_UNKNOWN : value != 0;
}

static bool is_operand(const struct node *node)
{
    return node->kind == NODE_REGISTER || node->kind == NODE_MEMORY;
}

size_t condition_operand_count(const struct condition *condition)
{
    size_t count = 0;

    for (unsigned i = 0; i < condition->count; i++) {
        count += is_operand(&condition->nodes[i]);
    }
    return count;
}

int condition_operand(const struct condition *condition, size_t i,
                      const struct condition_state *state, struct condition_operand *operand,
                      struct ebb_error *error)
{
    const struct node *node = condition->nodes;
    size_t length;
    int status = 1;

    while (!is_operand(node) || i-- > 0) {
        node++;
    }
    *operand = (struct condition_operand){.is_signed = node->type.is_signed};
    length = node->length < sizeof(operand->text) ? node->length : sizeof(operand->text) - 1;
    memcpy(operand->text, condition->text + node->begin, length);
    if (node->kind == NODE_MEMORY && !node->has_base) {
        operand->address = node->number & address_limit(condition);
        operand->size = node->type.bits / 8;
    }
    if (state) {
        status = load(condition, node, state, &operand->value, error);
        operand->known = status > 0;
    }
    return status < 0 ? -1 : 0;
}

bool condition_is_of_memory(const struct condition *condition)
{
    size_t count = 0;

    for (unsigned i = 0; i < condition->count; i++) {
        const struct node *node = &condition->nodes[i];

        if (is_operand(node) && (node->kind == NODE_REGISTER || node->has_base)) {
            return false;
        }
        count += is_operand(node);
    }
    return count > 0;
}
