/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker says is shown to people: it must not tell their terminal what to do. */
#ifndef EBB_ENGINE_PRINTABLE_H
#define EBB_ENGINE_PRINTABLE_H

#include <stddef.h>

/*
 * Puts a question mark in the place of every byte of a control character, C1's in UTF-8 or not
 * included, up to a NUL or the size; but for new lines and tabs.
 */
void make_printable(char *text, size_t size);

#endif
