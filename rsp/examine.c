/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "examine.h"

#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 16, COUNT_MAX = 1 << 16 };

/* Of one number: how it is printed, and its bytes in memory. */
struct format {
    char letter; /* x, d, u, o or c */
    unsigned size;
    unsigned count;
};

/* /[COUNT][LETTER][SIZE], the last two in any order. */
static int parse_format(const char *text, struct format *format, struct ebb_error *error)
{
    static const char sizes[] = "bhwg";
    const char *from = text + 1;
    char *rest = (char *)from;

    if (*from >= '0' && *from <= '9') {
        unsigned long count = strtoul(from, &rest, 10);

        format->count = count < COUNT_MAX ? (unsigned)count : COUNT_MAX;
    }
    for (; *rest; rest++) {
        const char *size = strchr(sizes, *rest);

        if (size) {
            format->size = 1u << (size - sizes);
        } else if (strchr("xduoc", *rest)) {
            format->letter = *rest;
        } else if (*rest == 'i') {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "xp does not disassemble; 'maintenance packet Qqemu.PhyMemMode:1' "
                            "makes gdb's x/i take physical addresses");
        } else {
            return ebb_fail(error, EBB_ERROR_USAGE, "invalid char in format: '%c'", *rest);
        }
    }
    return 0;
}

static uint64_t number_at(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    while (size) {
        value = value << 8 | bytes[--size];
    }
    return value;
}

/* Returns the characters printed. */
static int print_character(char *text, size_t room, unsigned char character)
{
    static const char escaped[] = "'\\\n\r", letters[] = "'\\nr";
    const char *found = character ? strchr(escaped, character) : NULL;

    if (found) {
        return snprintf(text, room, " '\\%c'", letters[found - escaped]);
    }
    return snprintf(text, room, character >= 32 && character <= 126 ? " '%c'" : " '\\x%02x'",
                    character);
}

static int print_number(char *text, size_t room, const struct format *format, uint64_t value)
{
    int bits = (int)format->size * 8;

    switch (format->letter) {
    case 'o':
        return snprintf(text, room, " %#*" PRIo64, (bits + 2) / 3, value);
    case 'u':
        return snprintf(text, room, " %*" PRIu64, (bits * 10 + 32) / 33, value);
    case 'd':
        return snprintf(text, room, " %*" PRId64, (bits * 10 + 32) / 33, (int64_t)value);
    case 'c':
        return print_character(text, room, (unsigned char)value);
    default:
        return snprintf(text, room, " 0x%0*" PRIx64, bits / 4, value);
    }
}

/* One line of output for length bytes; false if they cannot be read. */
static bool print_line(struct rsp_session *session, const struct format *format, uint64_t address,
                       size_t length)
{
    uint8_t bytes[LINE_BYTES];
    char text[LINE_BYTES * 8 + 64];
    struct ebb_error error;
    size_t used = (size_t)snprintf(text, sizeof(text), "%016" PRIx64 ":", address);

    if (timeline_read_physical(session->timeline, address, bytes, length, &error) != (long)length) {
        rsp_session_printf(session, "%s Cannot access memory\n", text);
        return false;
    }
    for (size_t i = 0; i < length; i += format->size) {
        used += (size_t)print_number(text + used, sizeof(text) - used, format,
                                     number_at(bytes + i, format->size));
    }
    rsp_session_printf(session, "%s\n", text);
    return true;
}

int rsp_examine_host_address(struct rsp_session *session, char **words, unsigned count,
                             struct ebb_error *error)
{
    uint64_t address, host;

    (void)count;
    if (rsp_parse_address(words[1], &address, error) < 0 ||
        timeline_host_address(session->timeline, address, &host, error) < 0) {
        return -1;
    }
    if (host == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "No memory is mapped at address 0x%" PRIx64,
                        address);
    }
    rsp_session_printf(session,
                       "Host virtual address for 0x%" PRIx64 " (ebb.ram) is 0x%" PRIx64 "\n",
                       address, host);
    return 0;
}

int rsp_examine_physical(struct rsp_session *session, char **words, unsigned count,
                         struct ebb_error *error)
{
    struct format format = {'x', 4, 1};
    uint64_t address, left, line;

    if (count > 2 && (words[1][0] != '/' || parse_format(words[1], &format, error) < 0)) {
        return words[1][0] == '/'
                   ? -1
                   : ebb_fail(error, EBB_ERROR_USAGE, "usage: monitor xp [/FORMAT] ADDRESS");
    }
    if (rsp_parse_address(words[count - 1], &address, error) < 0) {
        return -1;
    }
    left = (uint64_t)format.size * format.count;
    line = format.size == 1 ? LINE_BYTES / 2 : LINE_BYTES;
    if (format.letter == 'c') {
        format.size = 1; /* as many characters as the size would have had bytes */
    }
    for (; left && !rsp_session_interrupted(session); left -= line, address += line) {
        line = left < line ? left : line;
        if (!print_line(session, &format, address, line)) {
            break;
        }
    }
    return 0;
}
