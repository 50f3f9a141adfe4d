/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of a trace: on which tracks slices are that overlap, and what is written of names. */
#include "cli/exports/trace_file.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct setting {
    char *text;
    size_t size;
    FILE *file;
    struct trace_file trace;
};

static int setup(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    setting->file = open_memstream(&setting->text, &setting->size);
    *state = setting;
    return 0;
}

static int teardown(void **state)
{
    struct setting *setting = *state;

    trace_file_free(&setting->trace);
    free(setting->text);
    free(setting);
    return 0;
}

static void begin(struct setting *setting)
{
    struct ebb_error error;

    assert_int_equal(trace_file_begin(&setting->trace, setting->file,
                                      json_pack("{s:s}", "clock", "positions"), &error),
                     0);
}

static void slice(struct setting *setting, const char *track, uint64_t from, uint64_t to)
{
    struct ebb_error error;

    assert_int_equal(
        trace_file_slice(&setting->trace, 1, track, "slice", from, to, json_object(), &error), 0);
}

/* What was written: the events, which are the document's, to be freed. */
static json_t *end(struct setting *setting, json_t **document)
{
    json_error_t error;

    trace_file_end(&setting->trace);
    assert_int_equal(fclose(setting->file), 0);
    *document = json_loads(setting->text, 0, &error);
    assert_non_null(*document);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(*document, "otherData"), "clock")),
        "positions");
    return json_object_get(*document, "traceEvents");
}

static const char *text_of(const json_t *event, const char *member)
{
    return json_string_value(json_object_get(event, member));
}

static json_int_t number_of(const json_t *event, const char *member)
{
    return json_integer_value(json_object_get(event, member));
}

/* The thread of the slice that begins at a position. */
static json_int_t thread_of(const json_t *events, json_int_t from)
{
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);

        if (strcmp(text_of(event, "ph"), "X") == 0 && number_of(event, "ts") == from) {
            return number_of(event, "tid");
        }
    }
    fail_msg("there is no slice from %lld", (long long)from);
    return 0;
}

/* How many tracks have the name. */
static unsigned count_tracks(const json_t *events, const char *name)
{
    unsigned count = 0;

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);

        count += strcmp(text_of(event, "name"), "thread_name") == 0 &&
                 strcmp(text_of(json_object_get(event, "args"), "name"), name) == 0;
    }
    return count;
}

/* In the order of their ends, as handlers return: one in another, one into another, and at its
 * end. */
static void slices_that_overlap_have_other_tracks(void **state)
{
    struct setting *setting = *state;
    json_t *document, *events;

    begin(setting);
    slice(setting, "a", 10, 20);
    slice(setting, "a", 20, 30);
    slice(setting, "b", 25, 32);
    slice(setting, "a", 5, 40);
    slice(setting, "a", 35, 50);
    slice(setting, "a", 1, 60);
    slice(setting, "a", 60, 60);
    events = end(setting, &document);
    assert_int_equal(count_tracks(events, "a"), 3);
    assert_int_equal(count_tracks(events, "b"), 1);
    assert_int_equal(thread_of(events, 20), thread_of(events, 10));
    assert_int_equal(thread_of(events, 35), thread_of(events, 10));
    assert_int_equal(thread_of(events, 60), thread_of(events, 10));
    assert_int_not_equal(thread_of(events, 5), thread_of(events, 10));
    assert_int_not_equal(thread_of(events, 1), thread_of(events, 10));
    assert_int_not_equal(thread_of(events, 1), thread_of(events, 5));
    assert_int_not_equal(thread_of(events, 25), thread_of(events, 10));
    json_decref(document);
}

static void names_may_have_any_bytes(void **state)
{
    struct setting *setting = *state;
    json_t *document, *events, *event;
    struct ebb_error error;

    begin(setting);
    assert_int_equal(trace_file_instant(&setting->trace, 0, "t\xff", "\"\x1b\x80", 1ull << 62,
                                        json_object(), &error),
                     0);
    assert_int_equal(trace_file_counter(&setting->trace, "time", 7, "ms", 1.5, &error), 0);
    events = end(setting, &document);
    assert_int_equal(count_tracks(events, "t\\xff"), 1);
    event = json_array_get(events, json_array_size(events) - 2);
    assert_string_equal(text_of(event, "name"), "\"\\x1b\\x80");
    assert_int_equal(number_of(event, "ts"), (json_int_t)1 << 62);
    event = json_array_get(events, json_array_size(events) - 1);
    assert_true(json_real_value(json_object_get(json_object_get(event, "args"), "ms")) == 1.5);
    json_decref(document);
}

/* Who writes looks at the file. What could not be made is an error. */
static void a_file_that_cannot_be_written_is_no_error(void **state)
{
    struct setting *setting = *state;
    FILE *full = fopen("/dev/full", "w");
    struct ebb_error error;

    fclose(setting->file);
    setting->file = full;
    setvbuf(full, NULL, _IONBF, 0);
    begin(setting);
    slice(setting, "a", 10, 20);
    assert_int_not_equal(ferror(full), 0);
    fclose(full);
    setting->trace.list.out = tmpfile();
    assert_int_equal(trace_file_instant(&setting->trace, 0, "a", "b", 1, NULL, &error), -1);
    fclose(setting->trace.list.out);
}

#define WITH_SETTING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTING(slices_that_overlap_have_other_tracks),
        WITH_SETTING(names_may_have_any_bytes),
        WITH_SETTING(a_file_that_cannot_be_written_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
