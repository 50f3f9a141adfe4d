/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that put a question to a whole recording; each is in the file of its name. */
#ifndef EBB_CLI_QUESTIONS_QUESTIONS_H
#define EBB_CLI_QUESTIONS_QUESTIONS_H

#include "cli/options.h"

extern const struct command command_accesses;
extern const struct command command_calls;
extern const struct command command_count;
extern const struct command command_coverage;
extern const struct command command_exceptions;
extern const struct command command_first;
extern const struct command command_history;
extern const struct command command_irqs;
extern const struct command command_last;
extern const struct command command_origin;
extern const struct command command_print;
extern const struct command command_profile;
extern const struct command command_report;
extern const struct command command_switches;

#endif
