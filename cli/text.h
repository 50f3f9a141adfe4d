/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text for people: recordings may come from strangers and consoles print anything, so nothing of
 * them reaches a terminal or a JSON document before it went through here.
 */
#ifndef EBB_CLI_TEXT_H
#define EBB_CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes as valid UTF-8 in which every control character but tab, and every byte that is not
 * UTF-8, is written as \xNN. The caller frees it; NULL when out of memory.
 */
char *text_printable(const void *bytes, size_t length);

/*
 * The text as one word of a POSIX shell (2.2, Quoting): as it is if it has nothing that a shell
 * would take for more, else in apostrophes. The caller frees it; NULL when out of memory.
 */
char *text_shell_word(const char *text);

/* Bytes as hexadecimal digits, at most limit bytes of them (then "..." follows); caller frees. */
char *text_hex(const uint8_t *bytes, size_t length, size_t limit);

/* The bytes of a text of hexadecimal digits, two for each byte, in lower case; caller frees. NULL
 * if they are not that, or out of memory. */
uint8_t *text_hex_read(const char *text, size_t length);

/* How many bytes of a text, `most` or less, can be shown without the rest: no character of valid
 * UTF-8 is cut in two. */
size_t text_cut(const char *text, size_t length, size_t most);

#define TEXT_NUMBER_SIZE 40

/* Fill buffer (TEXT_NUMBER_SIZE bytes) and return it: "1 234 567"; "12.3 MB" (powers of 1000). */
const char *text_count(char *buffer, uint64_t number);
const char *text_bytes(char *buffer, uint64_t bytes);

#endif
