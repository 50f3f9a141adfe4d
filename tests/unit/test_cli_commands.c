/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ebb command as a whole, as far as it goes without QEMU: it looks at a recording that the
 * log's writer has made, and records with a shell script in QEMU's place. argv[1] is ebb.
 */
#include "command_runner.h"
#include "recording_fixture.h"

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char manifest[] =
    "{\"format\": \"ebb-recording\", \"version\": 1, \"machine\": \"virt\", \"icount_shift\": 1,"
    " \"consoles\": [{\"address\": 150994944}]}";

static void append(struct ebb_log_writer *writer, struct ebb_event event)
{
    struct ebb_error error;

    assert_int_equal(ebb_log_writer_append(writer, &event, &error), 0);
}

/* The guest prints text, a character every two instructions. */
static void print(struct ebb_log_writer *writer, uint64_t position, const char *text)
{
    for (; *text; text++, position += 2) {
        append(writer, (struct ebb_event){.position = position,
                                          .kind = EBB_EVENT_MMIO_WRITE,
                                          .address = 0x9000000,
                                          .size = 4,
                                          .value = (uint8_t)*text});
    }
}

static int setup(void **state)
{
    static const uint8_t digests[16] = {1};
    static const uint8_t value[8] = {0};
    const struct ebb_register pc = {1, 8, value};
    struct command_setting *setting = *state;
    struct ebb_log_writer *writer;
    struct ebb_error error;
    char path[4096];
    uint64_t number;

    setting->folder = fixture_directory();
    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    fixture_write(path, "manifest.json", manifest, strlen(manifest));
    writer = fixture_create(path);
    assert_int_equal(ebb_keyframe_begin(writer, 0, &number, &error), 0);
    assert_int_equal(ebb_keyframe_commit(writer, &pc, 1, &error), 0);
    print(writer, 100, "hello\r\nw\033rld\n");
    append(writer, (struct ebb_event){.position = 200,
                                      .kind = EBB_EVENT_MMIO_READ,
                                      .address = 0x9000018,
                                      .size = 4,
                                      .value = 0x90});
    append(writer, (struct ebb_event){.position = 300,
                                      .kind = EBB_EVENT_CONSOLE,
                                      .data = (const uint8_t *)"sem\n",
                                      .data_length = 4});
    print(writer, 400, "end");
    append(writer, (struct ebb_event){.position = 406,
                                      .kind = EBB_EVENT_MMIO_WRITE,
                                      .address = 0x8fffff8,
                                      .size = 4,
                                      .value = 5});
    append(writer,
           (struct ebb_event){
               .position = 1000, .kind = EBB_EVENT_END, .data = digests, .data_length = 16});
    fixture_close(writer);
    return 0;
}

static long long integer(json_t *object, const char *member)
{
    json_t *value = json_object_get(object, member);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void test_info(void **state)
{
    json_t *info = command_run_json(*state, "info --json rec");
    json_t *kinds = json_object_get(info, "events");
    const struct command_outcome *outcome;

    assert_int_equal(integer(info, "end_position"), 1000);
    assert_int_equal(integer(info, "event_count"), 20);
    assert_int_equal(integer(kinds, "mmio-write"), 17);
    assert_int_equal(integer(kinds, "mmio-read"), 1);
    assert_int_equal(integer(kinds, "end"), 1);
    assert_true(json_is_true(json_object_get(info, "complete")));
    assert_string_equal(json_string_value(json_object_get(info, "end")), "power-off");
    assert_int_equal(json_array_size(json_object_get(info, "keyframes")), 1);
    json_decref(info);
    outcome = command_run(*state, "info rec");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->out, "1 000 instructions"));
    assert_non_null(strstr(outcome->out, "complete (power-off)"));
}

