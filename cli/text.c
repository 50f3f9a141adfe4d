/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The length of the UTF-8 character that the bytes begin with, or 0 if they do not begin with one
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
static size_t utf8_length(const uint8_t *bytes, size_t left)
{
    uint8_t lowest = 0x80, highest = 0xbf;
    size_t length;

    if (bytes[0] < 0x80) {
        return 1;
    } else if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf) {
        length = 2;
    } else if (bytes[0] >= 0xe0 && bytes[0] <= 0xef) {
        length = 3;
        lowest = bytes[0] == 0xe0 ? 0xa0 : lowest;
        highest = bytes[0] == 0xed ? 0x9f : highest;
    } else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4) {
        length = 4;
        lowest = bytes[0] == 0xf0 ? 0x90 : lowest;
        highest = bytes[0] == 0xf4 ? 0x8f : highest;
    } else {
        return 0;
    }
    if (left < length || bytes[1] < lowest || bytes[1] > highest) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (bytes[i] < 0x80 || bytes[i] > 0xbf) {
            return 0;
        }
    }
    return length;
}

/* C0, DEL and C1 (which is two bytes, C2 80 to C2 9F). */
static bool is_control(const uint8_t *bytes, size_t length)
{
    return (length == 1 && ((bytes[0] < 0x20 && bytes[0] != '\t') || bytes[0] == 0x7f)) ||
           (length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

char *text_printable(const void *bytes, size_t length)
{
    const uint8_t *in = bytes;
    char *text, *out;

    if (length > (SIZE_MAX - 1) / 4 || !(text = malloc(4 * length + 1))) {
        return NULL;
    }
    out = text;
    for (size_t i = 0; i < length;) {
        size_t character = utf8_length(in + i, length - i);

        if (character == 0 || is_control(in + i, character)) {
            out += sprintf(out, "\\x%02x", in[i]);
            i++;
            if (character == 2) {
                out += sprintf(out, "\\x%02x", in[i]);
                i++;
            }
            continue;
        }
        memcpy(out, in + i, character);
        out += character;
        i += character;
    }
    *out = '\0';
    return text;
}

size_t text_cut(const char *text, size_t length, size_t most)
{
    size_t cut = most;

    if (length <= most) {
        return length;
    }
    /* A character is 4 bytes at most; what follows its first byte has these two bits. */
    while (cut > 0 && most - cut < 4 && ((uint8_t)text[cut] & 0xc0) == 0x80) {
        cut--;
    }
    return ((uint8_t)text[cut] & 0xc0) == 0x80 ? most : cut;
}

char *text_shell_word(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=.,:/@%";
    char *word, *out;

    if (*text && text[strspn(text, plain)] == '\0') {
        return strdup(text);
    }
    word = malloc(4 * strlen(text) + 3);
    if (!word) {
        return NULL;
    }
    out = word;
    *out++ = '\'';
    for (const char *from = text; *from; from++) {
        if (*from == '\'') {
            out = stpcpy(out, "'\\''");
        } else {
            *out++ = *from;
        }
    }
    strcpy(out, "'");
    return word;
}

static const char hexadecimal[] = "0123456789abcdef";

char *text_hex(const uint8_t *bytes, size_t length, size_t limit)
{
    size_t shown = length < limit ? length : limit;
    char *text = malloc(2 * shown + 4);

    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < shown; i++) {
        text[2 * i] = hexadecimal[bytes[i] >> 4];
        text[2 * i + 1] = hexadecimal[bytes[i] & 15];
    }
    text[2 * shown] = '\0';
    if (shown < length) {
        strcpy(text + 2 * shown, "...");
    }
    return text;
}

static int digit_value(char digit)
{
    const char *found = digit ? strchr(hexadecimal, digit) : NULL;

    return found ? (int)(found - hexadecimal) : -1;
}

uint8_t *text_hex_read(const char *text, size_t length)
{
    uint8_t *bytes = length % 2 == 0 ? malloc(length / 2 + 1) : NULL;

    for (size_t i = 0; bytes && i < length / 2; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            free(bytes);
            return NULL;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return bytes;
}

const char *text_count(char *buffer, uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char *out = buffer;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *out++ = ' ';
        }
        *out++ = digits[i];
    }
    *out = '\0';
    return buffer;
}

const char *text_bytes(char *buffer, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    snprintf(buffer, TEXT_NUMBER_SIZE, unit > 0 && value < 99.95 ? "%.1f %s" : "%.0f %s", value,
             units[unit]);
    return buffer;
}
