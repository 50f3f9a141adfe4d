/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands with --shard and ebb merge, over toy histories and fake workers: what is joined is what
 * the command says in one go, byte for byte, but for how long it took. argv[1] is ebb.
 */
#include "command_runner.h"
#include "recording_fixture.h"
#include "toy_session.h"

#include "cli/part_file.h"
#include "cli/part_text.h"
#include "log/format.h"
#include "unit.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LENGTH 20000u

static const char manifest[] = "{\"format\": \"ebb-recording\", \"version\": 1}";
static const unsigned shard_counts[] = {3, 16};
#define SHARD_COUNTS (sizeof(shard_counts) / sizeof(shard_counts[0]))

/* Writes a history into the folder's directory of that name. */
static void make_named(const struct command_setting *setting, const char *name,
                       struct toy_history_options options)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", setting->folder, name);
    assert_int_equal(mkdir(path, 0777), 0);
    fixture_write(path, "manifest.json", manifest, strlen(manifest));
    options.length = LENGTH;
    toy_history_free(toy_history_make(path, &options));
}

static char *recording_path(const struct command_setting *setting, char path[4096])
{
    snprintf(path, 4096, "%s/rec", setting->folder);
    return path;
}

static void make(const struct command_setting *setting, struct toy_history_options options)
{
    char path[4096], command[4200];

    snprintf(command, sizeof(command), "rm -rf %s", recording_path(setting, path));
    assert_int_equal(system(command), 0);
    make_named(setting, "rec", options);
}

static int setup(void **state)
{
    struct command_setting *setting = *state;

    setting->folder = fixture_directory();
    setting->input = NULL;
    return 0;
}

/* Takes out the number behind each such text: the time that something took, in text and as JSON,
 * and on how many workers. */
static void mask(char *text)
{
    static const char *const before[] = {"replayed in ", "found in ",
                                         "\"seconds\": ", "\"workers\": "};

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        char *at = text;

        while ((at = strstr(at, before[i]))) {
            size_t digits;

            at += strlen(before[i]);
            digits = strspn(at, "0123456789.e-");
            memmove(at, at + digits, strlen(at + digits) + 1);
        }
    }
}

static struct command_outcome run_masked(const struct command_setting *setting, const char *line)
{
    struct command_outcome outcome = *command_run(setting, line);

    mask(outcome.out);
    mask(outcome.err);
    return outcome;
}

static void assert_same(const struct command_outcome *one, const struct command_outcome *other)
{
    assert_string_equal(one->out, other->out);
    assert_string_equal(one->err, other->err);
    assert_int_equal(one->status, other->status);
}

/* Has all shards of a command done, into part-1 and so on; recording is what the line calls it. */
static void run_shards(const struct command_setting *setting, const char *command,
                       const char *recording, unsigned shards)
{
    for (unsigned i = 1; i <= shards; i++) {
        const struct command_outcome *outcome;
        char line[400];

        snprintf(line, sizeof(line), "%s %s --shard %u/%u -o part-%u", command, recording, i,
                 shards, i);
        outcome = command_run(setting, line);
        assert_string_equal(outcome->err, "");
        assert_int_equal(outcome->status, 0);
    }
}

/* "merge OPTIONS rec part-1 ...", the last part first. */
static const char *merge_line(char line[1000], const char *options, unsigned shards)
{
    int used = snprintf(line, 1000, "merge %s rec", options);

    for (unsigned i = shards; i > 0; i--) {
        used += snprintf(line + used, 1000 - (size_t)used, " part-%u", i);
    }
    return line;
}

static json_t *read_found(const struct command_setting *setting, unsigned shard)
{
    char name[32];
    size_t size;
    uint8_t *text;
    json_t *document, *found;

    snprintf(name, sizeof(name), "part-%u", shard);
    text = fixture_read(setting->folder, name, &size);
    document = json_loadb((char *)text, size, 0, NULL);
    found = json_incref(json_object_get(document, "found"));
    assert_non_null(found);
    json_decref(document);
    free(text);
    return found;
}