static void test_dump(void **state)
{
    json_t *events = command_run_json(*state, "dump --json --from 200 --to 300 rec");

    assert_int_equal(json_array_size(events), 2);
    assert_int_equal(integer(json_array_get(events, 0), "position"), 200);
    assert_int_equal(integer(json_array_get(events, 0), "event"), 13);
    assert_int_equal(integer(json_array_get(events, 0), "value"), 0x90);
    assert_string_equal(json_string_value(json_object_get(json_array_get(events, 1), "data")),
                        "73656d0a");
    json_decref(events);
    events = command_run_json(*state, "dump --json --kind=mmio-read,end rec");
    assert_int_equal(json_array_size(events), 2);
    json_decref(events);
    events = command_run_json(*state, "dump --json --from 0x3e9 rec");
    assert_int_equal(json_array_size(events), 0);
    json_decref(events);
    assert_int_equal(command_run(*state, "dump --kind nonsense rec")->status, 2);
    assert_int_equal(command_run(*state, "dump --from middle rec")->status, 2);
}

static void test_console(void **state)
{
    assert_string_equal(command_run(*state, "console rec")->out, "            100  hello\n"
                                                                 "            114  w\\x1brld\n"
                                                                 "            300  sem\n"
                                                                 "            400  end\n");
}

static void test_reader_that_leaves(void **state)
{
    const struct command_setting *setting = *state;
    FILE *err = tmpfile();
    int ends[2];
    FILE *out;
    char text[COMMAND_OUTPUT_SIZE];

    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    out = fdopen(ends[1], "w");
    assert_int_equal(command_wait(command_start(setting, "dump rec", out, err)), 0);
    fclose(out);
    command_read_back(err, text);
    assert_string_equal(text, "");
}

static void test_full_disk(void **state)
{
    FILE *out = fopen("/dev/full", "w"), *err = tmpfile();
    char text[COMMAND_OUTPUT_SIZE];

    assert_int_equal(command_wait(command_start(*state, "info rec", out, err)), 1);
    fclose(out);
    command_read_back(err, text);
    assert_non_null(strstr(text, "ebb: cannot write"));
}

static void test_bad_recordings(void **state)
{
    const struct command_setting *setting = *state;
    char path[4096];

    assert_int_equal(command_run(setting, "info nowhere")->status, 1);
    assert_int_equal(command_run(setting, "info rec/log")->status, 2);
    assert_int_equal(command_run(setting, "info %s")->status, 2);
    /* None is named and none is there. */
    assert_int_equal(command_run(setting, "info")->status, 2);
    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    fixture_write(path, "manifest.json", "{]", 2);
    assert_int_equal(command_run(setting, "info rec")->status, 4);
    fixture_write(path, "manifest.json", "{\"format\":\"ebb-recording\",\"version\":9}", 38);
    assert_int_equal(command_run(setting, "info rec")->status, 5);
}

/* Puts a script in QEMU's place. It finds the descriptor for its status in $fd. */
static void write_qemu(const struct command_setting *setting, const char *body)
{
    char text[2048], path[4096];

    snprintf(text, sizeof(text),
             "#!/bin/sh\n[ \"$1\" != -sandbox ] || exit 0\n"
             "printf '%%s\\n' \"$@\" > '%s/words'\n"
             "fd=$(printf '%%s\\n' \"$@\" | sed -n 's/.*status-fd=\\([0-9]*\\).*/\\1/p')\n%s\n",
             setting->folder, body);
    fixture_write(setting->folder, "qemu", text, strlen(text));
    snprintf(path, sizeof(path), "%s/qemu", setting->folder);
    assert_int_equal(chmod(path, 0755), 0);
}

#define STATUS(members) "eval \"echo '{\\\"position\\\": 5" members "}' >&$fd\""
#define END STATUS(", \\\"end\\\": \\\"power-off\\\"")

static void test_record(void **state)
{
    const struct command_setting *setting = *state;
    json_t *stats;
    size_t size;
    char *words, wanted[256];

    write_qemu(setting, "touch 'a,b/log'\n" STATUS("") "\n" END "\nexit 3");
    stats = command_run_json(setting,
                             "record -o a,b --stats --keyframe-interval 1_000 --qemu %s/qemu -M "
                             "virt -append -smp");
    assert_int_equal(integer(stats, "position"), 5);
    assert_int_equal(integer(stats, "qemu_exit_status"), 3);
    assert_string_equal(json_string_value(json_object_get(stats, "end")), "power-off");
    assert_string_equal(json_string_value(json_object_get(stats, "directory")), "a,b");
    json_decref(stats);
    words = (char *)fixture_read(setting->folder, "words", &size);
    words[size] = '\0';
    snprintf(wanted, sizeof(wanted),
             "-M\nvirt\n-append\n-smp\n-icount\nshift=1\n-sandbox\n"
             "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny\n-object\n"
             "ebb-recorder,id=ebb0,status-fd=");
    assert_int_equal(strncmp(words, wanted, strlen(wanted)), 0);
    assert_non_null(strstr(words, ",directory=a,,b,keyframe-interval=1000\n"));
    free(words);
    /* What is there is not overwritten. */
    assert_int_equal(command_run(setting, "record -o a,b --qemu %s/qemu -M virt")->status, 2);
}

