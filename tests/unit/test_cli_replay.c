/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands that replay, over a toy history and fake workers: verify, shell, replay with a
 * shell script in gdb's place. argv[1] is ebb.
 */
#include "command_runner.h"
#include "recording_fixture.h"
#include "toy_session.h"

#include "log/format.h"
#include "unit.h"

#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH 20000u

static const char manifest[] = "{\"format\": \"ebb-recording\", \"version\": 1}";

/* Writes a history into the folder's rec. */
static void make(const struct command_setting *setting, struct toy_history_options options)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    fixture_write(path, "manifest.json", manifest, strlen(manifest));
    options.length = LENGTH;
    toy_history_free(toy_history_make(path, &options));
}

static int setup(void **state)
{
    struct command_setting *setting = *state;

    setting->folder = fixture_directory();
    setting->input = NULL;
    return 0;
}

static void test_verify(void **state)
{
    const struct command_outcome *outcome;
    json_t *result;

    make(*state, (struct toy_history_options){.seed = 1});
    outcome = command_run(*state, "verify rec");
    assert_string_equal(outcome->err, "");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->out, "registers and RAM at the end are as recorded"));
    result = command_run_json(*state, "verify --json rec");
    assert_true(json_is_true(json_object_get(result, "verified")));
    assert_true(json_is_true(json_object_get(result, "end_state_compared")));
    assert_int_equal(json_integer_value(json_object_get(result, "position")), LENGTH);
    json_decref(result);
}

/* A worker that its walls stop is replaced, and the user told. */
static void test_verify_goes_on(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char path[4096];

    make(*state, (struct toy_history_options){.seed = 1});
    snprintf(path, sizeof(path), "%s/once", setting->folder);
    setenv("FAKE_WORKER_DIES_AT", "5000", 1);
    setenv("FAKE_WORKER_DIES_ONCE", path, 1);
    setenv("FAKE_WORKER_TRIES", "socket", 1);
    outcome = command_run(setting, "verify rec");
    unsetenv("FAKE_WORKER_TRIES");
    unsetenv("FAKE_WORKER_DIES_ONCE");
    unsetenv("FAKE_WORKER_DIES_AT");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->err, "stopped by its walls"));
    assert_non_null(strstr(outcome->err, "another one takes its place"));
    assert_non_null(strstr(outcome->out, "registers and RAM at the end are as recorded"));
}

static void test_verify_without_walls(void **state)
{
    const struct command_outcome *outcome;

    make(*state, (struct toy_history_options){.seed = 1});
    setenv("EBB_SANDBOX", "off", 1);
    outcome = command_run(*state, "verify rec");
    unsetenv("EBB_SANDBOX");
    assert_int_equal(outcome->status, 0);
    assert_int_equal(strncmp(outcome->err, "ebb: warning: EBB_SANDBOX=off: ", 31), 0);
    assert_ptr_equal(strchr(outcome->err, '\n'), outcome->err + strlen(outcome->err) - 1);
}

static void test_verify_cut_off(void **state)
{
    json_t *result;

    make(*state, (struct toy_history_options){.seed = 2, .cut_off = true});
    assert_non_null(strstr(command_run(*state, "verify rec")->out, "cut off"));
    /* Right behind a block. */
    assert_non_null(
        strstr(command_run(*state, "info rec")->out, "what is there can be replayed\n"));
    result = command_run_json(*state, "verify --json rec");
    assert_true(json_is_true(json_object_get(result, "verified")));
    assert_true(json_is_false(json_object_get(result, "complete")));
    assert_true(json_is_false(json_object_get(result, "end_state_compared")));
    json_decref(result);
}

/* Two keyframes, and no event between them. */
static void test_verify_without_events(void **state)
{
    const struct command_outcome *outcome;

    make(*state, (struct toy_history_options){.seed = 2, .quiet = true, .cut_off = true});
    outcome = command_run(*state, "verify rec");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->out, " and 0 events replayed"));
    assert_non_null(strstr(outcome->out, "cut off"));
}

