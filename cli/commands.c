/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stddef.h>

const struct command *const ebb_commands[] = {
    &command_record, &command_replay, &command_info,   &command_dump, &command_console,
    &command_verify, &command_shell,  &command_doctor, &command_help, NULL,
};
