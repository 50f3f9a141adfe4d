/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arguments.h"

#include "buffer.h"

bool rsp_parse_hex(const uint8_t *text, size_t length, size_t *position, uint64_t *number)
{
    size_t start = *position;

    *number = 0;
    while (*position < length && rsp_hex_digit(text[*position]) >= 0) {
        if (*number >> 60) {
            return false;
        }
        *number = *number << 4 | (uint64_t)rsp_hex_digit(text[*position]);
        (*position)++;
    }
    return *position > start;
}

bool rsp_parse_thread(const uint8_t *text, size_t length, size_t *position, uint64_t *thread)
{
    if (*position + 2 <= length && text[*position] == '-' && text[*position + 1] == '1') {
        *position += 2;
        *thread = RSP_ALL_THREADS;
        return true;
    }
    return rsp_parse_hex(text, length, position, thread);
}

static bool parse_one(char kind, const uint8_t *text, size_t length, size_t *position,
                      struct rsp_argument *argument)
{
    if (kind == 'h') {
        return rsp_parse_hex(text, length, position, &argument->number);
    }
    if (kind == 't') {
        return rsp_parse_thread(text, length, position, &argument->number);
    }
    argument->bytes = text + *position;
    argument->length = length - *position;
    *position = length;
    return true;
}

bool rsp_arguments_parse(const char *schema, const uint8_t *text, size_t length,
                         struct rsp_arguments *arguments)
{
    size_t position = 0;

    *arguments = (struct rsp_arguments){0};
    for (; *schema; schema++) {
        if (*schema == '?') {
            if (position == length) {
                return true;
            }
        } else if (*schema == 'h' || *schema == 't' || *schema == 'b') {
            if (arguments->count == RSP_ARGUMENTS_MAX ||
                !parse_one(*schema, text, length, &position,
                           &arguments->list[arguments->count++])) {
                return false;
            }
        } else if (position == length || text[position++] != (uint8_t)*schema) {
            return false;
        }
    }
    return position == length;
}
