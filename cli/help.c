/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb help. */
#include "commands.h"
#include "manual.h"

static const struct option_spec options[] = {{0}};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    const struct command *command;

    if (arguments->operand_count == 0) {
        manual_help(stdout, arguments->commands);
        return 0;
    }
    command = command_find(arguments->commands, arguments->operands[0]);
    if (!command) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no command \"%s\"; \"ebb help\" lists what there is",
                        arguments->operands[0]);
    }
    manual_command_help(stdout, command);
    return 0;
}

const struct command command_help = {
    .name = "help",
    .summary = "tells about the commands",
    .operands = "[COMMAND]",
    .operands_max = 1,
    .description = "Prints what a command does and its options, or lists the commands.",
    .options = options,
    .run = run,
};