/* Each shard begins in the state that the one before has ended with, so that nothing has to be
 * replayed again to join them; up to what one of them has met. */
static void assert_fit(const struct command_setting *setting, unsigned shards)
{
    json_t *end = NULL;
    bool problem = false;

    for (unsigned i = 1; i <= shards && !problem; i++) {
        json_t *found = read_found(setting, i), *begin = json_object_get(found, "begin");

        if (begin) {
            assert_true(!end || json_equal(end, begin));
            json_decref(end);
            end = json_incref(json_object_get(found, "end"));
            problem = json_object_get(found, "problem") != NULL;
            assert_true(problem || end);
        }
        json_decref(found);
    }
    assert_true(problem || end);
    json_decref(end);
}

/* Verifies rec in one go and by shards, which know it by another name; do they fit together? */
static void check_verify_as(const struct command_setting *setting, bool fits)
{
    struct command_outcome whole = run_masked(setting, "verify rec");
    struct command_outcome whole_json = run_masked(setting, "verify --json rec");

    for (size_t i = 0; i < SHARD_COUNTS; i++) {
        struct command_outcome joined;
        char line[1000];

        run_shards(setting, "verify", "%s/rec", shard_counts[i]);
        joined = run_masked(setting, merge_line(line, "", shard_counts[i]));
        assert_same(&joined, &whole);
        joined = run_masked(setting, merge_line(line, "--json", shard_counts[i]));
        assert_same(&joined, &whole_json);
        if (fits) {
            assert_fit(setting, shard_counts[i]);
        }
    }
}

static void check_verify(const struct command_setting *setting)
{
    check_verify_as(setting, true);
}

static void test_verify(void **state)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        make(*state, (struct toy_history_options){.seed = seed});
        assert_int_equal(command_run(*state, "verify rec")->status, 0);
        check_verify(*state);
    }
}

static void test_verify_unusual(void **state)
{
    make(*state, (struct toy_history_options){.seed = 2, .cut_off = true});
    check_verify(*state);
    make(*state, (struct toy_history_options){.seed = 2, .quiet = true, .cut_off = true});
    check_verify(*state);
    make(*state, (struct toy_history_options){.seed = 5, .first_keyframe = 3});
    check_verify(*state);
}

static void test_verify_divergence(void **state)
{
    for (uint64_t wrong = LENGTH / 8; wrong < LENGTH; wrong += LENGTH / 2) {
        make(*state, (struct toy_history_options){.seed = 3, .wrong_at = wrong});
        assert_int_equal(command_run(*state, "verify rec")->status, 3);
        check_verify(*state);
    }
}

/* How many blocks of a type a file of rec has. */
static size_t count_blocks(const struct command_setting *setting, uint32_t type)
{
    size_t size, count = 0, offset = EBB_FILE_HEADER_SIZE;
    char path[4096];
    uint8_t *bytes =
        fixture_read(recording_path(setting, path),
                     type == EBB_BLOCK_EVENTS ? EBB_LOG_FILE : EBB_KEYFRAMES_FILE, &size);

    while (offset + EBB_BLOCK_HEADER_SIZE <= size) {
        uint32_t words[2]; /* type and stored size */

        memcpy(words, bytes + offset, sizeof(words));
        count += words[0] == type;
        offset += EBB_BLOCK_HEADER_SIZE + words[1];
    }
    free(bytes);
    return count;
}