/* A flight recording's events are numbered on from those that were dropped. */
static void test_verify_dropped_beginning(void **state)
{
    const char *name = "event_count";
    json_t *result, *info;

    make(*state, (struct toy_history_options){.seed = 5, .first_keyframe = 3});
    info = command_run_json(*state, "info --json rec");
    assert_true(json_integer_value(json_object_get(info, name)) > 0);
    result = command_run_json(*state, "verify --json rec");
    assert_true(json_equal(json_object_get(result, "events"), json_object_get(info, name)));
    json_decref(result);
    json_decref(info);
}

static void test_verify_finds_divergence(void **state)
{
    const struct command_outcome *outcome;
    json_t *result;

    make(*state, (struct toy_history_options){.seed = 3, .wrong_at = LENGTH / 2});
    outcome = command_run(*state, "verify rec");
    assert_int_equal(outcome->status, 3);
    assert_non_null(strstr(outcome->err, "ebb: replay and log disagree"));
    assert_string_equal(outcome->out, "");
    outcome = command_run(*state, "verify --json rec");
    assert_int_equal(outcome->status, 3);
    result = json_loads(outcome->out, 0, NULL);
    assert_true(json_is_false(json_object_get(result, "verified")));
    assert_true(json_is_string(json_object_get(result, "error")));
    json_decref(result);
}

/* What is before the damage is replayed; all commands say where that is, and that it is damage. */
static void test_damaged(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char path[4096], place[100];
    json_t *result;

    make(*state, (struct toy_history_options){.seed = 1, .block_events = 200});
    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    snprintf(place, sizeof(place), "rec/log: offset %llu:",
             (unsigned long long)fixture_damage(path, EBB_BLOCK_EVENTS, 3, true, NULL));
    outcome = command_run(*state, "verify rec");
    assert_int_equal(outcome->status, 4);
    assert_non_null(strstr(outcome->err, place));
    assert_non_null(strstr(outcome->err, "it replays as recorded, and can be debugged"));
    outcome = command_run(*state, "verify --json rec");
    assert_int_equal(outcome->status, 4);
    result = json_loads(outcome->out, 0, NULL);
    assert_true(json_is_false(json_object_get(result, "verified")));
    assert_in_range(json_integer_value(json_object_get(result, "position")), 1, LENGTH - 1);
    json_decref(result);
    outcome = command_run(*state, "info rec");
    assert_int_equal(outcome->status, 4);
    assert_non_null(strstr(outcome->out, place));
    assert_non_null(strstr(outcome->out, "keyframes"));
    outcome = command_run(*state, "dump rec");
    assert_int_equal(outcome->status, 4);
    assert_non_null(strstr(outcome->out, "mmio-read"));
    assert_non_null(strstr(outcome->err, place));
}

/* All of it replays, and still it is damaged. */
static void test_damaged_keyframe(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char path[4096];

    make(*state, (struct toy_history_options){.seed = 1, .block_events = 200});
    snprintf(path, sizeof(path), "%s/rec", setting->folder);
    fixture_damage(path, EBB_BLOCK_KEYFRAME, 1, false, NULL);
    outcome = command_run(*state, "verify rec");
    assert_int_equal(outcome->status, 4);
    assert_non_null(strstr(outcome->err, "all of it replays as recorded, from position 0 on"));
    assert_non_null(strstr(outcome->err, "rec/keyframes: offset"));
}

/* A worker that cannot replay such a guest says so by its exit status. */
static void test_unsupported(void **state)
{
    const struct command_outcome *outcome;

    make(*state, (struct toy_history_options){.seed = 1});
    setenv("FAKE_WORKER_EXITS", "5", 1);
    outcome = command_run(*state, "verify rec");
    unsetenv("FAKE_WORKER_EXITS");
    assert_int_equal(outcome->status, 5);
    assert_non_null(strstr(outcome->err, "this guest is too strange"));
}

