/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands that look at recordings, on one made under KVM: with the host's counts, and with the
 * positions that an index gives. argv[1] is ebb.
 */
#include "command_runner.h"
#include "log/index_writer.h"
#include "recording_fixture.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char manifest[] =
    "{\"format\": \"ebb-recording\", \"version\": 1, \"machine\": \"virt\","
    " \"accelerator\": \"kvm\", \"consoles\": [{\"address\": 150994944}]}";

static void append(struct ebb_log_writer *writer, struct ebb_event event)
{
    struct ebb_error error;

    assert_int_equal(ebb_log_writer_append(writer, &event, &error), 0);
}

static void write_events(struct ebb_log_writer *writer)
{
    static const uint8_t digests[16] = {1};

    append(writer, (struct ebb_event){.position = 0,
                                      .kind = EBB_EVENT_MMIO_WRITE,
                                      .address = 0x9000000,
                                      .size = 4,
                                      .value = 'x'});
    append(writer, (struct ebb_event){.position = 0,
                                      .kind = EBB_EVENT_HYPERCALL,
                                      .address = 0x84000000,
                                      .data = digests,
                                      .data_length = 8});
    append(writer, (struct ebb_event){.position = 90,
                                      .kind = EBB_EVENT_ANCHOR,
                                      .address = 0x40001234,
                                      .value = 0x600003c5,
                                      .data = digests,
                                      .data_length = 8});
    append(writer,
           (struct ebb_event){.position = 90, .kind = EBB_EVENT_INTERRUPT_LINE, .value = 1});
    append(writer, (struct ebb_event){
                       .position = 90, .kind = EBB_EVENT_END, .data = digests, .data_length = 16});
}

static int setup(void **state)
{
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
    writer = ebb_log_writer_create(path, EBB_LOG_COUNTS, &error);
    assert_non_null(writer);
    assert_int_equal(ebb_keyframe_begin(writer, 0, &number, &error), 0);
    assert_int_equal(ebb_keyframe_commit(writer, &pc, 1, &error), 0);
    write_events(writer);
    fixture_close(writer);
    return 0;
}

/* Positions for the first events; the problem, if any, is with the next one. */
static void write_index(const struct command_setting *setting, size_t events, const char *problem)
{
    static const uint64_t positions[] = {10, 20, 100, 100, 100}, clear = 50;
    struct ebb_error error;
    struct ebb_index_writer *writer;
    struct ebb_log *log;
    char path[4096];

    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    log = ebb_log_open_unresolved(path, &error);
    assert_non_null(log);
    writer = ebb_index_writer_create(log, &error);
    assert_non_null(writer);
    assert_int_equal(ebb_index_add_keyframe(writer, 0, &error), 0);
    assert_int_equal(ebb_index_add_events(writer, positions, events, &error), 0);
    assert_int_equal(ebb_index_add_exclusive_clear(writer, clear, &error), 0);
    assert_int_equal(ebb_index_commit(writer, problem ? 60 : 100, problem, &error), 0);
    ebb_index_writer_free(writer);
    ebb_log_close(log);
}

