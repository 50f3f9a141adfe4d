/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console is the one file there is. */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#define EOF (-1)
#define BUFSIZ 1024
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

typedef struct stdio_file FILE;

extern FILE *stdin, *stdout, *stderr;

int printf(const char *format, ...);
int fprintf(FILE *file, const char *format, ...);
int sprintf(char *to, const char *format, ...);
int snprintf(char *to, size_t size, const char *format, ...);
int vprintf(const char *format, va_list arguments);
int vfprintf(FILE *file, const char *format, va_list arguments);
int vsnprintf(char *to, size_t size, const char *format, va_list arguments);
int vsprintf(char *to, const char *format, va_list arguments);
int puts(const char *text);
int fputs(const char *text, FILE *file);
int putchar(int c);
int fputc(int c, FILE *file);
int putc(int c, FILE *file);
size_t fwrite(const void *from, size_t size, size_t count, FILE *file);
int fflush(FILE *file);
int fileno(FILE *file);
int setvbuf(FILE *file, char *buffer, int mode, size_t size);
void setbuf(FILE *file, char *buffer);
void perror(const char *text);

/* There is nothing to read. */
int getchar(void);
int fgetc(FILE *file);
char *fgets(char *to, int size, FILE *file);
FILE *fopen(const char *path, const char *mode);
int fclose(FILE *file);

#endif
