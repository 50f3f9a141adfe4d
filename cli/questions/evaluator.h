/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gdb that evaluates expressions for a question. While it is open the question's timeline is its
 * own. Starting one takes some tenths of a second.
 */
#ifndef EBB_CLI_QUESTIONS_EVALUATOR_H
#define EBB_CLI_QUESTIONS_EVALUATOR_H

#include "cli/gdb_session.h"
#include "question.h"

#include <limits.h>

struct evaluator {
    char folder[PATH_MAX]; /* of the socket; "": there is none */
    int signals;           /* readable when the user wants an end; -1: not open */
    struct gdb_session *session;
};

/* asked: the file of gdb-scripts that has the requests. */
int evaluator_open(struct evaluator *evaluator, struct question *question, const char *asked,
                   struct ebb_error *error);
void evaluator_close(struct evaluator *evaluator);

/* Asks (takes the reference) and returns the reply; NULL: *error, EBB_ERROR_INTERRUPTED after
 * Ctrl-C. */
json_t *evaluator_ask(struct evaluator *evaluator, json_t *request, struct ebb_error *error);

#endif
