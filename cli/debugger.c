/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "debugger.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child, between fork and exec. */
static void become_gdb(char **words, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (getppid() == parent) {
        execv(words[0], words);
        dprintf(STDERR_FILENO, "ebb: cannot run %s: %s\n", words[0], strerror(errno));
    }
    _exit(127);
}

static int start(struct debugger *debugger, char **words, struct ebb_error *error)
{
    pid_t parent = getpid();

    debugger->pid = fork();
    if (debugger->pid < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start gdb: %s", strerror(errno));
    }
    if (debugger->pid == 0) {
        become_gdb(words, parent);
    }
    debugger->exit_fd = (int)syscall(SYS_pidfd_open, debugger->pid, 0);
    if (debugger->exit_fd < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot watch gdb: %s", strerror(errno));
        kill(debugger->pid, SIGTERM);
        waitpid(debugger->pid, NULL, 0);
        return -1;
    }
    signal(SIGINT, SIG_IGN);
    return 0;
}

/* The gdb command that loads moved symbols. gdb takes a word apart at blanks and quotes, unless a
 * backslash is before them (gdb manual, Files). NULL without memory; the caller frees it. */
static char *symbol_command(const struct debugger_options *options)
{
    char *command = malloc(2 * strlen(options->symbols) + 64), *to;

    if (!command) {
        return NULL;
    }
    to = command + sprintf(command, "symbol-file -o 0x%" PRIx64 " -- ", options->slide);
    for (const char *from = options->symbols; *from; from++) {
        if (strchr(" \t\n\"'\\", *from)) {
            *to++ = '\\';
        }
        *to++ = *from;
    }
    *to = '\0';
    return command;
}

/* For the command of gdb's that runs ebb (gdb-scripts/ebb_commands/ask.py). */
static void name_this_program(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (length > 0) {
        path[length] = '\0';
        setenv("EBB_PROGRAM", path, 0);
    }
}

int debugger_start(struct debugger *debugger, const struct debugger_options *options,
                   struct ebb_error *error)
{
    char **words = calloc((size_t)options->argument_count + 12, sizeof(*words));
    char *connect = NULL, *symbols = NULL;
    int count = 0, status;

    if (!words || (options->symbols && !(symbols = symbol_command(options))) ||
        asprintf(&connect, "target remote %s", options->server) < 0) {
        free(symbols);
        free(words);
        return ebb_fail_memory(error);
    }
    words[count++] = (char *)options->gdb;
    words[count++] = "-q";
    if (options->script) {
        words[count++] = "-x";
        words[count++] = (char *)options->script;
    }
    if (options->symbols && options->slide) {
        /* Without a program, which nothing is read from, gdb asks for one. */
        words[count++] = "-exec";
        words[count++] = (char *)options->symbols;
        words[count++] = "-ex";
        words[count++] = symbols;
    } else if (options->symbols) {
        words[count++] = "-se"; /* takes any path, whatever it begins with */
        words[count++] = (char *)options->symbols;
    }
    words[count++] = "-ex";
    words[count++] = connect;
    for (int i = 0; i < options->argument_count; i++) {
        words[count++] = options->arguments[i];
    }
    name_this_program();
    status = start(debugger, words, error);
    free(connect);
    free(symbols);
    free(words);
    return status;
}

int debugger_wait(struct debugger *debugger, bool end, struct ebb_error *error)
{
    int wait_status = 0;

    if (end) {
        kill(debugger->pid, SIGTERM);
    }
    while (waitpid(debugger->pid, &wait_status, 0) < 0 && errno == EINTR) {
    }
    close(debugger->exit_fd);
    signal(SIGINT, SIG_DFL);
    if (end) {
        return 0;
    }
    if (WIFSIGNALED(wait_status)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "gdb was ended by signal %d (%s)",
                        WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    }
    if (WEXITSTATUS(wait_status) != 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "gdb ended with exit status %d",
                        WEXITSTATUS(wait_status));
    }
    return 0;
}
