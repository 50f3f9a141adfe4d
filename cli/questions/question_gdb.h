/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gdb of a question, which has the question's symbols. */
#ifndef EBB_CLI_QUESTIONS_QUESTION_GDB_H
#define EBB_CLI_QUESTIONS_QUESTION_GDB_H

#include "cli/gdb_session.h"
#include "question.h"

/* Refuses what question_gdb_start() will: for who works long before it. Takes no time. */
int question_gdb_check(struct question *question, struct ebb_error *error);

/*
 * Starts gdb with a file of gdb-scripts (asked). With a path for a socket it is connected to the
 * question's timeline, which is its server's until gdb_session_end(), and ends when stop_fd, if it
 * is not -1, becomes readable; without one (NULL) it knows the symbols only. NULL: *error, which
 * also says it if gdb is one for its host only. Takes some tenths of a second.
 */
struct gdb_session *question_gdb_start(struct question *question, const char *asked,
                                       const char *socket, int stop_fd, struct ebb_error *error);

#endif
