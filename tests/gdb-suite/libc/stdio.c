/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format.h"
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct stdio_file {
    int number;
};

struct memory_sink {
    struct format_sink sink;
    char *to;
    size_t left; /* room for so many more, the last zero not included */
};

static FILE console_files[] = {{0}, {1}, {2}};
FILE *stdin = &console_files[0], *stdout = &console_files[1], *stderr = &console_files[2];

int putchar(int c)
{
    if (c == '\n') {
        console_put('\r');
    }
    console_put((char)c);
    return (unsigned char)c;
}

static void put_on_console(struct format_sink *sink, char c)
{
    (void)sink;
    putchar(c);
}

int vprintf(const char *format, va_list arguments)
{
    struct format_sink sink = {put_on_console, 0};

    format_text(&sink, format, arguments);
    return sink.count;
}

int vfprintf(FILE *file, const char *format, va_list arguments)
{
    (void)file;
    return vprintf(format, arguments);
}

int printf(const char *format, ...)
{
    va_list arguments;
    int count;

    va_start(arguments, format);
    count = vprintf(format, arguments);
    va_end(arguments);
    return count;
}

int fprintf(FILE *file, const char *format, ...)
{
    va_list arguments;
    int count;

    va_start(arguments, format);
    count = vfprintf(file, format, arguments);
    va_end(arguments);
    return count;
}

static void put_in_memory(struct format_sink *sink, char c)
{
    struct memory_sink *memory = (struct memory_sink *)sink;

    if (memory->left) {
        *memory->to++ = c;
        memory->left--;
    }
}

int vsnprintf(char *to, size_t size, const char *format, va_list arguments)
{
    struct memory_sink memory = {{put_in_memory, 0}, to, size ? size - 1 : 0};

    format_text(&memory.sink, format, arguments);
    if (size) {
        *memory.to = 0;
    }
    return memory.sink.count;
}

int vsprintf(char *to, const char *format, va_list arguments)
{
    return vsnprintf(to, (size_t)-1 / 2, format, arguments);
}

int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    int count;

    va_start(arguments, format);
    count = vsnprintf(to, size, format, arguments);
    va_end(arguments);
    return count;
}

int sprintf(char *to, const char *format, ...)
{
    va_list arguments;
    int count;

    va_start(arguments, format);
    count = vsprintf(to, format, arguments);
    va_end(arguments);
    return count;
}

int fputs(const char *text, FILE *file)
{
    (void)file;
    while (*text) {
        putchar(*text++);
    }
    return 0;
}

int puts(const char *text)
{
    fputs(text, stdout);
    return putchar('\n');
}

int fputc(int c, FILE *file)
{
    (void)file;
    return putchar(c);
}

int putc(int c, FILE *file)
{
    return fputc(c, file);
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *file)
{
    return size && write(file->number, from, size * count) > 0 ? count : 0;
}

void perror(const char *text)
{
    printf("%s: %s\n", text, strerror(errno));
}

int fflush(FILE *file)
{
    (void)file;
    return 0;
}

int fileno(FILE *file)
{
    return file->number;
}

int setvbuf(FILE *file, char *buffer, int mode, size_t size)
{
    (void)file;
    (void)buffer;
    (void)mode;
    (void)size;
    return 0;
}

void setbuf(FILE *file, char *buffer)
{
    (void)file;
    (void)buffer;
}

ssize_t write(int file, const void *from, size_t size)
{
    const char *text = from;

    if (file != STDOUT_FILENO && file != STDERR_FILENO) {
        errno = EBADF;
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        putchar(text[i]);
    }
    return (ssize_t)size;
}

ssize_t read(int file, void *to, size_t size)
{
    (void)file;
    (void)to;
    (void)size;
    return 0;
}

int open(const char *path, int flags, ...)
{
    (void)path;
    (void)flags;
    errno = ENOENT;
    return -1;
}

int close(int file)
{
    (void)file;
    return 0;
}

int isatty(int file)
{
    (void)file;
    return 1;
}

int getchar(void)
{
    return EOF;
}

int fgetc(FILE *file)
{
    (void)file;
    return EOF;
}

char *fgets(char *to, int size, FILE *file)
{
    (void)to;
    (void)size;
    (void)file;
    return NULL;
}

FILE *fopen(const char *path, const char *mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return NULL;
}

int fclose(FILE *file)
{
    (void)file;
    return 0;
}