/* Blocks of a type are damaged in turn. */
static void check_damage(const struct command_setting *setting, uint32_t type, bool header)
{
    const struct toy_history_options options = {.seed = 1, .block_events = 200};
    size_t count;
    char path[4096];

    make(setting, options);
    count = count_blocks(setting, type);
    assert_true(count >= 3);
    for (size_t n = 0; n + 1 < count; n += count / 2 + 1) {
        make(setting, options);
        fixture_damage(recording_path(setting, path), type, n, header, NULL);
        if (!header) { /* of two that are damaged, the first is told of */
            fixture_damage(path, type, count - 1, false, NULL);
        }
        /* Without the header of the first there are no keyframes, and so no shards. */
        check_verify_as(setting, !(header && type == EBB_BLOCK_KEYFRAME));
    }
}

static void test_verify_damaged_log(void **state)
{
    check_damage(*state, EBB_BLOCK_EVENTS, false);
}

static void test_verify_damaged_keyframes(void **state)
{
    check_damage(*state, EBB_BLOCK_KEYFRAME, false);
    check_damage(*state, EBB_BLOCK_PAGES, false);
}

static void test_verify_damaged_headers(void **state)
{
    check_damage(*state, EBB_BLOCK_EVENTS, true);
    check_damage(*state, EBB_BLOCK_KEYFRAME, true);
}

/* A keyframe that a replay does not come to is of no concern to one that begins before: the shards'
 * states do not fit together, and merging replays from there on. */
static void test_verify_wrong_keyframe(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct toy_history_options options = {.seed = seed};
        json_t *info;

        make(*state, options);
        info = command_run_json(*state, "info --json rec");
        /* What is wrong in the last one stays so up to the end, that in others may not. */
        options.wrong_keyframe = (unsigned)json_array_size(json_object_get(info, "keyframes")) - 1;
        json_decref(info);
        assert_true(options.wrong_keyframe > 2);
        make(*state, options);
        check_verify_as(*state, false);
    }
}

/* A worker that dies while a shard is replayed is replaced. */
static void test_verify_dying_worker(void **state)
{
    const struct command_setting *setting = *state;
    char path[4096], line[1000];
    struct command_outcome whole, joined;

    make(setting, (struct toy_history_options){.seed = 1});
    whole = run_masked(setting, "verify rec");
    run_shards(setting, "verify", "rec", 3);
    assert_int_equal(unlink(strcat(strcpy(path, setting->folder), "/part-2")), 0);
    snprintf(path, sizeof(path), "%s/once", setting->folder);
    setenv("FAKE_WORKER_DIES_AT", "9000", 1);
    setenv("FAKE_WORKER_DIES_ONCE", path, 1);
    assert_int_equal(command_run(setting, "verify rec --shard 2/3 -o part-2")->status, 0);
    unsetenv("FAKE_WORKER_DIES_ONCE");
    unsetenv("FAKE_WORKER_DIES_AT");
    joined = run_masked(setting, merge_line(line, "", 3));
    assert_same(&joined, &whole);
}

/* The index of rec as it is, or none. To be freed. */
static uint8_t *read_index(const struct command_setting *setting, size_t *size)
{
    char path[4096];

    return fixture_read(recording_path(setting, path), "index", size);
}

static void remove_index(const struct command_setting *setting)
{
    char path[4096];

    strcat(recording_path(setting, path), "/index");
    assert_int_equal(unlink(path), 0);
}

/* Resolves rec in one go and by shards. */
static void check_resolve(const struct command_setting *setting)
{
    struct command_outcome whole = run_masked(setting, "resolve rec");
    struct command_outcome whole_json = run_masked(setting, "resolve --again --json rec");
    size_t size, joined_size;
    uint8_t *index = read_index(setting, &size);

    for (size_t i = 0; i < SHARD_COUNTS; i++) {
        struct command_outcome joined;
        uint8_t *joined_index;
        char line[1000];

        remove_index(setting);
        run_shards(setting, "resolve", "%s/rec", shard_counts[i]);
        joined = run_masked(setting, merge_line(line, "", shard_counts[i]));
        assert_same(&joined, &whole);
        joined_index = read_index(setting, &joined_size);
        assert_int_equal(joined_size, size);
        assert_memory_equal(joined_index, index, size);
        free(joined_index);
        joined = run_masked(setting, merge_line(line, "--json", shard_counts[i]));
        assert_same(&joined, &whole_json);
    }
    free(index);
    check_verify(setting);
}