static void test_shell(void **state)
{
    struct command_setting *setting = *state;
    const struct command_outcome *outcome;

    make(setting, (struct toy_history_options){.seed = 4});
    setting->input = "seek 1_234\nstep\nreverse-step 35\nseek end\nreverse-step\nstep 5\n\n# and\n"
                     "seek begin\n";
    outcome = command_run(setting, "shell rec");
    assert_int_equal(outcome->status, 0);
    static const char *const wanted[] = {"\n1 235  ", "\n1 200  ", "20 000  ", "\n19 999  ",
                                         "\n0  "};
    const char *place = outcome->out;

    assert_int_equal(strncmp(place, "1 234  ", 7), 0);
    for (size_t i = 0; i < 5; i++) {
        place = strstr(place, wanted[i]);
        assert_non_null(place);
    }
    setting->input = "seek 99999\nseek 5\n";
    outcome = command_run(setting, "shell rec");
    assert_int_equal(outcome->status, 2);
    assert_string_equal(outcome->out, "");
    assert_non_null(strstr(outcome->err, "from 0 to 20000"));
}

/* Puts a script in gdb's place; it finds the socket's path in $socket. */
static void write_gdb(const struct command_setting *setting, const char *body)
{
    char text[2048], path[4096];

    snprintf(text, sizeof(text),
             "#!/bin/sh\nprintf '%%s\\n' \"$@\" > words\n"
             "socket=$(sed -n 's/^target remote //p' words)\n%s\n",
             body);
    fixture_write(setting->folder, "gdb", text, strlen(text));
    snprintf(path, sizeof(path), "%s/gdb", setting->folder);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(setenv("EBB_GDB", path, 1), 0);
}

static void test_replay_starts_gdb(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char *words;
    size_t size;

    make(setting, (struct toy_history_options){.seed = 5});
    write_gdb(setting, "test -S \"$socket\" && echo \"$socket\" > socket");
    outcome = command_run(setting, "replay --at end rec -- -batch -ex bt");
    assert_string_equal(outcome->err, "");
    assert_int_equal(outcome->status, 0);
    words = (char *)fixture_read(setting->folder, "words", &size);
    words[size] = '\0';
    assert_int_equal(strncmp(words, "-q\n-x\n", 6), 0);
    assert_non_null(strstr(words, "/ebb.py\n-ex\ntarget remote /"));
    assert_string_equal(words + size - strlen("\n-batch\n-ex\nbt\n"), "\n-batch\n-ex\nbt\n");
    free(words);
    /* The socket was there, and is there no more, nor its folder. */
    words = (char *)fixture_read(setting->folder, "socket", &size);
    words[size - 1] = '\0';
    assert_int_equal(access(words, F_OK), -1);
    *strrchr(words, '/') = '\0';
    assert_int_equal(access(words, F_OK), -1);
    free(words);
}

static void test_replay_symbols(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char *words;
    size_t size;

    make(setting, (struct toy_history_options){.seed = 5});
    write_gdb(setting, "");
    fixture_write(setting->folder, "-prog.elf", "\177ELF", 4);
    outcome = command_run(setting, "replay --symbols -prog.elf rec");
    assert_int_equal(outcome->status, 0);
    words = (char *)fixture_read(setting->folder, "words", &size);
    words[size] = '\0';
    assert_non_null(strstr(words, "\n-se\n-prog.elf\n"));
    free(words);
}

/* Whichever command is given it. */
static void test_replay_symbols_of_no_elf_file(void **state)
{
    static const char *const commands[] = {"replay", "replay --stdio", "dump", "shell"};
    const struct command_setting *setting = *state;
    char words[80];

    make(setting, (struct toy_history_options){.seed = 5});
    write_gdb(setting, "");
    fixture_write(setting->folder, "script", "#!/bin/sh", 9);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command_outcome *outcome;

        snprintf(words, sizeof(words), "%s --symbols script rec", commands[i]);
        outcome = command_run(setting, words);
        assert_int_equal(outcome->status, 2);
        assert_non_null(strstr(outcome->err, "not an ELF file"));
    }
}

