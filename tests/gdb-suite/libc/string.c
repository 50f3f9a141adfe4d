/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes and text; memset, memcpy and memcmp are the test guests' own. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void *memmove(void *to, const void *from, size_t size)
{
    volatile char *bytes = to;
    const char *source = from;

    if (bytes <= source) {
        return memcpy(to, from, size);
    }
    while (size--) {
        bytes[size] = source[size];
    }
    return to;
}

void *memchr(const void *from, int value, size_t size)
{
    for (const unsigned char *byte = from; size--; byte++) {
        if (*byte == (unsigned char)value) {
            return (void *)byte;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length]) {
        length++;
    }
    return length;
}

char *strcpy(char *to, const char *from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t size)
{
    size_t i = 0;

    for (; i < size && from[i]; i++) {
        to[i] = from[i];
    }
    for (; i < size; i++) {
        to[i] = 0;
    }
    return to;
}

char *strcat(char *to, const char *from)
{
    strcpy(to + strlen(to), from);
    return to;
}

char *strncat(char *to, const char *from, size_t size)
{
    char *end = to + strlen(to);

    while (size-- && *from) {
        *end++ = *from++;
    }
    *end = 0;
    return to;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size; size--, a++, b++) {
        if (*a != *b || !*a) {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c) {
            return (char *)text;
        }
        if (!*text) {
            return NULL;
        }
    }
}

char *strrchr(const char *text, int c)
{
    const char *found = NULL;

    do {
        if (*text == (char)c) {
            found = text;
        }
    } while (*text++);
    return (char *)found;
}

char *strstr(const char *text, const char *part)
{
    size_t length = strlen(part);

    for (; *text || !length; text++) {
        if (strncmp(text, part, length) == 0) {
            return (char *)text;
        }
    }
    return NULL;
}

char *strdup(const char *text)
{
    char *copy = malloc(strlen(text) + 1);

    return copy ? strcpy(copy, text) : NULL;
}

char *strerror(int error)
{
    return error ? "error" : "no error";
}

int isdigit(int c)
{
    return c >= '0' && c <= '9';
}

int isalpha(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int isspace(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int isprint(int c)
{
    return c >= ' ' && c <= '~';
}

int tolower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

int toupper(int c)
{
    return c >= 'a' && c <= 'z' ? c + 'A' - 'a' : c;
}