static void test_resolve(void **state)
{
    make(*state, (struct toy_history_options){.seed = 1, .kvm = true});
    check_resolve(*state);
    make(*state, (struct toy_history_options){.seed = 2, .kvm = true, .vague = 3});
    check_resolve(*state);
    make(*state,
         (struct toy_history_options){.seed = 4, .kvm = true, .spurious = 3, .exits = true});
    check_resolve(*state);
    make(*state, (struct toy_history_options){.seed = 4, .kvm = true, .spurious = 40});
    check_resolve(*state);
    make(*state, (struct toy_history_options){.seed = 5, .kvm = true, .cut_off = true});
    check_resolve(*state);
    make(*state, (struct toy_history_options){.seed = 5, .kvm = true, .first_keyframe = 3});
    check_resolve(*state);
}

/* Where it cannot be resolved to its end, it is up to there; what other shards have found is not
 * looked at. */
static void test_resolve_problem(void **state)
{
    make(*state, (struct toy_history_options){.seed = 1, .kvm = true, .wrong_keyframe = 2});
    check_resolve(*state);
    make(*state, (struct toy_history_options){.seed = 9, .kvm = true, .wrong_at = LENGTH / 2});
    check_resolve(*state);
}

static void check_refused(const struct command_setting *setting, const char *line, int status,
                          const char *said)
{
    const struct command_outcome *outcome = command_run(setting, line);
    const char *end = strchr(outcome->err, '\n');

    if (outcome->status != status || !strstr(outcome->err, said)) {
        fail_msg("%s: status %d, not %d, or not \"%s\": %s", line, outcome->status, status, said,
                 outcome->err);
    }
    assert_string_equal(outcome->out, "");
    assert_int_equal(strncmp(outcome->err, "ebb: ", 5), 0);
    assert_true(end && !end[1]); /* one sentence */
}

