/* SPDX-License-Identifier: GPL-3.0-or-later */
/* printf's language, without %n, %a, and %e; %g is %f. */
#include "format.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct directive {
    int left, zero, plus, space, alternative;
    int width;
    int precision; /* -1: none */
    int longs;     /* 2: long long; -1: int or shorter */
};

static void put(struct format_sink *sink, char c)
{
    sink->put(sink, c);
    sink->count++;
}

static void put_many(struct format_sink *sink, char c, int count)
{
    while (count-- > 0) {
        put(sink, c);
    }
}

/* text with prefix, a sign or 0x, in the directive's width. */
static void put_field(struct format_sink *sink, const struct directive *directive,
                      const char *prefix, const char *text, int length)
{
    int fill = directive->width - (int)strlen(prefix) - length;

    if (!directive->left && !directive->zero) {
        put_many(sink, ' ', fill);
    }
    while (*prefix) {
        put(sink, *prefix++);
    }
    if (!directive->left && directive->zero) {
        put_many(sink, '0', fill);
    }
    while (length--) {
        put(sink, *text++);
    }
    if (directive->left) {
        put_many(sink, ' ', fill);
    }
}

/* Writes the digits before end, and returns the first. */
static char *write_digits(char *end, uint64_t value, unsigned base, const char *digits, int least)
{
    char *first = end;

    while (value || least > 0) {
        *--first = digits[value % base];
        value /= base;
        least--;
    }
    return first;
}

static void put_integer(struct format_sink *sink, struct directive *directive, const char *prefix,
                        uint64_t value, unsigned base, const char *digits)
{
    char buffer[128], *end = buffer + sizeof(buffer);
    int least = directive->precision < 0 ? 1 : directive->precision;
    char *first = write_digits(end, value, base, digits, least < 100 ? least : 100);

    if (directive->precision >= 0) {
        directive->zero = 0;
    }
    put_field(sink, directive, prefix, first, (int)(end - first));
}

static void put_double(struct format_sink *sink, struct directive *directive, double value)
{
    char buffer[64], *end = buffer + sizeof(buffer), *first;
    int precision = directive->precision < 0 ? 6 : directive->precision;
    const char *sign = value < 0 ? "-" : directive->plus ? "+" : "";
    double scale = 1;

    value = value < 0 ? -value : value;
    if (value != value || value > 1e18) {
        put_field(sink, directive, sign, value != value ? "nan" : "inf", 3);
        return;
    }
    precision = precision < 9 ? precision : 9;
    for (int i = 0; i < precision; i++) {
        scale *= 10;
    }
    {
        uint64_t whole = (uint64_t)value;
        uint64_t part = (uint64_t)((value - (double)whole) * scale + 0.5);

        if (part >= (uint64_t)scale) {
            whole++;
            part -= (uint64_t)scale;
        }
        first = end;
        if (precision) {
            first = write_digits(end, part, 10, "0123456789", precision);
            *--first = '.';
        }
        first = write_digits(first, whole, 10, "0123456789", 1);
    }
    put_field(sink, directive, sign, first, (int)(end - first));
}

static const char *read_number(const char *format, int *number, va_list *arguments)
{
    *number = 0;
    if (*format == '*') {
        *number = va_arg(*arguments, int);
        return format + 1;
    }
    while (*format >= '0' && *format <= '9') {
        *number = *number * 10 + (*format++ - '0');
    }
    return format;
}

static const char *read_directive(const char *format, struct directive *directive,
                                  va_list *arguments)
{
    *directive = (struct directive){.precision = -1};
    for (;; format++) {
        switch (*format) {
        case '-':
            directive->left = 1;
            continue;
        case '0':
            directive->zero = 1;
            continue;
        case '+':
            directive->plus = 1;
            continue;
        case ' ':
            directive->space = 1;
            continue;
        case '#':
            directive->alternative = 1;
            continue;
        }
        break;
    }
    format = read_number(format, &directive->width, arguments);
    if (directive->width < 0) {
        directive->left = 1;
        directive->width = -directive->width;
    }
    if (*format == '.') {
        format = read_number(format + 1, &directive->precision, arguments);
    }
    for (;; format++) {
        if (*format == 'l') {
            directive->longs++;
        } else if (*format == 'j') {
            directive->longs = 2;
        } else if (*format == 'z' || *format == 't') {
            directive->longs = 1;
        } else if (*format == 'h') {
            directive->longs--;
        } else if (*format != 'L') {
            return format;
        }
    }
}

static int64_t next_signed(const struct directive *directive, va_list *arguments)
{
    if (directive->longs >= 2) {
        return va_arg(*arguments, long long);
    }
    return directive->longs == 1 ? va_arg(*arguments, long) : va_arg(*arguments, int);
}

static uint64_t next_unsigned(const struct directive *directive, va_list *arguments)
{
    if (directive->longs >= 2) {
        return va_arg(*arguments, unsigned long long);
    }
    return directive->longs == 1 ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

static void put_string(struct format_sink *sink, struct directive *directive, const char *text)
{
    int length = 0;

    text = text ? text : "(null)";
    while (text[length] && (directive->precision < 0 || length < directive->precision)) {
        length++;
    }
    directive->zero = 0;
    put_field(sink, directive, "", text, length);
}

static void put_argument(struct format_sink *sink, struct directive *directive, char kind,
                         va_list *arguments)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    int64_t value;
    char c;

    switch (kind) {
    case 'd':
    case 'i':
        value = next_signed(directive, arguments);
        put_integer(sink, directive,
                    value < 0          ? "-"
                    : directive->plus  ? "+"
                    : directive->space ? " "
                                       : "",
                    value < 0 ? -(uint64_t)value : (uint64_t)value, 10, lower);
        break;
    case 'u':
        put_integer(sink, directive, "", next_unsigned(directive, arguments), 10, lower);
        break;
    case 'o':
        put_integer(sink, directive, "", next_unsigned(directive, arguments), 8, lower);
        break;
    case 'x':
    case 'X':
        put_integer(sink, directive, directive->alternative ? "0x" : "",
                    next_unsigned(directive, arguments), 16, kind == 'x' ? lower : upper);
        break;
    case 'p':
        put_integer(sink, directive, "0x", (uintptr_t)va_arg(*arguments, void *), 16, lower);
        break;
    case 'c':
        c = (char)va_arg(*arguments, int);
        put_field(sink, directive, "", &c, 1);
        break;
    case 's':
        put_string(sink, directive, va_arg(*arguments, const char *));
        break;
    case 'f':
    case 'g':
    case 'e':
        put_double(sink, directive, va_arg(*arguments, double));
        break;
    default:
        put(sink, kind);
    }
}

void format_text(struct format_sink *sink, const char *format, va_list arguments)
{
    struct directive directive;
    va_list rest;

    va_copy(rest, arguments);
    for (; *format; format++) {
        if (*format != '%') {
            put(sink, *format);
            continue;
        }
        format = read_directive(format + 1, &directive, &rest);
        if (!*format) {
            break;
        }
        put_argument(sink, &directive, *format, &rest);
    }
    va_end(rest);
}
