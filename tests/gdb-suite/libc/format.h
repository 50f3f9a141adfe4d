/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>

/* Where formatted text goes: one character at a time. */
struct format_sink {
    void (*put)(struct format_sink *sink, char c);
    int count; /* of the characters put so far */
};

void format_text(struct format_sink *sink, const char *format, va_list arguments);

#endif
