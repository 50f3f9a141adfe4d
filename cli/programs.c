/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "programs.h"

#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The path of a program that the shell would find, or NULL. */
static char *search_path(const char *name)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path ? path : "/usr/local/bin:/usr/bin:/bin"), *save = NULL, *found = NULL;

    for (char *folder = copy ? strtok_r(copy, ":", &save) : NULL; folder && !found;
         folder = strtok_r(NULL, ":", &save)) {
        if (asprintf(&found, "%s/%s", folder, name) < 0) {
            found = NULL;
        } else if (access(found, X_OK) < 0) {
            free(found);
            found = NULL;
        }
    }
    free(copy);
    return found;
}

char *programs_gdb(struct ebb_error *error)
{
    const char *chosen = getenv("EBB_GDB");
    char *path;

    if (chosen && *chosen) {
        path = strchr(chosen, '/') ? strdup(chosen) : search_path(chosen);
        if (!path || access(path, X_OK) < 0) {
            ebb_fail(error, EBB_ERROR_FAILED, "the gdb that EBB_GDB names cannot be run: %s",
                     chosen);
            free(path);
            return NULL;
        }
        return path;
    }
    path = search_path("gdb-multiarch");
    if (!path) {
        path = search_path("gdb");
    }
    if (!path) {
        ebb_fail(error, EBB_ERROR_FAILED,
                 "there is no gdb-multiarch; install it, set EBB_GDB to a gdb for ARM, or use "
                 "--stdio or --listen");
    }
    return path;
}

/* folder/ebb.py if it is there. */
static char *script_in(const char *folder)
{
    char *path;

    if (asprintf(&path, "%s/ebb.py", folder) < 0) {
        return NULL;
    }
    if (access(path, R_OK) == 0) {
        return path;
    }
    free(path);
    return NULL;
}

char *programs_gdb_script(void)
{
    const char *chosen = getenv("EBB_GDB_SCRIPTS");
    char self[4096], *slash, *folder, *path = NULL;
    ssize_t length;

    if (chosen && *chosen) {
        return script_in(chosen);
    }
    /* Where the installation was moved to (DESTDIR, an unpacked archive), else where it belongs. */
    length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length > 0) {
        self[length] = '\0';
        slash = strrchr(self, '/');
        *slash = '\0';
        if (asprintf(&folder, "%s/../share/ebb/gdb-scripts", self) >= 0) {
            path = script_in(folder);
            free(folder);
        }
    }
    if (!path) {
        path = script_in(EBB_SCRIPTS_INSTALLED);
    }
    return path ? path : script_in(EBB_SCRIPTS_SOURCE);
}
