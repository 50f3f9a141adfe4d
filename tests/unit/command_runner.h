/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running the ebb command in a temporary folder. Failures fail the running cmocka test. */
#ifndef EBB_COMMAND_RUNNER_H
#define EBB_COMMAND_RUNNER_H

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#define COMMAND_OUTPUT_SIZE 65536

struct command_setting {
    const char *ebb;   /* absolute path */
    char *folder;      /* where it runs */
    const char *input; /* what stands on its standard input; NULL: nothing */
};

struct command_outcome {
    int status; /* exit status, or a signal's number, negative */
    char out[COMMAND_OUTPUT_SIZE];
    char err[COMMAND_OUTPUT_SIZE];
};

/* The absolute path of ebb, which is argv[1]; without it the test program ends. To be freed. */
char *command_path(int argc, char **argv);

/* A teardown of cmocka's, whose state is a struct command_setting: removes its folder. */
int command_teardown(void **state);

/* Runs "ebb LINE"; words are separated by blanks, up to two %s stand for the folder. The outcome
 * stays valid until the next call. */
const struct command_outcome *command_run(const struct command_setting *setting, const char *line);

/* The same for a command that succeeds quietly and prints JSON. */
json_t *command_run_json(const struct command_setting *setting, const char *line);

/* The same in two steps, with files for its output. */
pid_t command_start(const struct command_setting *setting, const char *line, FILE *out, FILE *err);
int command_wait(pid_t pid);

/* Reads a file from its beginning into text (COMMAND_OUTPUT_SIZE bytes) and closes it. */
void command_read_back(FILE *file, char *text);

#endif