/* gdb that has a file of another CPU does not understand the server, and says nothing of it that
 * would help; one that has a module, which is linked to address 0, knows nothing of the guest. */
static void test_replay_symbols_that_do_not_fit(void **state)
{
    static const struct {
        const char *architecture;
        unsigned char machine, type;
        const char *said; /* NULL: taken */
    } cases[] = {
        {"aarch64", EM_AARCH64, ET_EXEC, NULL},
        {"aarch64", EM_AARCH64, ET_DYN, NULL},
        {"aarch64", EM_AARCH64, ET_REL, "it is relocatable"},
        {"aarch64", EM_ARM, ET_EXEC, "it is for ARM of 32 bits, and the guest's CPU is AArch64"},
        {"aarch64", EM_X86_64, ET_EXEC, "it is not for ARM"},
        {"arm", EM_ARM, ET_EXEC, NULL},
        {"arm", EM_ARM, ET_REL, "it is relocatable"},
        {"arm", EM_AARCH64, ET_EXEC, "it is for AArch64, and the guest's CPU is ARMv7"},
    };
    const struct command_setting *setting = *state;

    make(setting, (struct toy_history_options){.seed = 5});
    write_gdb(setting, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char header[sizeof(Elf64_Ehdr)] = {0x7f, 'E', 'L', 'F', 0, ELFDATA2LSB};
        const struct command_outcome *outcome;
        char text[200];

        snprintf(text, sizeof(text),
                 "{\"format\": \"ebb-recording\", \"version\": 1, \"cpu\": "
                 "{\"architecture\": \"%s\"}}",
                 cases[i].architecture);
        fixture_write(setting->folder, "rec/manifest.json", text, strlen(text));
        header[offsetof(Elf64_Ehdr, e_machine)] = cases[i].machine;
        header[offsetof(Elf64_Ehdr, e_type)] = cases[i].type;
        fixture_write(setting->folder, "file", header, sizeof(header));
        outcome = command_run(setting, "replay --symbols file rec");
        assert_int_equal(outcome->status, cases[i].said ? 2 : 0);
        assert_true(!cases[i].said || strstr(outcome->err, cases[i].said));
    }
}

/* One that was built for its host only. */
static void test_replay_gdb_of_another_cpu(void **state)
{
    static const char arm[] = "{\"format\": \"ebb-recording\", \"version\": 1, \"cpu\": "
                              "{\"architecture\": \"aarch64\"}}";
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;

    make(setting, (struct toy_history_options){.seed = 5});
    fixture_write(setting->folder, "rec/manifest.json", arm, strlen(arm));
    write_gdb(setting, "case \"$*\" in *'set architecture aarch64') "
                       "echo 'Undefined item: \"aarch64\".' >&2; exit 1;; esac");
    outcome = command_run(setting, "replay rec");
    assert_int_equal(outcome->status, 5);
    assert_non_null(strstr(outcome->err, "does not know aarch64; install gdb-multiarch"));
}

/* A recording may be a stranger's: what it says of its CPU is neither a command of gdb's nor
 * anything that a terminal gets. */
static void test_replay_of_no_cpu_that_is_known(void **state)
{
    static const char *const architectures[] = {"aarch64\\u001b[31m", "arm\\nshell touch run"};
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;
    char text[200], path[4096];

    make(setting, (struct toy_history_options){.seed = 5});
    write_gdb(setting, "case \"$*\" in *'set architecture '*) "
                       "touch asked; echo 'Undefined item.' >&2; exit 1;; esac");
    snprintf(path, sizeof(path), "%s/asked", setting->folder);
    for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"format\": \"ebb-recording\", \"version\": 1, \"cpu\": "
                 "{\"architecture\": \"%s\"}}",
                 architectures[i]);
        fixture_write(setting->folder, "rec/manifest.json", text, strlen(text));
        outcome = command_run(setting, "replay rec");
        assert_int_equal(outcome->status, 0);
        assert_null(strchr(outcome->err, '\033'));
        assert_int_equal(access(path, F_OK), -1);
    }
}