static size_t count_files(const char *path)
{
    DIR *directory = opendir(path);
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

/* The shards of several wholes, none of which may be joined with those of another. */
static void make_parts(const struct command_setting *setting)
{
    make(setting, (struct toy_history_options){.seed = 1, .kvm = true});
    make_named(setting, "rec2", (struct toy_history_options){.seed = 2});
    run_shards(setting, "verify", "rec2", 2);
    assert_int_equal(command_run(setting, "verify rec2 --shard 2/3 -o of-3")->status, 0);
    assert_int_equal(command_run(setting, "resolve rec --shard 1/2 -o of-rec-1")->status, 0);
    assert_int_equal(command_run(setting, "resolve rec --shard 2/2 -o of-rec-2")->status, 0);
    make_named(setting, "rec3", (struct toy_history_options){.seed = 3});
    assert_int_equal(command_run(setting, "verify rec3 --shard 2/2 -o of-rec3")->status, 0);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *said;
    } cases[] = {
        {"merge rec2", 2, "name the recording, and the parts"},
        {"merge", 2, "name the recording, and the parts"},
        {"merge rec2 part-1", 2, "shard 2 of 2 is missing"},
        {"merge rec2 of-3", 2, "2 of the 3 shards are missing, the first is shard 1"},
        {"merge rec2 part-1 part-1", 2, "part-1 and part-1 are both shard 1 of 2"},
        {"merge rec2 part-1 part-2 part-2", 2, "both shard 2 of 2"},
        {"merge rec2 part-1 of-3", 2, "of-3 is of 3 shards and part-1 of 2"},
        {"merge rec2 part-1 of-rec3", 2, "of-rec3 and part-1 are of different recordings"},
        {"merge rec2 part-1 of-rec-2", 2, "of-rec-2 is of ebb resolve and part-1 of ebb verify"},
        {"merge rec3 part-1 part-2", 2, "the parts are of another recording than rec3"},
        {"merge rec part-1 part-2", 2, "the parts are of another recording than rec"},
        {"merge rec2 part-1 nowhere", 1, "cannot read nowhere"},
        {"merge rec2 part-1 rec2", 2, "rec2 is no part"},
        {"merge rec2 part-1 rec2/manifest.json", 2, "rec2/manifest.json is no part"},
        {"merge rec2 part-1 rec2/log", 2, "rec2/log is no part, or damaged"},
        {"merge nowhere part-1 part-2", 1, "cannot open recording nowhere"},
        {"merge rec2 -o nowhere/result part-1 part-2", 1, "cannot write nowhere/result"},
        {"merge rec2 -o rec2 part-1 part-2", 1, "cannot write rec2"},
        {"merge rec2 -o result part-1", 2, "shard 2 of 2 is missing"},
        {"merge rec3 -o result part-1 part-2", 2, "of another recording"},
        {"verify rec --shard 1/2 -o part", 2, "ebb resolve"},
        {"verify rec2 --shard 3/2 -o part", 2, "no shard"},
        {"verify rec2 --shard 1/2", 2, "go together"},
        {"verify rec2 -o part", 2, "go together"},
        {"verify rec2 --json --shard 1/2 -o part", 2, "--json"},
        {"verify rec2 --resolve-again --shard 1/2 -o part", 2, "--resolve-again"},
        {"verify rec2 --shard 1/2 -o nowhere/part", 1, "cannot write nowhere/part"},
        {"resolve rec2 --shard 1/2 -o part", 2, "not recorded under KVM"},
        {"resolve rec --json --shard 1/2 -o part", 2, "--json"},
        {"resolve rec --workers 17", 2, "--workers"},
    };
    const struct command_setting *setting = *state;
    size_t files, files_of_recording;
    char path[4096];

    make_parts(setting);
    files = count_files(setting->folder);
    files_of_recording = count_files(recording_path(setting, path));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_refused(setting, cases[i].line, cases[i].status, cases[i].said);
    }
    assert_int_equal(count_files(setting->folder), files);
    assert_int_equal(count_files(path), files_of_recording);
    /* What was made of it all is still good. */
    assert_int_equal(command_run(setting, "merge rec2 -o result part-1 part-2")->status, 0);
    assert_int_equal(command_run(setting, "merge rec of-rec-1 of-rec-2")->status, 0);
    assert_string_equal(command_run(setting, "resolve rec2")->out,
                        "rec2: its positions are known\n");
}

/* A recording that has changed since is another one. */
static void test_changed_recording(void **state)
{
    const struct command_setting *setting = *state;
    char path[4096];

    make(setting, (struct toy_history_options){.seed = 1});
    run_shards(setting, "verify", "rec", 2);
    fixture_write(recording_path(setting, path), "manifest.json",
                  "{\"format\": \"ebb-recording\", \"version\": 1 }", strlen(manifest) + 1);
    check_refused(setting, "merge rec part-1 part-2", 2, "of another recording than rec");
    /* Resolving it gives the events other positions. */
    make(setting, (struct toy_history_options){.seed = 1, .kvm = true});
    assert_int_equal(command_run(setting, "resolve rec")->status, 0);
    run_shards(setting, "verify", "rec", 2);
    remove_index(setting);
    check_refused(setting, "merge rec part-1 part-2", 2, "of another recording than rec");
}

static void write_json(const struct command_setting *setting, json_t *document)
{
    char *text = json_dumps(document, 0);

    fixture_write(setting->folder, "part-2", text, strlen(text));
    free(text);
}

