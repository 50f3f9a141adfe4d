/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in the recording the shell is, and going elsewhere. */
#ifndef EBB_CLI_SHELL_PLACE_H
#define EBB_CLI_SHELL_PLACE_H

#include "shell.h"

/* Whether Ctrl-C was typed during the command at hand; opaque is the shell. */
bool place_is_stopped(void *opaque);

/* For struct timeline_options; opaque is the shell. */
void place_progress(void *opaque, uint64_t position, uint64_t from, uint64_t to);

/* "function+0x10 (file.c:12)" as a terminal can have it; empty if nothing is known. */
void place_describe(const struct shell *shell, uint64_t address, char *buffer, size_t size);

/* Prints a line with position, program counter, and what is there. */
int place_show(struct shell *shell, struct ebb_error *error);

/* Goes to a position and says nothing. A stop anywhere else is an error: EBB_ERROR_INTERRUPTED
 * after Ctrl-C. */
int place_seek(struct shell *shell, uint64_t position, struct ebb_error *error);

/* Goes back to where a command began, in spite of Ctrl-C. Returns 0, or -1. */
int place_return(struct shell *shell, uint64_t origin, struct ebb_error *error);

/* A command that has gone elsewhere fails: goes back to where it began. Returns -1. */
int place_give_up(struct shell *shell, uint64_t origin, struct ebb_error *error);

/* A jump has come to its end: notes and shows that. */
int place_arrive(struct shell *shell, uint64_t origin, struct ebb_error *error);

/* Goes to a position for the user: says so if history ends on the way. */
int place_jump(struct shell *shell, uint64_t position, struct ebb_error *error);

/* The same without being a jump that "back" takes back. */
int place_step(struct shell *shell, uint64_t position, struct ebb_error *error);

#endif
