/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "known_breakage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_PASSED = 0, STATUS_FAILED = 1 };

/* In the child: cmocka once more, with this test alone. */
static void run_alone(const struct CMUnitTest *test, FILE *output)
{
    const struct CMUnitTest tests[] = {*test};
    int failed;

    dup2(fileno(output), STDOUT_FILENO);
    dup2(fileno(output), STDERR_FILENO);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fflush(NULL);
    _exit(failed ? STATUS_FAILED : STATUS_PASSED);
}

/* Returns the status that wait() gives. */
static int run_in_child(const struct CMUnitTest *test, FILE *output)
{
    int status;
    pid_t child;

    fflush(NULL); /* or the child prints it again */
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_alone(test, output);
    }
    while (waitpid(child, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return status;
}

/* What the child said besides its status. */
struct report {
    bool skipped;
    bool fixture_failed;
};

/* Shows what the test printed, indented, so that nobody counts it. */
static struct report show(FILE *output, const char *name)
{
    static const char skip_mark[] = "[  SKIPPED ] ", error_mark[] = "[  ERROR   ] ";
    struct report report = {0};
    char line[1024];

    rewind(output);
    while (fgets(line, sizeof(line), output)) {
        const char *rest = line + sizeof(skip_mark) - 1;

        line[strcspn(line, "\n")] = '\0';
        print_message("    %s\n", line);
        report.skipped |= strncmp(line, skip_mark, sizeof(skip_mark) - 1) == 0;
        report.fixture_failed |=
            strncmp(line, error_mark, sizeof(error_mark) - 1) == 0 && strcmp(rest, name) == 0;
    }
    return report;
}

void known_breakage_run(void **state)
{
    const struct known_breakage *known = *state;
    FILE *output = tmpfile();
    struct report report;
    int status;

    assert_non_null(output);
    status = run_in_child(&known->test, output);
    report = show(output, known->test.name);
    fclose(output);
    if (report.skipped) {
        unit_skip("it skips itself; it is known to fail: %s", known->why);
    }
    if (report.fixture_failed) {
        fail_msg("what it needs could not be set up, so it says nothing about %s", known->why);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_PASSED) {
        fail_msg("this was repaired: make it an ordinary test (known to fail: %s)", known->why);
    }
    print_message("[  KNOWN   ] %s: %s\n", known->test.name, known->why);
}
