/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt.h"

#include "completion.h"
#include "place.h"
#include "table.h"
#include "words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

/* Whose line it is that readline completes: it hands nothing through to who is asked. */
static const struct shell *completing;
static struct completion completion;

static char *complete_word(const char *text, int state)
{
    char *before = strndup(rl_line_buffer, (size_t)rl_point - strlen(text)), *choice;
    const char *from = before ? before + strspn(before, " \t") : "";

    choice = completion_choice(completing, &completion, from, text, (unsigned)state);
    free(before);
    /* Behind the slash of a regular expression it goes on. */
    if (choice && *choice && choice[strlen(choice) - 1] == '/') {
        rl_completion_suppress_append = 1;
    }
    return choice;
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1; /* no names of files */
    return rl_completion_matches(text, complete_word);
}

static void prepare(const struct shell *shell)
{
    completing = shell;
    rl_readline_name = "ebb";
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " \t";
    /* Ctrl-C ends a command, which looks for the blocked signal, but not the shell. */
    signal(SIGINT, SIG_IGN);
}

/* The next line, without its end; NULL: no more. The caller frees it. */
static char *read_line(bool interactive)
{
    char *line = NULL;
    size_t size = 0;

    if (interactive) {
        line = readline("ebb> ");
        if (line && *line) {
            add_history(line);
        }
        return line;
    }
    if (getline(&line, &size, stdin) < 0) {
        free(line);
        return NULL;
    }
    return line;
}

/* What the user should be told once, besides what a command says. */
static void tell_notice(struct shell *shell)
{
    char *notice = timeline_take_notice(shell->timeline);

    if (notice) {
        fprintf(stderr, "ebb: %s\n", notice);
    }
    free(notice);
}

static int run_command(struct shell *shell, const struct shell_command *command, char *argument,
                       struct ebb_error *error)
{
    int status;

    if (command->takes_none && *argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s is followed by nothing", command->name);
    }
    shell->interrupted = false;
    progress_begin(&shell->progress, "replaying");
    status = command->run(shell, argument, error);
    progress_end(&shell->progress);
    tell_notice(shell);
    return status;
}

static int run_line(struct shell *shell, char *line, struct ebb_error *error)
{
    char *rest = words_trim(line), *name;
    const struct shell_command *command;

    name = *rest == '#' ? NULL : words_next(&rest);
    if (!name) {
        return 0;
    }
    command = table_find(name, error);
    return command ? run_command(shell, command, rest, error) : -1;
}

int prompt_run(struct shell *shell, struct ebb_error *error)
{
    bool interactive = isatty(STDIN_FILENO);
    unsigned long number = 0;

    if (interactive) {
        prepare(shell);
        if (place_show(shell, error) < 0) {
            return -1;
        }
    }
    while (!shell->quit) {
        char *line = read_line(interactive);
        int status;

        if (!line) {
            break;
        }
        status = run_line(shell, line, error);
        free(line);
        number++;
        if (status < 0 && !interactive) {
            return error->kind == EBB_ERROR_INTERRUPTED
                       ? -1
                       : ebb_fail_prefix(error, "line %lu", number);
        }
        if (status < 0) {
            printf("%s\n", error->message);
        }
        fflush(stdout);
    }
    return 0;
}