static void test_other_version(void **state)
{
    const struct command_setting *setting = *state;
    size_t size;
    uint8_t *text;
    json_t *document;

    make(setting, (struct toy_history_options){.seed = 1});
    run_shards(setting, "verify", "rec", 2);
    text = fixture_read(setting->folder, "part-2", &size);
    document = json_loadb((char *)text, size, 0, NULL);
    json_object_set_new(document, "version", json_integer(2));
    write_json(setting, document);
    check_refused(setting, "merge rec part-1 part-2", 5, "is a part of version 2");
    json_decref(document);
    free(text);
}

/* Every byte of a part is changed, and the part cut off before it: it is refused, or blanks have
 * changed only. */
static void check_damaged_part(const struct command_setting *setting, const char *line)
{
    size_t size, step;
    uint8_t *text = fixture_read(setting->folder, "part-2", &size);

    step = size / 40 + 1; /* each takes some milliseconds */
    for (size_t i = 0; i < size; i += step) {
        bool blank = isspace(text[i]) || (i && isspace(text[i - 1]));
        uint8_t before = text[i];
        int status;

        text[i] ^= 1u << i % 7;
        fixture_write(setting->folder, "part-2", text, size);
        status = command_run(setting, line)->status;
        assert_true(status == 2 || status == 5 || (blank && status == 0));
        text[i] = before;
        fixture_write(setting->folder, "part-2", text, i);
        assert_int_equal(command_run(setting, line)->status,
                         i + 1 >= size ? 0 : 2); /* the last one is the end of the line */
    }
    fixture_write(setting->folder, "part-2", text, size);
    free(text);
    assert_int_equal(command_run(setting, line)->status, 0);
}

static void test_damaged_parts(void **state)
{
    const struct command_setting *setting = *state;
    char path[4096];

    make(setting, (struct toy_history_options){.seed = 1});
    run_shards(setting, "verify", "rec", 2);
    check_damaged_part(setting, "merge rec part-1 part-2");
    make(setting, (struct toy_history_options){.seed = 1, .kvm = true});
    run_shards(setting, "resolve", "rec", 2);
    check_damaged_part(setting, "merge -o result rec part-1 part-2");
    /* Nothing but the index was written. */
    assert_int_equal(count_files(recording_path(setting, path)), 2 + 4);
}

/* Writes part-2 with other findings, as whoever makes parts may. */
static void forge(const struct command_setting *setting, const struct part *part, json_t *found)
{
    struct part forged = *part;
    struct ebb_error error;
    char path[4096];

    forged.found = found;
    snprintf(path, sizeof(path), "%s/part-2", setting->folder);
    assert_int_equal(part_write(path, &forged, &error), 0);
}

/* Leaves out or replaces each member of an object in turn, and of the objects and lists in it. */
static void forge_members(const struct command_setting *setting, const struct part *part,
                          json_t *found, json_t *object, const char *line)
{
    json_t *const others[] = {NULL, json_null(), json_integer(-1)};
    const char *name;
    json_t *value, *copy = json_copy(object);

    json_object_foreach(copy, name, value)
    {
        json_t *inner = json_is_array(value) ? json_array_get(value, 0) : value;

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            if (others[i]) {
                json_object_set(object, name, others[i]);
            } else {
                json_object_del(object, name);
            }
            forge(setting, part, found);
            if (i || strcmp(name, "report")) { /* which need not be there */
                const struct command_outcome *outcome = command_run(setting, line);

                if (outcome->status != 2 || strlen(outcome->out)) {
                    fail_msg("%s %zu: status %d", name, i, outcome->status);
                }
            }
        }
        json_object_set(object, name, value);
        if (json_is_object(inner)) {
            forge_members(setting, part, found, inner, line);
        }
    }
    for (size_t i = 1; i < sizeof(others) / sizeof(others[0]); i++) {
        json_decref(others[i]);
    }
    json_decref(copy);
}

