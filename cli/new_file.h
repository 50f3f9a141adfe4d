/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are there as a whole or not at all, whoever else writes them at the same time. */
#ifndef EBB_CLI_NEW_FILE_H
#define EBB_CLI_NEW_FILE_H

#include "log/error.h"

#include <stddef.h>

/*
 * Writes the bytes into a file of that name, in the place of one that is there. They are on the
 * disk when it returns; until then, and if it fails, the name stands for what it stood for before.
 * A process or machine that dies meanwhile leaves a file of another name, PATH.XXXXXX.
 */
int new_file_write(const char *path, const void *bytes, size_t size, struct ebb_error *error);

/* Refuses a path at which nothing could be written, for who works long before there is something.
 */
int new_file_check(const char *path, struct ebb_error *error);

#endif
