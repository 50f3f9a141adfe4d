/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

#include "accesses.h"
#include "bookmarks.h"
#include "calls.h"
#include "console.h"
#include "first.h"
#include "guest_markers.h"
#include "instructions.h"
#include "lists.h"
#include "look.h"
#include "moves.h"
#include "positions.h"

#include <stdio.h>
#include <string.h>

static int run_help(struct shell *shell, char *argument, struct ebb_error *error);

static int run_echo(struct shell *shell, char *argument, struct ebb_error *error)
{
    (void)shell;
    (void)error;
    printf("%s\n", argument);
    return 0;
}

static int run_quit(struct shell *shell, char *argument, struct ebb_error *error)
{
    (void)argument;
    (void)error;
    shell->quit = true;
    return 0;
}

static const char address_help[] =
    "ADDRESS is a number, a register ($sp), or a symbol, with +N and -N behind it and no blanks in "
    "it.";

static const char access_help[] =
    "Goes to right before that: the instruction that does it is the next to execute. What happens\n"
    "in the step that begins here is neither last nor next, so that the command can be repeated. "
    "A\n"
    "device's write is found as well, and a write of the value that was there already. LENGTH is "
    "4\n"
    "bytes if it is not given. With -r, reads. With -p, the address is a physical one.";

/* clang-format off: a table */
static const struct shell_command commands[] = {
    {"position", "", true, moves_position,
     "where this is: position, program counter, function and line", "", "position"},
    {"goto", "POSITION", false, moves_goto, "goes to a position, forwards or backwards",
     positions_help, "goto 50%\ngoto console /panic/\ngoto -100"},
    {"seek", "POSITION", false, moves_goto, "another name of goto", positions_help, "seek end"},
    {"step", "[N]", false, moves_step, "executes an instruction, or N", "", "step 3"},
    {"reverse-step", "[N]", false, moves_reverse_step, "takes back an instruction, or N", "",
     "reverse-step"},
    {"back", "", true, moves_back, "goes back to where the last jump began",
     "Jumps are what goto, last, next, nth, first and bookmark go do. Steps are none, but the "
     "place\n"
     "where they ended is kept: forward comes back to it.",
     "goto end\nback"},
    {"forward", "", true, moves_forward, "goes to where back came from", "", "back\nforward"},
    {"registers", "[NAME...|all]", false, look_registers,
     "the general registers, those that are named, or all", "", "registers x0 pc CNTFRQ_EL0"},
    {"x", "[-p] ADDRESS [BYTES]", false, look_memory,
     "memory as the CPU sees it; -p: at a physical address", address_help, "x $sp 32"},
    {"disassemble", "[ADDRESS [COUNT]]", false, instructions_run,
     "instructions, from here or from an address on", address_help, "disassemble square 4"},
    {"symbol", "ADDRESS", false, look_symbol, "an address, with its function and line",
     address_help, "symbol total"},
    {"last", "[-r] [-p] ADDRESS[,LENGTH]", false, accesses_last,
     "goes back to who wrote memory last", access_help, "last total"},
    {"next", "[-r] [-p] ADDRESS[,LENGTH]", false, accesses_next, "goes to who writes memory next",
     access_help, "next -r 0x40001000,8"},
    {"first", "[-scan] [-from POSITION] [-to POSITION] CONDITION", false, first_run,
     "goes to the first position at which a condition holds",
     "CONDITION compares registers, memory and numbers, as C does. One of memory at fixed "
     "addresses\n"
     "is looked at behind each write to it. Another one is bisected: if it comes and goes, -scan\n"
     "finds the first time, which looks at each instruction and takes long.",
     "first *(unsigned int *)&total > 100\nfirst -from 1000 -to 2000 -scan $x0 == 49"},
    {"count", "ADDRESS", false, calls_count, "how often code is reached",
     "Ctrl-C ends the count and prints it as far as it got.", "count factorial"},
    {"nth", "N ADDRESS", false, calls_nth, "goes to where code is reached for the n-th time",
     "With a negative N it is counted from the end: -1 is the last time.", "nth -1 square"},
    {"calls", "[-n N] [-from POSITION] ADDRESS", false, calls_list,
     "when code is reached, with registers and where it returns to",
     "Prints N lines, 20 if that is not said, from the beginning of the recording if POSITION is "
     "not\n"
     "given (as one word). Where we are does not change.",
     "calls -n 3 -from 500 square"},
    {"console", "[/REGEX/]", false, console_run,
     "what the guest wrote to its console, with positions",
     "A > marks the last line that had begun here. With REGEX, a POSIX extended regular "
     "expression,\n"
     "only the lines that it matches.",
     "console /PASS|FAIL/"},
    {"markers", "", true, guest_markers_run, "the guest's markers, with positions", "", "markers"},
    {"events", "[COUNT]", false, lists_events,
     "the recorded events from here on, with their numbers", "", "events 3"},
    {"checkpoints", "", true, lists_checkpoints,
     "checkpoints and keyframes, reached without replaying", "", "checkpoints"},
    {"bookmark", "[add [NAME [NOTE]]|list|go NAME|delete NAME]", false, bookmarks_run,
     "marks places, to go back to them also in other sessions",
     "The bookmarks are yours; gdb has the same (ebb bookmark).",
     "bookmark add crash the pointer is bad already\nbookmark list\nbookmark go crash\n"
     "bookmark delete crash"},
    {"echo", "[TEXT]", false, run_echo, "prints a text, to divide a script's output", "",
     "echo before"},
    {"help", "[COMMAND]", false, run_help, "this list, or what there is to say of a command", "",
     "help goto"},
    {"quit", "", true, run_quit, "leaves the shell", "", "quit"},
};
/* clang-format on */

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const struct shell_command *table_command(unsigned number)
{
    return number < COMMANDS ? &commands[number] : NULL;
}

const struct shell_command *table_find(const char *text, struct ebb_error *error)
{
    const struct shell_command *found = NULL;

    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, text) == 0) {
            return &commands[i];
        }
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strncmp(commands[i].name, text, strlen(text)) != 0) {
            continue;
        }
        if (found) {
            ebb_fail(error, EBB_ERROR_USAGE, "\"%.40s\" may be %s or %s", text, found->name,
                     commands[i].name);
            return NULL;
        }
        found = &commands[i];
    }
    if (!found) {
        ebb_fail(error, EBB_ERROR_USAGE, "there is no command \"%.40s\"; try help", text);
    }
    return found;
}

static void print_list(void)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("%-12s  %s\n", commands[i].name, commands[i].summary);
    }
    printf(
        "help COMMAND tells more, with an example. Any beginning of a name that fits one command "
        "only\nwill do; Tab completes, and lines that begin with # are comments.\n");
}

static int run_help(struct shell *shell, char *argument, struct ebb_error *error)
{
    const struct shell_command *command;

    (void)shell;
    if (!*argument) {
        print_list();
        return 0;
    }
    command = table_find(argument, error);
    if (!command) {
        return -1;
    }
    printf("%s%s%s\n%s.\n", command->name, *command->arguments ? " " : "", command->arguments,
           command->summary);
    if (*command->help) {
        printf("\n%s\n", command->help);
    }
    printf("\nExample:\n");
    for (const char *line = command->example; *line;) {
        int length = (int)strcspn(line, "\n");

        printf("    %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    return 0;
}
