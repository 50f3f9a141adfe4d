/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "programs.h"

#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GDB_PATIENCE_MS = 5000 };

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
                 "there is no gdb-multiarch; install it, or name a gdb for ARM in EBB_GDB");
    }
    return path;
}

/* In the child, between fork and exec. */
static void become_asked(const char *gdb, const char *command, int answer)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(nothing, STDIN_FILENO);
    dup2(answer, STDOUT_FILENO);
    dup2(answer, STDERR_FILENO);
    execl(gdb, gdb, "-nx", "-batch", "-ex", command, (char *)NULL);
    _exit(127);
}

/* The beginning of what gdb prints, or of what it has printed in some seconds. */
static void read_answer(int fd, char *answer, size_t size)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    size_t length = 0;
    ssize_t got = 1;

    while (got > 0 && length + 1 < size && poll(&polled, 1, GDB_PATIENCE_MS) > 0) {
        got = read(fd, answer + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    answer[length] = '\0';
}

int programs_check_gdb(const char *gdb, bool wide, struct ebb_error *error)
{
    const char *architecture = wide ? "aarch64" : "arm";
    char command[80], answer[1000];
    int ends[2];
    pid_t pid;

    snprintf(command, sizeof(command), "set architecture %s", architecture);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return 0; /* it will turn out */
    }
    pid = fork();
    if (pid == 0) {
        become_asked(gdb, command, ends[1]);
    }
    close(ends[1]);
    read_answer(ends[0], answer, sizeof(answer));
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return strstr(answer, "Undefined item")
               ? ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                          "%s does not know %s; install gdb-multiarch, or name a gdb that does in "
                          "EBB_GDB",
                          gdb, architecture)
               : 0;
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
