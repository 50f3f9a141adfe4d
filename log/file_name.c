/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_name.h"

#include <stdio.h>

char *ebb_file_name(const char *directory, const char *file, struct ebb_error *error)
{
    char *name;

    if (asprintf(&name, "%s/%s", directory, file) < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for a file name");
        return NULL;
    }
    return name;
}

int ebb_file_name_taken(const char *name, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "%s exists already; choose a directory without a recording", name);
}
