/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests: what is understood, and what strangers may send. */
#include "cli/manifest.h"
#include "recording_fixture.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char good[] =
    "{\"format\": \"ebb-recording\", \"version\": 1, \"machine\": \"virt\","
    " \"cpu\": {\"type\": \"cortex-a72-arm-cpu\", \"architecture\": \"aarch64\"}, \"ram\": "
    "{\"size\": 268435456},"
    " \"icount_shift\": 1, \"kernel\": \"/boot/vmlinuz\", \"future\": [1, 2],"
    " \"markers\": 167772656, \"until\": {\"condition\": \"panic\", \"text\": \"oh\", \"event\": "
    "9},"
    " \"consoles\": [{\"address\": 150994944, \"type\": \"pl011\"}, {\"address\": \"0x9040000\"}],"
    " \"devices\": [{\"name\": \"pl011\", \"address\": 150994944, \"size\": 4096},"
    " {\"name\": \"far\", \"address\": \"0xffffffffffff0000\", \"size\": \"0x10000\"}]}";

static struct manifest *parse(const char *text, struct ebb_error *error)
{
    return manifest_parse(text, strlen(text), "there/manifest.json", error);
}

static void test_members(void **state)
{
    struct ebb_error error;
    struct manifest *manifest = parse(good, &error);

    (void)state;
    assert_non_null(manifest);
    assert_string_equal(manifest->machine, "virt");
    assert_string_equal(manifest->cpu, "cortex-a72-arm-cpu");
    assert_string_equal(manifest->architecture, "aarch64");
    assert_string_equal(manifest->kernel, "/boot/vmlinuz");
    assert_null(manifest->symbols);
    assert_true(manifest->ram_bytes == 256 << 20);
    assert_int_equal(manifest->icount_shift, 1);
    assert_true(manifest->markers == 0xa0001f0);
    assert_string_equal(manifest->until.condition, "panic");
    assert_string_equal(manifest->until.line, "oh");
    assert_true(manifest->until.has_event && manifest->until.event == 9);
    assert_int_equal(manifest->console_count, 2);
    assert_true(manifest->consoles[0].address == 0x9000000);
    assert_string_equal(manifest->consoles[0].type, "pl011");
    assert_true(manifest->consoles[1].address == 0x9040000);
    assert_null(manifest->consoles[1].type);
    assert_int_equal(manifest->device_count, 2);
    assert_string_equal(manifest->devices[0].name, "pl011");
    assert_true(manifest->devices[0].address == 0x9000000 && manifest->devices[0].size == 0x1000);
    assert_string_equal(manifest->devices[1].name, "far");
    assert_true(manifest->devices[1].address == 0xffffffffffff0000);
    assert_true(manifest->devices[1].size == 0x10000);
    manifest_free(manifest);
}

static void test_little_is_enough(void **state)
{
    struct ebb_error error;
    struct manifest *manifest = parse("{\"format\":\"ebb-recording\",\"version\":1}", &error);

    (void)state;
    assert_non_null(manifest);
    assert_int_equal(manifest->icount_shift, -1);
    assert_int_equal(manifest->console_count, 0);
    assert_null(manifest->until.condition);
    assert_true(manifest->markers == 0);
    manifest_free(manifest);
}

