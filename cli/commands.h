/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands; each is in the file of its name. Others are in questions/questions.h and
 * exports/exports.h. */
#ifndef EBB_CLI_COMMANDS_H
#define EBB_CLI_COMMANDS_H

#include "options.h"

extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_bisect;
extern const struct command command_info;
extern const struct command command_dump;
extern const struct command command_console;
extern const struct command command_verify;
extern const struct command command_resolve;
extern const struct command command_merge;
extern const struct command command_shell;
extern const struct command command_doctor;
extern const struct command command_help;

#endif