static long long integer(json_t *object, const char *member)
{
    json_t *value = json_object_get(object, member);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void test_unresolved(void **state)
{
    json_t *info = command_run_json(*state, "info --json rec"), *events;
    const struct command_outcome *outcome;

    assert_true(json_is_true(json_object_get(info, "counts")));
    assert_true(json_is_false(json_object_get(info, "resolved")));
    assert_true(json_is_null(json_object_get(info, "problem")));
    assert_int_equal(integer(json_object_get(info, "events"), "anchor"), 1);
    json_decref(info);
    outcome = command_run(*state, "info rec");
    assert_non_null(strstr(outcome->out, "accelerator   kvm"));
    assert_non_null(strstr(outcome->out, "not resolved yet"));
    outcome = command_run(*state, "dump rec");
    assert_non_null(strstr(outcome->out, " ~90 "));
    assert_non_null(strstr(outcome->out, "anchor         0x40001234 pstate 0x600003c5"));
    events = command_run_json(*state, "dump --json rec");
    assert_int_equal(integer(json_array_get(events, 2), "count"), 90);
    assert_null(json_object_get(json_array_get(events, 2), "position"));
    json_decref(events);
    assert_string_equal(command_run(*state, "console rec")->out, "             ~0  x\n");
}

static void test_resolved(void **state)
{
    const struct command_outcome *outcome;
    json_t *info, *events;

    write_index(*state, 5, NULL);
    info = command_run_json(*state, "info --json rec");
    assert_true(json_is_true(json_object_get(info, "resolved")));
    assert_int_equal(integer(info, "end_position"), 100);
    assert_int_equal(integer(info, "exclusive_clears"), 1);
    json_decref(info);
    outcome = command_run(*state, "info rec");
    assert_non_null(strstr(outcome->out, "resolved; 1 store-exclusives"));
    events = command_run_json(*state, "dump --json rec");
    assert_int_equal(integer(json_array_get(events, 2), "position"), 100);
    json_decref(events);
    assert_string_equal(command_run(*state, "console rec")->out, "             10  x\n");
    /* What the host wrote is still there. */
    outcome = command_run(*state, "dump --counts rec");
    assert_non_null(strstr(outcome->out, " ~90 "));
    assert_int_equal(command_run(*state, "dump --counts --symbols %s/rec/log rec")->status, 2);
}

static void test_problem(void **state)
{
    const struct command_outcome *outcome;
    json_t *info, *lines;

    write_index(*state, 2, "nothing fits here\nand not there");
    info = command_run_json(*state, "info --json rec");
    lines = json_object_get(info, "problem");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(json_string_value(json_array_get(lines, 1)), "and not there");
    assert_int_equal(integer(info, "end_position"), 60);
    json_decref(info);
    outcome = command_run(*state, "info rec");
    assert_non_null(strstr(outcome->out, "disagree"));
    assert_non_null(strstr(outcome->out, "nothing fits here\n"));
    assert_non_null(strstr(outcome->out, "and not there\n"));
}

static void add_keyframe(struct ebb_log_writer *writer, uint64_t position)
{
    static const uint8_t value[8] = {0};
    const struct ebb_register pc = {1, 8, value};
    struct ebb_error error;
    uint64_t number;

    assert_int_equal(ebb_keyframe_begin(writer, position, &number, &error), 0);
    assert_int_equal(ebb_keyframe_commit(writer, &pc, 1, &error), 0);
}

/* A flight recorder has dropped the first keyframe and what came between it and the next. */
static void test_flight(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    struct ebb_log_writer *writer;
    struct ebb_error error;
    json_t *info, *events;
    char path[4096];
    uint64_t first;

    snprintf(path, sizeof(path), "%s/flight", setting->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    fixture_write(path, "manifest.json", manifest, strlen(manifest));
    writer = fixture_create(path);
    add_keyframe(writer, 0);
    fixture_append(writer, 0, 30);
    assert_int_equal(ebb_log_writer_base(writer, &error), 0);
    add_keyframe(writer, 2000);
    append(writer, (struct ebb_event){.position = 3000, .kind = EBB_EVENT_INTERRUPT_LINE});
    assert_int_equal(ebb_log_writer_drop_before(writer, 1, &first, &error), 0);
    fixture_close(writer);
    info = command_run_json(setting, "info --json flight");
    assert_int_equal(integer(info, "begin_position"), 2000);
    assert_int_equal(integer(info, "first_event"), 30);
    assert_int_equal(integer(info, "event_count"), 1);
    assert_int_equal(integer(info, "keyframe_count"), 1);
    json_decref(info);
    outcome = command_run(setting, "info flight");
    assert_non_null(strstr(outcome->out, "length        1 000 instructions"));
    assert_non_null(strstr(outcome->out, "begin         at 2 000"));
    events = command_run_json(setting, "dump --json --from begin flight");
    assert_int_equal(json_array_size(events), 1);
    assert_int_equal(integer(json_array_get(events, 0), "event"), 30);
    json_decref(events);
}

/* A recording without a keyframe, which has an end or was cut off. */
static void write_short(const struct command_setting *setting, const char *name, bool complete)
{
    struct ebb_log_writer *writer;
    struct ebb_error error;
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", setting->folder, name);
    assert_int_equal(mkdir(path, 0777), 0);
    fixture_write(path, "manifest.json", manifest, strlen(manifest));
    writer = ebb_log_writer_create(path, EBB_LOG_COUNTS, &error);
    assert_non_null(writer);
    if (complete) {
        write_events(writer);
    } else {
        append(writer, (struct ebb_event){.kind = EBB_EVENT_INTERRUPT_LINE, .value = 1});
    }
    fixture_close(writer);
}

/* The disk was full before the first keyframe was complete, or the keyframes are gone. */
static void test_without_keyframe(void **state)
{
    const struct command_outcome *outcome;

    setenv("EBB_QEMU", "/bin/true", 1); /* is looked for, and not started */
    write_short(*state, "short", false);
    write_short(*state, "gone", true);
    outcome = command_run(*state, "info short");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->out, "nothing can be replayed, record again\n"));
    assert_null(strstr(outcome->out, "ebb verify"));
    outcome = command_run(*state, "verify short");
    assert_int_equal(outcome->status, 4);
    assert_non_null(strstr(outcome->err, "nothing of the recording short can be replayed, "));
    outcome = command_run(*state, "info gone");
    assert_non_null(strstr(outcome->out, "complete (power-off), but no keyframe is left; nothing "
                                         "can be replayed, record again\n"));
    assert_non_null(strstr(command_run(*state, "verify gone")->err, ": none is left; record"));
    unsetenv("EBB_QEMU");
}

int main(int argc, char **argv)
{
    char *ebb = command_path(argc, argv);
    struct command_setting setting = {.ebb = ebb};
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_prestate_setup_teardown(test, setup, command_teardown, &setting)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_unresolved), IN_FOLDER(test_resolved),         IN_FOLDER(test_problem),
        IN_FOLDER(test_flight),     IN_FOLDER(test_without_keyframe),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(ebb);
    return failed;
}
