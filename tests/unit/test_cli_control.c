/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ebb record --attach and --detach, with a fake QEMU behind the socket: it answers each command as
 * a script says, and the test looks at what it was asked. argv[1] is ebb.
 */
#include "command_runner.h"
#include "recording_fixture.h"

#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n"
#define EVENT "{\"event\": \"STOP\", \"timestamp\": {\"seconds\": 1}}\n"
#define DONE "{\"return\": {}}\n"
#define TRUE "{\"return\": true}\n"
#define FALSE "{\"return\": false}\n"
#define KVM "{\"return\": {\"enabled\": true, \"present\": true}}\n"
#define TCG "{\"return\": {\"enabled\": false, \"present\": true}}\n"
#define RAM "{\"return\": {\"base-memory\": 1048576, \"plugged-memory\": 0}}\n"
#define ERROR(text) "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}\n"

#define COMMANDS_MAX 20

/* What the command got from QEMU, and what it made of it. */
struct conversation {
    int status;
    char out[COMMAND_OUTPUT_SIZE], err[COMMAND_OUTPUT_SIZE];
    char asked[COMMANDS_MAX][512]; /* commands, without white space at the end */
    int count;
};

static int setup(void **state)
{
    ((struct command_setting *)*state)->folder = fixture_directory();
    return 0;
}