static void test_replay_says_how_gdb_ended(void **state)
{
    const struct command_setting *setting = *state;
    const struct command_outcome *outcome;

    make(setting, (struct toy_history_options){.seed = 6});
    write_gdb(setting, "exit 7");
    outcome = command_run(setting, "replay rec");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "exit status 7"));
    write_gdb(setting, "kill -11 $$");
    outcome = command_run(setting, "replay rec");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "signal 11"));
    assert_int_equal(setenv("EBB_GDB", "/nowhere/gdb", 1), 0);
    outcome = command_run(setting, "replay rec");
    assert_int_equal(outcome->status, 1);
    assert_non_null(strstr(outcome->err, "EBB_GDB"));
    assert_non_null(strstr(outcome->err, "without --stdio and --listen"));
}

static void test_replay_positions(void **state)
{
    const struct command_setting *setting = *state;

    make(setting, (struct toy_history_options){.seed = 7});
    write_gdb(setting, "");
    assert_int_equal(command_run(setting, "replay --at 20_000 rec")->status, 0);
    assert_int_equal(command_run(setting, "replay --at 20_001 rec")->status, 2);
    assert_int_equal(command_run(setting, "replay --at 20,000 rec")->status, 0);
    assert_int_equal(command_run(setting, "replay --at 20,00 rec")->status, 2);
    assert_int_equal(command_run(setting, "replay --at nowhere rec")->status, 2);
    assert_int_equal(command_run(setting, "replay --memory 1X rec")->status, 2);
    assert_int_equal(command_run(setting, "replay --workers many rec")->status, 2);
    assert_int_equal(command_run(setting, "replay --memory 64M --workers 2 rec")->status, 0);
}

/* A server says where it listens, ends on SIGTERM and leaves nothing behind. */
static void test_replay_listens(void **state)
{
    const struct command_setting *setting = *state;
    char path[4096], line[256];
    FILE *out = tmpfile(), *err;
    int ends[2];
    pid_t pid;

    make(setting, (struct toy_history_options){.seed = 8});
    assert_int_equal(pipe(ends), 0);
    err = fdopen(ends[1], "w");
    pid = command_start(setting, "replay --listen unix:sock rec", out, err);
    fclose(err);
    err = fdopen(ends[0], "r");
    assert_non_null(fgets(line, sizeof(line), err));
    assert_non_null(strstr(line, "target remote "));
    assert_non_null(strstr(line, "sock\n"));
    snprintf(path, sizeof(path), "%s/sock", setting->folder);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(command_wait(pid), 0);
    assert_int_equal(access(path, F_OK), -1);
    fclose(err);
    fclose(out);
}

int main(int argc, char **argv)
{
    char *ebb = command_path(argc, argv);
    struct command_setting setting = {.ebb = ebb};
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_prestate_setup_teardown(test, setup, command_teardown, &setting)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_verify),
        IN_FOLDER(test_verify_goes_on),
        IN_FOLDER(test_verify_without_walls),
        IN_FOLDER(test_verify_cut_off),
        IN_FOLDER(test_verify_without_events),
        IN_FOLDER(test_verify_dropped_beginning),
        IN_FOLDER(test_verify_finds_divergence),
        IN_FOLDER(test_damaged),
        IN_FOLDER(test_damaged_keyframe),
        IN_FOLDER(test_unsupported),
        IN_FOLDER(test_shell),
        IN_FOLDER(test_replay_starts_gdb),
        IN_FOLDER(test_replay_symbols),
        IN_FOLDER(test_replay_symbols_that_do_not_fit),
        IN_FOLDER(test_replay_symbols_of_no_elf_file),
        IN_FOLDER(test_replay_says_how_gdb_ended),
        IN_FOLDER(test_replay_gdb_of_another_cpu),
        IN_FOLDER(test_replay_of_no_cpu_that_is_known),
        IN_FOLDER(test_replay_positions),
        IN_FOLDER(test_replay_listens),
    };
    int failed;

    setenv("EBB_QEMU", session_fake_worker(), 1);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(ebb);
    return failed;
}