static bool exists(const struct command_setting *setting, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", setting->folder, name);
    return access(path, F_OK) == 0;
}

static void test_record_numbers(void **state)
{
    const struct command_setting *setting = *state;
    const char *line = "record --qemu %s/qemu -icount 3";
    size_t size;
    char *words;

    write_qemu(setting, END);
    /* Nothing was written there, so nothing is left behind. */
    write_qemu(setting, "exit 1");
    assert_int_equal(command_run(setting, line)->status, 1);
    assert_false(exists(setting, "ebb-recording-1"));
    write_qemu(setting, "for d in ebb-recording-*; do touch $d/manifest.json; done\n" END);
    assert_int_equal(command_run(setting, line)->status, 0);
    assert_int_equal(command_run(setting, line)->status, 0);
    assert_true(exists(setting, "ebb-recording-1/manifest.json"));
    assert_true(exists(setting, "ebb-recording-2/manifest.json"));
    words = (char *)fixture_read(setting->folder, "words", &size);
    words[size] = '\0';
    assert_null(strstr(words, "shift=1"));
    assert_non_null(strstr(words, "directory=ebb-recording-2\n"));
    free(words);
}

static void test_record_endings(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;

    /* A status, but none that says how it ended. */
    write_qemu(setting, STATUS("") "\nexit 0");
    outcome = command_run(setting, "record -o r1 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "nothing was recorded (QEMU's exit status is 0)"));
    write_qemu(setting, STATUS("") "\nkill -9 $$");
    outcome = command_run(setting, "record -o r2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "nothing was recorded (QEMU was ended by signal 9"));
    /* Killed before the manifest was written, and after. */
    write_qemu(setting, "cp rec/log rec/keyframes r8; kill -9 $$");
    outcome = command_run(setting, "record -o r8 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "nothing in r8 can be replayed"));
    assert_int_not_equal(command_run(setting, "info r8")->status, 0);
    write_qemu(setting, "cp rec/log rec/keyframes rec/manifest.json r9; kill -9 $$");
    outcome = command_run(setting, "record -o r9 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "r9 can be replayed up to its last whole block"));
    assert_int_equal(command_run(setting, "info r9")->status, 0);
    /* It failed before the first status, but what it wrote can be replayed. */
    write_qemu(setting, "cp rec/log rec/keyframes rec/manifest.json r5; exit 1");
    outcome = command_run(setting, "record -o r5 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "did not end in good order"));
    assert_non_null(strstr(outcome->err, "r5 can be replayed"));
    /* The same before anything could be replayed. */
    write_qemu(setting, "cp rec/log rec/manifest.json r6; : > r6/keyframes; exit 1");
    outcome = command_run(setting, "record -o r6 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "nothing in r6 can be replayed"));
    write_qemu(setting, "exit 1");
    outcome = command_run(setting, "record -o r7 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "nothing was recorded (QEMU's exit status is 1)"));
    /* -help and its like record nothing. */
    write_qemu(setting, "echo help; exit 0");
    outcome = command_run(setting, "record -o r3 --qemu %s/qemu -help");
    assert_int_equal(outcome->status, 0);
    assert_string_equal(outcome->out, "help\n");
    assert_false(exists(setting, "r3"));
    assert_int_equal(command_run(setting, "record -o r4 --qemu %s/none -M virt")->status, 1);
    assert_int_equal(command_run(setting, "record -o r4 --qemu %s/qemu -smp 2")->status, 5);
    assert_false(exists(setting, "r4"));
}

#define UNTIL(condition)                                                                           \
    STATUS(", \\\"end\\\": \\\"stopped\\\", \\\"until\\\": {\\\"condition\\\": \\\"" condition     \
           "\\\", \\\"text\\\": \\\"bad\\\"}")

/* Runs the guest again until it fails; only that recording is left, in a place of its own. */
static void test_record_repeat(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char path[4096];

    write_qemu(setting,
               "d=$(ls -d ebb-recording-*); cp rec/* $d; touch $d/start $d/index\n"
               "echo run >> runs\n[ $(wc -l < runs) = 3 ] || {\n" END "\nexit\n}\n" UNTIL("panic"));
    outcome = command_run(setting, "record --until panic --repeat 5 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->err, "run 3 of 5: panic"));
    assert_non_null(strstr(outcome->err, "recorded into ebb-recording-1"));
    assert_true(exists(setting, "ebb-recording-1/manifest.json"));
    assert_false(exists(setting, "ebb-recording-2"));
    /* What passes is no failure; a user who quits wants no more runs. */
    write_qemu(setting, "cp rec/* p\n" UNTIL("pass:exit"));
    outcome =
        command_run(setting, "record -o p --until pass:exit --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 7);
    assert_non_null(strstr(outcome->err, "did not fail in 2 runs"));
    assert_false(exists(setting, "p"));
    write_qemu(setting, "cp rec/* q\n" STATUS(", \\\"end\\\": \\\"quit\\\""));
    outcome = command_run(setting, "record -o q --until panic --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 6);
    assert_true(exists(setting, "q/log"));
    /* What is not of the recording is not deleted. */
    write_qemu(setting, "cp rec/* k; touch k/notes\n" END);
    outcome = command_run(setting, "record -o k --until panic --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "cannot delete the recording k"));
    assert_true(exists(setting, "k/notes"));
    /* Nor is another recording, that somebody has put in its place. */
    write_qemu(setting, "cp rec/* m; mv m away; mkdir m; cp rec/* m\n" END);
    outcome = command_run(setting, "record -o m --until panic --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "m is not the directory any more"));
    assert_true(exists(setting, "m/log"));
    /* What was there before stays, empty as it was. */
    snprintf(path, sizeof(path), "%s/e", setting->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    write_qemu(setting, "cp rec/* e\n" END);
    outcome = command_run(setting, "record -o e --until panic --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 7);
    assert_true(exists(setting, "e"));
    assert_false(exists(setting, "e/log"));
    write_qemu(setting, "exit 1");
    assert_int_equal(command_run(setting, "record -o e --qemu %s/qemu -M virt")->status, 1);
    assert_true(exists(setting, "e"));
    /* A run that cannot be recorded ends it. */
    write_qemu(setting, "exit 1");
    outcome = command_run(setting, "record -o f --until panic --repeat 2 --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_false(exists(setting, "f"));
}

/* Where the condition was met is told of what a manifest says, and what it says may be wrong. */
static void test_until(void **state)
{
    static const struct {
        const char *event;
        long long position;
    } cases[] = {{"\"event\": 14,", 301}, {"", 1000}, {"\"event\": 99,", 1000}};
    const struct command_setting *setting = *state;
    char path[4096], text[512];

    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *info, *until;

        snprintf(text, sizeof(text),
                 "{\"format\": \"ebb-recording\", \"version\": 1, \"until\": {%s"
                 "\"condition\": \"console:/x/\", \"text\": \"a\\u001bx\"}}",
                 cases[i].event);
        fixture_write(path, "manifest.json", text, strlen(text));
        info = command_run_json(setting, "info --json rec");
        until = json_object_get(info, "until");
        assert_int_equal(integer(until, "position"), cases[i].position);
        assert_string_equal(json_string_value(json_object_get(until, "condition")), "console:/x/");
        json_decref(info);
    }
    assert_non_null(strstr(command_run(setting, "info rec")->out,
                           "until         1 000  console:/x/: a\\x1bx\n"));
}

/* The console of the recording as markers: what it writes to is that of the texts. */
static void test_markers(void **state)
{
    static const char *const names[] = {"hello", "w\\x1brld", "end", "5"};
    static const char text[] =
        "{\"format\": \"ebb-recording\", \"version\": 1, \"markers\": 150994936}";
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    json_t *info, *list;
    char path[4096];

    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    fixture_write(path, "manifest.json", text, strlen(text));
    info = command_run_json(setting, "info --json rec");
    list = json_object_get(info, "markers");
    assert_int_equal(json_array_size(list), 4);
    for (size_t i = 0; i < 4; i++) {
        json_t *marker = json_array_get(list, i);

        assert_string_equal(json_string_value(json_object_get(marker, "name")), names[i]);
        assert_int_equal(json_is_null(json_object_get(marker, "fault")), i != 2);
    }
    assert_int_equal(integer(json_array_get(list, 1), "position"), 114);
    json_decref(info);
    outcome = command_run(setting, "console rec");
    assert_string_equal(outcome->out, "            100  [marker hello]\n"
                                      "            114  [marker w\\x1brld]\n"
                                      "            300  sem\n"
                                      "            400  [marker end]\n"
                                      "            406  [marker 5]\n");
}

static void test_record_forwards_signals(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};
    const struct command_setting *setting = *state;
    char path[4096];

    snprintf(path, sizeof(path), "%s/ready", setting->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    write_qemu(setting, "end() {\n" END "\nkill $!\nexit 0\n}\ntrap end TERM INT\n"
                        "cat never &\n: > ready\nwait");
    for (size_t i = 0; i < 2; i++) {
        FILE *out = tmpfile(), *err = tmpfile();
        char line[64];
        pid_t pid;
        int ready;

        snprintf(line, sizeof(line), "record -o s%zu --qemu %%s/qemu -M virt", i);
        snprintf(path, sizeof(path), "%s/never", setting->folder);
        unlink(path);
        assert_int_equal(mkfifo(path, 0600), 0);
        pid = command_start(setting, line, out, err);
        snprintf(path, sizeof(path), "%s/ready", setting->folder);
        ready = open(path, O_RDONLY | O_NONBLOCK);
        assert_true(ready >= 0);
        /* The script opens and closes it when it has set its trap. */
        assert_int_equal(poll(&(struct pollfd){.fd = ready, .events = POLLIN}, 1, 60000), 1);
        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(command_wait(pid), 0);
        close(ready);
        fclose(out);
        fclose(err);
    }
}

/* With --wait a run in which nothing was recorded is as good as any, but for --until. */
static void test_record_waits(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;

    write_qemu(setting, "exit 0");
    outcome = command_run(setting, "record --wait --control s --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 0);
    assert_string_equal(outcome->err, "");
    assert_false(exists(setting, "ebb-recording-1"));
    outcome = command_run(setting, "record --wait --control s --until exit --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 7);
    assert_non_null(strstr(outcome->err, "--attach begins a recording"));
    outcome = command_run(setting, "record --until exit --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 7);
    assert_non_null(strstr(outcome->err, "nothing was recorded"));
    assert_int_equal(command_run(setting, "record --until exit --qemu %s/qemu -help")->status, 0);
    write_qemu(setting, "exit 4");
    outcome = command_run(setting, "record --wait --control s --qemu %s/qemu -M virt");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "exit status is 4"));
}

static void test_doctor(void **state)
{
    const struct command_outcome *outcome = command_run(*state, "doctor");
    json_t *document;

    /* Which of the two depends on the host. */
    assert_true(outcome->status == 0 || outcome->status == 1);
    assert_string_equal(outcome->err, "");
    assert_non_null(strstr(outcome->out, outcome->status ? "This host records with TCG."
                                                         : "This host records under KVM"));
    outcome = command_run(*state, "doctor --json");
    document = json_loads(outcome->out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    assert_int_equal(json_is_true(json_object_get(document, "kvm")), outcome->status == 0);
    assert_true(json_array_size(json_object_get(document, "checks")) >= 2);
    json_decref(document);
}

static void test_usage(void **state)
{
    const struct command_outcome *outcome = command_run(*state, "");

    assert_int_equal(outcome->status, 2);
    assert_non_null(strstr(outcome->err, "Usage: ebb"));
    assert_int_equal(command_run(*state, "nonsense")->status, 2);
    assert_int_equal(command_run(*state, "info --nonsense")->status, 2);
    assert_int_equal(command_run(*state, "replay --stdio --listen 1 rec")->status, 2);
    assert_int_equal(command_run(*state, "replay --stdio rec -- -batch")->status, 2);
    assert_int_equal(command_run(*state, "--version")->status, 0);
}

/* What is wrong with a bisection before anything is replayed. */
static void test_bisect_usage(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } cases[] = {
        {"bisect rec", "give one of"},
        {"bisect rec --expr 1 --console x", "give one of"},
        {"bisect rec --expr 1 --run true", "give one of"},
        {"bisect rec --run", "needs a command"},
        {"bisect rec --scan --console x", "--scan"},
        {"bisect nothing --expr 1", "nothing"},
        {"bisect rec --expr 1 --symbols nothing", "nothing"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct command_outcome *outcome = command_run(*state, cases[i].line);

        assert_int_not_equal(outcome->status, 0);
        assert_string_equal(outcome->out, "");
        assert_non_null(strstr(outcome->err, cases[i].words));
    }
}

/* Every option of every command is in its help, its manual page and the completion scripts. */
static void test_one_source(void **state)
{
    static const char *const commands[] = {"record", "replay",  "bisect", "info",
                                           "dump",   "console", "verify", "resolve",
                                           "merge",  "shell",   "doctor", "help"};
    static const char *const shells[] = {"bash", "zsh", "fish"};
    char line[64];

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        snprintf(line, sizeof(line), "help %s", commands[i]);
        assert_non_null(strstr(command_run(*state, line)->out, "Options:"));
        snprintf(line, sizeof(line), "--man %s", commands[i]);
        assert_non_null(strstr(command_run(*state, line)->out, ".SH OPTIONS"));
        assert_non_null(strstr(command_run(*state, "--man")->out, commands[i]));
    }
    assert_non_null(strstr(command_run(*state, "help record")->out, "--keyframe-interval"));
    assert_non_null(strstr(command_run(*state, "--man record")->out, "\\-\\-keyframe\\-interval"));
    for (size_t i = 0; i < 3; i++) {
        snprintf(line, sizeof(line), "--completion %s", shells[i]);
        assert_non_null(strstr(command_run(*state, line)->out, "keyframe-interval"));
    }
    assert_int_equal(command_run(*state, "--completion tcsh")->status, 2);
}

/* What completion offers where neither an option nor its value is written. */
static void expect_operands(const struct command_setting *setting, const char *command,
                            const char *words)
{
    char place[64];
    const char *found = command_run(setting, "--completion bash")->out;

    snprintf(place, sizeof(place), "        %s)\n", command);
    found = strstr(found, place);
    assert_non_null(found);
    found = strstr(found, "else\n                COMPREPLY=($(");
    assert_non_null(found);
    found = strstr(found, "$(") + 2;
    assert_int_equal(strncmp(found, words, strlen(words)), 0);
}

static void test_completed_operands(void **state)
{
    expect_operands(*state, "verify", "compgen -d ");
    expect_operands(*state, "merge", "compgen -f "); /* parts are files */
    expect_operands(*state, "help", "compgen -W ");
}

int main(int argc, char **argv)
{
    char *ebb = command_path(argc, argv);
    struct command_setting setting = {.ebb = ebb};
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_prestate_setup_teardown(test, setup, command_teardown, &setting)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_info),           IN_FOLDER(test_dump),
        IN_FOLDER(test_console),        IN_FOLDER(test_reader_that_leaves),
        IN_FOLDER(test_full_disk),      IN_FOLDER(test_bad_recordings),
        IN_FOLDER(test_record),         IN_FOLDER(test_record_numbers),
        IN_FOLDER(test_record_endings), IN_FOLDER(test_record_forwards_signals),
        IN_FOLDER(test_record_waits),   IN_FOLDER(test_doctor),
        IN_FOLDER(test_usage),          IN_FOLDER(test_bisect_usage),
        IN_FOLDER(test_one_source),     IN_FOLDER(test_completed_operands),
        IN_FOLDER(test_record_repeat),  IN_FOLDER(test_until),
        IN_FOLDER(test_markers),
    };

    int failed;

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(ebb);
    return failed;
}
