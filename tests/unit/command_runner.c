/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command_runner.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 24
#define LINE_MAX_BYTES 1024

char *command_path(int argc, char **argv)
{
    char *path = realpath(argc > 1 ? argv[1] : "ebb", NULL);

    if (!path) {
        fprintf(stderr, "there is no ebb to test; give its path\n");
        exit(1);
    }
    return path;
}

static void split(const struct command_setting *setting, const char *line, char *copy, char **words)
{
    char *save = NULL;
    int count = 0;

    snprintf(copy, LINE_MAX_BYTES, line, setting->folder, setting->folder);
    words[count++] = (char *)setting->ebb;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        assert_in_range(count, 1, WORDS_MAX - 2);
        words[count++] = word;
    }
    words[count] = NULL;
}

/* A file with the text for standard input. */
static FILE *input_file(const struct command_setting *setting)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs(setting->input ? setting->input : "", file);
    rewind(file);
    return file;
}

pid_t command_start(const struct command_setting *setting, const char *line, FILE *out, FILE *err)
{
    char copy[LINE_MAX_BYTES], *words[WORDS_MAX];
    FILE *in = input_file(setting);
    pid_t pid;

    split(setting, line, copy, words);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fileno(in), 0);
        dup2(fileno(out), 1);
        dup2(fileno(err), 2);
        if (chdir(setting->folder) == 0) {
            execv(setting->ebb, words);
        }
        _exit(126);
    }
    fclose(in);
    return pid;
}

int command_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void command_read_back(FILE *file, char *text)
{
    rewind(file);
    text[fread(text, 1, COMMAND_OUTPUT_SIZE - 1, file)] = '\0';
    fclose(file);
}

const struct command_outcome *command_run(const struct command_setting *setting, const char *line)
{
    static struct command_outcome outcome;
    FILE *out = tmpfile(), *err = tmpfile();

    assert_non_null(out);
    assert_non_null(err);
    outcome.status = command_wait(command_start(setting, line, out, err));
    command_read_back(out, outcome.out);
    command_read_back(err, outcome.err);
    return &outcome;
}

json_t *command_run_json(const struct command_setting *setting, const char *line)
{
    const struct command_outcome *outcome = command_run(setting, line);
    json_t *json;

    assert_string_equal(outcome->err, "");
    assert_int_equal(outcome->status, 0);
    json = json_loads(outcome->out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

int command_teardown(void **state)
{
    struct command_setting *setting = *state;
    char command[4200];

    snprintf(command, sizeof(command), "rm -r '%s'", setting->folder);
    assert_int_equal(system(command), 0);
    free(setting->folder);
    return 0;
}