static int listen_at(const struct command_setting *setting)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(listener >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", setting->folder);
    unlink(address.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    return listener;
}

/* Plays QEMU until the answers (NULL ends them) have been given or the command has gone. */
static void serve(int listener, const char *const *answers, struct conversation *talk)
{
    int connection = accept(listener, NULL, NULL);
    FILE *in = fdopen(connection, "r");

    assert_non_null(in);
    assert_true(write(connection, GREETING, strlen(GREETING)) > 0);
    for (; *answers && fgets(talk->asked[talk->count], 512, in); answers++) {
        char *asked = talk->asked[talk->count];

        asked[strcspn(asked, "\n")] = '\0';
        assert_true(++talk->count < COMMANDS_MAX);
        assert_true(write(connection, *answers, strlen(*answers)) > 0);
    }
    fclose(in);
}

static const struct conversation *talk(const struct command_setting *setting, const char *line,
                                       const char *const *answers)
{
    static struct conversation talk;
    FILE *out = tmpfile(), *err = tmpfile();
    int listener = listen_at(setting);
    pid_t pid;

    talk = (struct conversation){0};
    pid = command_start(setting, line, out, err);
    serve(listener, answers, &talk);
    talk.status = command_wait(pid);
    close(listener);
    command_read_back(out, talk.out);
    command_read_back(err, talk.err);
    return &talk;
}

static void expect_asked(const struct conversation *talk, const char *const *wanted, int count)
{
    for (int i = 0; i < count && i < talk->count; i++) {
        if (!strstr(talk->asked[i], wanted[i])) {
            fail_msg("\"%s\" is not in \"%s\"", wanted[i], talk->asked[i]);
        }
    }
    assert_int_equal(talk->count, count);
}

static bool exists(const struct command_setting *setting, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", setting->folder, name);
    return access(path, F_OK) == 0;
}

static void test_attach(void **state)
{
    static const char *const answers[] = {DONE, EVENT FALSE, RAM, KVM, EVENT EVENT DONE,
                                          DONE, NULL};
    const struct command_setting *setting = *state;
    const struct conversation *answer;
    char directory[4200];
    const char *wanted[] = {
        "qmp_capabilities",
        "\"property\":\"recording\"",
        "query-memory-size-summary",
        "query-kvm",
        directory,
        "\"property\":\"recording\",\"value\":true",
    };

    snprintf(directory, sizeof(directory), "\"property\":\"directory\",\"value\":\"%s/part\"",
             setting->folder);
    answer = talk(setting, "record --attach s -o part", answers);
    assert_string_equal(answer->err, "");
    assert_int_equal(answer->status, 0);
    assert_string_equal(answer->out, "recording into part\n");
    expect_asked(answer, wanted, 6);
    assert_non_null(strstr(answer->asked[1], "\"path\":\"/objects/ebb0\""));
    assert_true(exists(setting, "part"));
}

static void test_attach_with_amounts(void **state)
{
    static const char *const answers[] = {DONE, FALSE, RAM,  TCG,  DONE, DONE,
                                          DONE, DONE,  DONE, DONE, DONE, NULL};
    static const char *const wanted[] = {
        "qmp_capabilities",
        "recording",
        "query-memory-size-summary",
        "query-kvm",
        "\"property\":\"keyframe-interval\",\"value\":5000000",
        "\"property\":\"keyframe-ms\",\"value\":0",
        "\"property\":\"last-ms\",\"value\":0",
        "\"property\":\"last-bytes\",\"value\":1073741824",
        "\"property\":\"last-instructions\",\"value\":0",
        "\"property\":\"directory\"",
        "\"property\":\"recording\",\"value\":true",
    };
    const struct conversation *answer =
        talk(*state, "record --attach s --keyframe-interval 5M --last 1GiB", answers);

    assert_string_equal(answer->err, "");
    assert_string_equal(answer->out, "recording into ebb-recording-1\n");
    expect_asked(answer, wanted, 11);
}

static void test_attach_refused(void **state)
{
    static const char *const already[] = {DONE, TRUE, NULL};
    static const char *const under_kvm[] = {DONE, FALSE, RAM, KVM, NULL};
    static const char *const failing[] = {DONE, FALSE, RAM, KVM, DONE, ERROR("it is broken"), NULL};
    static const char *const gone[] = {DONE, FALSE, RAM, KVM, NULL};
    const struct conversation *answer = talk(*state, "record --attach s -o part", already);

    assert_int_equal(answer->status, 2);
    assert_non_null(strstr(answer->err, "already"));
    answer = talk(*state, "record --attach s -o part --last 5M", under_kvm);
    assert_int_equal(answer->status, 5);
    answer = talk(*state, "record --attach s -o part", failing);
    assert_int_equal(answer->status, 1);
    assert_non_null(strstr(answer->err, "it is broken"));
    answer = talk(*state, "record --attach s -o part", gone);
    assert_int_equal(answer->status, 1);
    assert_non_null(strstr(answer->err, "closed the connection"));
    /* Nothing is left of any of them. */
    assert_false(exists(*state, "part"));
}

/* The guest has more RAM than any disk. */
static void test_attach_with_little_space(void **state)
{
    static const char *const answers[] = {
        DONE, FALSE, "{\"return\": {\"base-memory\": 1152921504606846976}}\n", KVM, DONE,
        DONE, NULL};
    const struct conversation *answer = talk(*state, "record --attach s -o part", answers);

    assert_non_null(strstr(answer->err, "are free at "));
    assert_non_null(strstr(answer->err, "make room"));
    assert_int_equal(answer->status, 0);
    assert_string_equal(answer->out, "recording into part\n");
    assert_true(exists(*state, "part"));
}

/* There never is space in /proc. */
static void test_attach_without_space(void **state)
{
    static const char *const answers[] = {DONE, FALSE, RAM, KVM, DONE, DONE, NULL};
    const struct conversation *answer = talk(*state, "record --attach s -o /proc/part", answers);

    assert_int_equal(answer->status, 1);
    assert_non_null(strstr(answer->err, "are free at /proc, "));
    assert_int_equal(answer->count, 3);
}

static void test_detach(void **state)
{
    static const char *const answers[] = {DONE, TRUE, DONE, NULL};
    static const char *const idle[] = {DONE, FALSE, NULL};
    static const char *const wanted[] = {"qmp_capabilities", "qom-get",
                                         "\"property\":\"recording\",\"value\":false"};
    const struct conversation *answer = talk(*state, "record --detach s", answers);

    assert_int_equal(answer->status, 0);
    expect_asked(answer, wanted, 3);
    answer = talk(*state, "record --detach s", idle);
    assert_int_equal(answer->status, 2);
    assert_non_null(strstr(answer->err, "not being recorded"));
}

static void test_rescan(void **state)
{
    static const char *const answers[] = {
        DONE, TRUE, DONE, "{\"return\": 12}\n", "{\"return\": 3}\n", NULL};
    static const char *const idle[] = {DONE, FALSE, NULL};
    static const char *const ended[] = {DONE, TRUE, DONE, NULL};
    static const char *const under_tcg[] = {DONE, TRUE, ERROR("under TCG"), NULL};
    static const char *const wanted[] = {"qmp_capabilities", "\"property\":\"recording\"",
                                         "\"property\":\"rescan\",\"value\":true",
                                         "rescan-replaced", "rescan-left-alone"};
    const struct conversation *answer = talk(*state, "record --rescan s", answers);

    assert_int_equal(answer->status, 0);
    assert_string_equal(answer->out, "12 replaced, 3 that look like one left alone\n");
    expect_asked(answer, wanted, 5);
    answer = talk(*state, "record --rescan s", idle);
    assert_int_equal(answer->status, 2);
    assert_non_null(strstr(answer->err, "not being recorded"));
    answer = talk(*state, "record --rescan s", ended);
    assert_int_equal(answer->status, 0);
    assert_non_null(strstr(answer->out, "the guest has ended since"));
    answer = talk(*state, "record --rescan s", under_tcg);
    assert_int_equal(answer->status, 1);
    assert_non_null(strstr(answer->err, "under TCG"));
}

static void test_no_socket(void **state)
{
    const struct command_outcome *outcome = command_run(*state, "record --attach nothing");

    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "cannot connect to nothing"));
    assert_false(exists(*state, "ebb-recording-1"));
}

int main(int argc, char **argv)
{
    char *ebb = command_path(argc, argv);
    struct command_setting setting = {.ebb = ebb};
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_prestate_setup_teardown(test, setup, command_teardown, &setting)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_attach),
        IN_FOLDER(test_attach_with_amounts),
        IN_FOLDER(test_attach_refused),
        IN_FOLDER(test_attach_with_little_space),
        IN_FOLDER(test_attach_without_space),
        IN_FOLDER(test_detach),
        IN_FOLDER(test_rescan),
        IN_FOLDER(test_no_socket),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(ebb);
    return failed;
}
