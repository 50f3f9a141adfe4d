/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ebb_fail(struct ebb_error *error, enum ebb_error_kind kind, const char *format, ...)
{
    va_list arguments;

    if (error) {
        error->kind = kind;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof(error->message), format, arguments);
        va_end(arguments);
    }
    return -1;
}

int ebb_fail_memory(struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
}

int ebb_fail_prefix(struct ebb_error *error, const char *format, ...)
{
    char prefix[sizeof(error->message)], rest[sizeof(error->message)];
    va_list arguments;
    size_t length;

    if (!error) {
        return -1;
    }
    va_start(arguments, format);
    vsnprintf(prefix, sizeof(prefix), format, arguments);
    va_end(arguments);
    memcpy(rest, error->message, sizeof(rest));
    length = strnlen(prefix, sizeof(prefix) - 3);
    memcpy(error->message, prefix, length);
    memcpy(error->message + length, ": ", 2);
    length += 2;
    memcpy(error->message + length, rest, sizeof(rest) - length);
    error->message[sizeof(error->message) - 1] = 0;
    return -1;
}
