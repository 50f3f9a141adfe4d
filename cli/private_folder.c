/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "private_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int private_folder_create(char *folder, struct ebb_error *error)
{
    const char *parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        /* A socket's path has room for 107 bytes. */
        if (!parents[i] || parents[i][0] != '/' || strlen(parents[i]) > 80) {
            continue;
        }
        snprintf(folder, PATH_MAX, "%s/ebb-XXXXXX", parents[i]);
        if (mkdtemp(folder)) {
            return 0;
        }
    }
    return ebb_fail(error, EBB_ERROR_FAILED, "cannot create a folder in /tmp: %s", strerror(errno));
}
