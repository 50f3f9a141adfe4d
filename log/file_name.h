/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of a recording's files. Internal to log/. */
#ifndef EBB_LOG_FILE_NAME_H
#define EBB_LOG_FILE_NAME_H

#include "error.h"

/* The path of a file in a directory, for the caller to free; NULL, and *error, without memory. */
char *ebb_file_name(const char *directory, const char *file, struct ebb_error *error);

/* Fails because there is such a file already. */
int ebb_file_name_taken(const char *name, struct ebb_error *error);

#endif