#define WITH(members) "{\"format\":\"ebb-recording\",\"version\":1," members "}"

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        enum ebb_error_kind kind;
        const char *word; /* of the message */
    } cases[] = {
        {"", EBB_ERROR_CORRUPT, "line"},
        {"{", EBB_ERROR_CORRUPT, "line"},
        {"[]", EBB_ERROR_CORRUPT, "object"},
        {"null", EBB_ERROR_CORRUPT, "line"},
        {"{}", EBB_ERROR_CORRUPT, "format"},
        {"{\"format\":1,\"version\":1}", EBB_ERROR_CORRUPT, "format"},
        {"{\"format\":\"zip\",\"version\":1}", EBB_ERROR_CORRUPT, "format"},
        {"{\"format\":\"ebb-recording\"}", EBB_ERROR_CORRUPT, "version"},
        {"{\"format\":\"ebb-recording\",\"version\":\"1\"}", EBB_ERROR_CORRUPT, "version"},
        {"{\"format\":\"ebb-recording\",\"version\":2}", EBB_ERROR_UNSUPPORTED, "version 2"},
        {"{\"format\":\"ebb-recording\",\"version\":-1}", EBB_ERROR_UNSUPPORTED, "version -1"},
        {WITH("\"until\":7"), EBB_ERROR_CORRUPT, "until"},
        {WITH("\"until\":{\"condition\":1}"), EBB_ERROR_CORRUPT, "until.condition"},
        {WITH("\"until\":{\"condition\":\"exit\",\"event\":-1}"), EBB_ERROR_CORRUPT, "until.event"},
        {WITH("\"markers\":[]"), EBB_ERROR_CORRUPT, "markers"},
        {WITH("\"version\":1"), EBB_ERROR_CORRUPT, "line"},
        {WITH("\"machine\":7"), EBB_ERROR_CORRUPT, "machine"},
        {WITH("\"cpu\":\"cortex-a72\""), EBB_ERROR_CORRUPT, "cpu"},
        {WITH("\"host\":[]"), EBB_ERROR_CORRUPT, "host"},
        {WITH("\"host\":{\"system\":1}"), EBB_ERROR_CORRUPT, "host.system"},
        {WITH("\"cpu\":{\"type\":[]}"), EBB_ERROR_CORRUPT, "cpu"},
        {WITH("\"kernel\":{}"), EBB_ERROR_CORRUPT, "kernel"},
        {WITH("\"kernel\":\"a\\u0000b\""), EBB_ERROR_CORRUPT, "line"},
        {WITH("\"ram\":{\"size\":-1}"), EBB_ERROR_CORRUPT, "ram"},
        {WITH("\"ram\":{\"size\":1.5}"), EBB_ERROR_CORRUPT, "ram"},
        {WITH("\"icount_shift\":64"), EBB_ERROR_CORRUPT, "icount_shift"},
        {WITH("\"icount_shift\":\"x\""), EBB_ERROR_CORRUPT, "icount_shift"},
        {WITH("\"consoles\":{}"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"consoles\":[{}]"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"consoles\":[\"\"]"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"consoles\":[\"0x\"]"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"consoles\":[\"0x-1\"]"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"consoles\":[\"0x10000000000000000\"]"), EBB_ERROR_CORRUPT, "consoles"},
        {WITH("\"devices\":{}"), EBB_ERROR_CORRUPT, "devices"},
        {WITH("\"devices\":[7]"), EBB_ERROR_CORRUPT, "devices"},
        {WITH("\"devices\":[{\"address\":0,\"size\":1}]"), EBB_ERROR_CORRUPT, "devices"},
        {WITH("\"devices\":[{\"name\":\"a\",\"size\":1}]"), EBB_ERROR_CORRUPT, "devices"},
        {WITH("\"devices\":[{\"name\":\"a\",\"address\":0,\"size\":-1}]"), EBB_ERROR_CORRUPT,
         "devices"},
        {WITH("\"machine\":\"\xff\""), EBB_ERROR_CORRUPT, "line"},
    };
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(parse(cases[i].text, &error));
        assert_int_equal(error.kind, cases[i].kind);
        assert_non_null(strstr(error.message, cases[i].word));
        assert_non_null(strstr(error.message, "there/manifest.json"));
    }
}

static void test_too_many_consoles(void **state)
{
    char text[1024] = WITH("\"consoles\":[0");
    struct ebb_error error;

    (void)state;
    text[strlen(text) - 1] = '\0'; /* the brace */
    for (int i = 1; i < MANIFEST_MAX_CONSOLES; i++) {
        strcat(text, ",0");
    }
    strcat(text, "]}");
    manifest_free(parse(text, &error));
    text[strlen(text) - 2] = '\0';
    strcat(text, ",0]}");
    assert_null(parse(text, &error));
    assert_non_null(strstr(error.message, "consoles"));
}

static void test_deep_nesting(void **state)
{
    enum { DEPTH = 1000000 };
    char *text = malloc(DEPTH + 1);
    struct ebb_error error;

    (void)state;
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    assert_null(parse(text, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    free(text);
}

/* Every prefix, and every single byte replaced: an answer, never a crash. */
static void test_cut_and_changed(void **state)
{
    size_t length = strlen(good);
    char text[sizeof(good)];
    struct ebb_error error;

    (void)state;
    for (size_t cut = 0; cut < length; cut++) {
        assert_null(manifest_parse(good, cut, "cut", &error));
        assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    }
    for (size_t place = 0; place < length; place++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct manifest *manifest;

            memcpy(text, good, sizeof(good));
            text[place] ^= (char)(1u << bit);
            manifest = manifest_parse(text, length, "changed", &error);
            assert_true(manifest || error.kind == EBB_ERROR_CORRUPT ||
                        error.kind == EBB_ERROR_UNSUPPORTED);
            manifest_free(manifest);
        }
    }
}

static void path_in(char *path, size_t size, const char *directory)
{
    snprintf(path, size, "%s/%s", directory, MANIFEST_NAME);
}

static void test_files(void **state)
{
    char *directory = fixture_directory(), path[4096];
    struct manifest *manifest;
    struct ebb_error error;

    (void)state;
    path_in(path, sizeof(path), directory);
    assert_null(manifest_load(directory, &error));
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    assert_non_null(strstr(error.message, "is not a recording"));

    fixture_write(directory, MANIFEST_NAME, good, strlen(good));
    manifest = manifest_load(directory, &error);
    assert_non_null(manifest);
    manifest_free(manifest);

    assert_int_equal(truncate(path, MANIFEST_MAX_BYTES + 1), 0);
    assert_null(manifest_load(directory, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    assert_int_equal(unlink(path), 0);

    /* A pipe without a writer must not make anybody wait. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(manifest_load(directory, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    assert_int_equal(unlink(path), 0);
    fixture_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),      cmocka_unit_test(test_little_is_enough),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_too_many_consoles),
        cmocka_unit_test(test_deep_nesting), cmocka_unit_test(test_cut_and_changed),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
