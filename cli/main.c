/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ebb command: finds the command that is meant, runs it, says what went wrong. */
#include "commands.h"
#include "completion.h"
#include "exports/exports.h"
#include "manual.h"
#include "questions/questions.h"
#include "version.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order of the manual. */
/* clang-format off */
static const struct command *const commands[] = {
    &command_record,
    &command_replay,
    &command_bisect,
    &command_info,
    &command_dump,
    &command_console,
    &command_verify,
    &command_resolve,
    &command_merge,
    &command_shell,
    &command_accesses,
    &command_first,
    &command_last,
    &command_origin,
    &command_history,
    &command_calls,
    &command_count,
    &command_print,
    &command_exceptions,
    &command_irqs,
    &command_switches,
    &command_profile,
    &command_coverage,
    &command_report,
    &command_export,
    &command_doctor,
    &command_help,
    NULL,
};
/* clang-format on */

static int fail(const struct ebb_error *error)
{
    fflush(stdout);
    /* A command may have said it all on standard output. */
    if (error->message[0]) {
        fprintf(stderr, "ebb: %s\n", error->message);
    }
    return (int)error->kind;
}

/* True if standard output is a pipe whose reader has had enough. */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

/* Output that could not be written is a failure, unless nobody wants it. */
static int flush_output(struct ebb_error *error)
{
    errno = 0;
    if ((fflush(stdout) == EOF || ferror(stdout)) && !reader_is_gone()) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot write to standard output: %s",
                        errno ? strerror(errno) : "an earlier write failed");
    }
    return 0;
}

static int run_command(const char *name, int argc, char **argv, struct ebb_error *error)
{
    const struct command *command = command_find(commands, name);
    struct arguments arguments;

    if (!command) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no command \"%s\"; \"ebb help\" lists what there is", name);
    }
    if (options_parse(command, argc, argv, &arguments, error) < 0) {
        return -1;
    }
    if (arguments.help) {
        manual_command_help(stdout, command);
        return 0;
    }
    arguments.commands = commands;
    arguments.command = command;
    return command->run(&arguments, error);
}

/* For the build: --man [COMMAND] and --completion SHELL write what gets installed. */
static int run_generator(int argc, char **argv, struct ebb_error *error)
{
    const struct command *command = argc > 2 ? command_find(commands, argv[2]) : NULL;

    if (strcmp(argv[1], "--completion") == 0) {
        return argc > 2 && completion_write(stdout, commands, argv[2]) == 0
                   ? 0
                   : ebb_fail(error, EBB_ERROR_USAGE, "--completion knows bash, zsh and fish");
    }
    if (argc > 2 && !command) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no command \"%s\"", argv[2]);
    }
    if (command) {
        manual_command_page(stdout, command);
    } else {
        manual_page(stdout, commands);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct ebb_error error = {0};
    int status;

    /* A pager that is closed, a worker that dies: told by write(), not by a signal. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        manual_help(stderr, commands);
        return EBB_ERROR_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("ebb %s\n", EBB_VERSION);
        status = 0;
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        manual_help(stdout, commands);
        status = 0;
    } else if (strcmp(argv[1], "--man") == 0 || strcmp(argv[1], "--completion") == 0) {
        status = run_generator(argc, argv, &error);
    } else {
        status = run_command(argv[1], argc - 2, argv + 2, &error);
    }
    if (status == 0) {
        status = flush_output(&error);
    }
    return status == 0 ? 0 : fail(&error);
}
