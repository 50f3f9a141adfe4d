/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that a question is about: all that have the name, or what is at an address. */
#ifndef EBB_CLI_QUESTIONS_FUNCTIONS_H
#define EBB_CLI_QUESTIONS_FUNCTIONS_H

#include "question.h"

struct functions {
    struct function {
        uint64_t address; /* in the guest */
        char *name;       /* as the symbol file has it, "" if it has none there */
    } * list;             /* by address */
    size_t count;
};

/* A name, or an address as question_place() has them; more than a name, such as main+8, is one
 * place. EBB_ERROR_USAGE if there is nothing of the name. */
int functions_find(struct functions *functions, struct question *question, const char *text,
                   struct ebb_error *error);
/* The one at an address, or NULL. */
const struct function *functions_at(const struct functions *functions, uint64_t address);
/* Sets a breakpoint on the first instruction of each. */
int functions_break(const struct functions *functions, struct question *question,
                    struct ebb_error *error);
void functions_free(struct functions *functions);

#endif
