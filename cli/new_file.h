/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are there as a whole or not at all, whoever else writes them at the same time. */
#ifndef EBB_CLI_NEW_FILE_H
#define EBB_CLI_NEW_FILE_H

#include "log/error.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Writes the bytes into a file of that name, in the place of one that is there. They are on the
 * disk when it returns; until then, and if it fails, the name stands for what it stood for before.
 * A process or machine that dies meanwhile leaves a file of another name, PATH.XXXXXX.
 */
int new_file_write(const char *path, const void *bytes, size_t size, struct ebb_error *error);
/* The same for what only this user may read. */
int new_file_write_private(const char *path, const void *bytes, size_t size,
                           struct ebb_error *error);

/*
 * The same for what is written bit by bit: into file, which new_file_finish() puts on the disk and
 * gives the name. It also fails, and removes what is there, if something could not be written
 * before. new_file_drop() forgets it; behind new_file_finish() it does nothing.
 */
struct new_file {
    FILE *file;
    const char *path; /* the caller's */
    char *temporary;
};
int new_file_open(struct new_file *new, const char *path, struct ebb_error *error);
int new_file_finish(struct new_file *new, struct ebb_error *error);
void new_file_drop(struct new_file *new);

/* Refuses a path at which nothing could be written, for who works long before there is something.
 */
int new_file_check(const char *path, struct ebb_error *error);

#endif