static void check_forged(const struct command_setting *setting, const char *line, int status)
{
    struct part part;
    struct ebb_error error;
    char path[4096];

    snprintf(path, sizeof(path), "%s/part-2", setting->folder);
    assert_int_equal(part_read(path, &part, &error), 0);
    forge_members(setting, &part, part.found, part.found, line);
    forge(setting, &part, part.found);
    assert_int_equal(command_run(setting, line)->status, status);
    part_free(&part);
}

/* Parts that are whole, and whose findings make no sense. */
static void test_forged_parts(void **state)
{
    const struct command_setting *setting = *state;

    make(setting, (struct toy_history_options){.seed = 1});
    run_shards(setting, "verify", "rec", 2);
    check_forged(setting, "merge rec part-1 part-2", 0);
    make(setting, (struct toy_history_options){.seed = 3, .wrong_at = LENGTH - 1000});
    run_shards(setting, "verify", "rec", 2);
    check_forged(setting, "merge rec part-1 part-2", 3);
    make(setting, (struct toy_history_options){.seed = 1, .kvm = true, .spurious = 20});
    run_shards(setting, "resolve", "rec", 2);
    check_forged(setting, "merge -o result rec part-1 part-2", 0);
}

/* What a command may be called is printed, and nothing else. */
static void test_forged_command(void **state)
{
    static const char *const names[] = {"",        "\033[2J", "Verify",
                                        "verify ", "verify/", "ver\xc2\x9b"};
    const struct command_setting *setting = *state;
    struct part part;
    struct ebb_error error;
    char path[4096];

    make(setting, (struct toy_history_options){.seed = 1});
    run_shards(setting, "verify", "rec", 2);
    snprintf(path, sizeof(path), "%s/part-2", setting->folder);
    assert_int_equal(part_read(path, &part, &error), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        strcpy(part.command, names[i]);
        forge(setting, &part, part.found);
        check_refused(setting, "merge rec part-1 part-2", 2, "no command's name");
        check_refused(setting, "merge rec part-2 part-1", 2, "no command's name");
    }
    strcpy(part.command, "some-other");
    forge(setting, &part, part.found);
    check_refused(setting, "merge rec part-1 part-2", 2, "part-2 is of ebb some-other and part-1");
    part_free(&part);
}

/* Messages of strangers, with C0, DEL and C1 in them. */
static void test_text_here(void **state)
{
    static const struct {
        const char *message, *there, *text;
    } cases[] = {
        {"a\tb\nc\n", "x", "a\tb\nc\n"},
        {"\033[2J\x7f \xc2\x9b"
         "2J\r\n",
         "x",
         "\\x1b[2J\\x7f \\xc2\\x9b"
         "2J\\x0d\n"},
        {"cannot read /there/log, /there/index or /therefore", "/there",
         "cannot read rec/log, rec/index or /therefore"},
        {"cannot read \xc2\x9b/log", "\xc2\x9b", "cannot read rec/log"},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = part_text_here(cases[i].message, cases[i].there, "rec");

        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(int argc, char **argv)
{
    static struct command_setting setting;
#define CASE(test) cmocka_unit_test_prestate_setup_teardown(test, setup, command_teardown, &setting)
    const struct CMUnitTest tests[] = {
        CASE(test_verify),
        CASE(test_verify_unusual),
        CASE(test_verify_divergence),
        CASE(test_verify_damaged_log),
        CASE(test_verify_damaged_keyframes),
        CASE(test_verify_damaged_headers),
        CASE(test_verify_wrong_keyframe),
        CASE(test_verify_dying_worker),
        CASE(test_resolve),
        CASE(test_resolve_problem),
        CASE(test_refusals),
        CASE(test_changed_recording),
        CASE(test_other_version),
        CASE(test_damaged_parts),
        CASE(test_forged_parts),
        CASE(test_forged_command),
        cmocka_unit_test(test_text_here),
    };
    int failed;

    setting.ebb = command_path(argc, argv);
    assert_int_equal(setenv("EBB_QEMU", session_fake_worker(), 1), 0);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free((char *)setting.ebb);
    return failed;
}
