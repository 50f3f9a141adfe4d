/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb record: runs our QEMU with the recorder in it. */
#include "commands.h"
#include "json_list.h"
#include "../replay/worker_spawn.h"
#include "qemu_arguments.h"
#include "record_status.h"
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_ICOUNT "shift=1"

enum {
    RECORD_OUTPUT,
    RECORD_KEYFRAME_INTERVAL,
    RECORD_SYMBOLS,
    RECORD_ICOUNT,
    RECORD_STATS,
    RECORD_QEMU,
};

struct record {
    const struct arguments *arguments;
    struct qemu_arguments found;
    char *directory;
    bool created; /* the directory was made by us and is empty so far */
    char *qemu;
    FILE *stats;  /* NULL: not wanted */
    char **words; /* QEMU's command line; the strings from own_words on are ours */
    int own_words, word_count;
    struct record_status status;
    pid_t child;
};

/* Appends a word that record_free() frees; NULL means that memory ran out before. */
static int add_word(struct record *record, char *word, struct ebb_error *error)
{
    if (!word) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    record->words[record->word_count++] = word;
    return 0;
}

static int add_icount(struct record *record, struct ebb_error *error)
{
    const char *shift = record->arguments->values[RECORD_ICOUNT];
    unsigned long long number;
    char *word = NULL;

    if (shift && record->found.has_icount) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--icount and -icount are the same; give one");
    }
    if (record->found.has_icount) {
        return 0;
    }
    if (shift && options_number(shift, "--icount", 10, &number, error) < 0) {
        return -1;
    }
    if (shift && asprintf(&word, "shift=%llu", number) < 0) {
        word = NULL;
    }
    if (add_word(record, strdup("-icount"), error) < 0) {
        free(word);
        return -1;
    }
    return add_word(record, shift ? word : strdup(DEFAULT_ICOUNT), error);
}

/* Appends ",name=PATH" to the recorder's properties, the path made absolute. */
static int add_path(FILE *properties, const char *name, const char *path, struct ebb_error *error)
{
    char *absolute, *escaped;

    if (!path) {
        return 0;
    }
    absolute = realpath(path, NULL);
    if (!absolute) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot find the %s file %s: %s", name, path,
                        strerror(errno));
    }
    escaped = qemu_escape(absolute);
    free(absolute);
    if (!escaped) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    fprintf(properties, ",%s=%s", name, escaped);
    free(escaped);
    return 0;
}

static int write_properties(const struct record *record, FILE *properties, int status_fd,
                            struct ebb_error *error)
{
    const char *interval = record->arguments->values[RECORD_KEYFRAME_INTERVAL];
    char *directory = qemu_escape(record->directory);
    unsigned long long number;

    if (!directory) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    fprintf(properties, "ebb-recorder,id=ebb-recorder0,directory=%s,status-fd=%d", directory,
            status_fd);
    free(directory);
    if (interval) {
        if (options_number(interval, "--keyframe-interval", INT64_MAX, &number, error) < 0) {
            return -1;
        }
        /* None is the same as the next one in a few centuries. */
        fprintf(properties, ",keyframe-interval=%llu", number ? number : (1ull << 62));
    }
    return add_path(properties, "kernel", record->found.kernel, error) < 0
               ? -1
               : add_path(properties, "symbols", record->arguments->values[RECORD_SYMBOLS], error);
}

static int add_recorder(struct record *record, int status_fd, struct ebb_error *error)
{
    char *word = NULL;
    size_t size;
    FILE *properties = open_memstream(&word, &size);
    int status;

    if (!properties) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    status = write_properties(record, properties, status_fd, error);
    if (fclose(properties) == EOF && status == 0) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    if (status < 0 || add_word(record, strdup("-object"), error) < 0) {
        free(word);
        return -1;
    }
    return add_word(record, word, error);
}

/* QEMU's command line: the user's words, then ours. */
static int build_words(struct record *record, int status_fd, struct ebb_error *error)
{
    const struct arguments *arguments = record->arguments;

    record->words = calloc((size_t)arguments->rest_count + 8, sizeof(*record->words));
    if (!record->words) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    record->words[record->word_count++] = record->qemu;
    for (int i = 0; i < arguments->rest_count; i++) {
        record->words[record->word_count++] = arguments->rest[i];
    }
    record->own_words = record->word_count;
    return add_icount(record, error) < 0 ? -1 : add_recorder(record, status_fd, error);
}

static void record_free(struct record *record)
{
    for (int i = record->own_words; i < record->word_count && record->own_words; i++) {
        free(record->words[i]);
    }
    free(record->words);
    free(record->directory);
    free(record->qemu);
    if (record->stats && record->stats != stdout) {
        fclose(record->stats);
    }
    record_status_destroy(&record->status);
}

/* In the child, between fork and exec. */
static void become_qemu(const struct record *record, int status_fd, pid_t parent,
                        const sigset_t *signals)
{
    fcntl(status_fd, F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, signals, NULL);
    /* Should ebb be killed, the recording ends in good order all the same. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        execv(record->qemu, record->words);
        dprintf(STDERR_FILENO, "ebb: cannot run %s: %s\n", record->qemu, strerror(errno));
    }
    _exit(127);
}

/* Hands a signal on, unless the terminal has sent it to QEMU as well. */
static void forward_signal(const struct record *record, const struct signalfd_siginfo *info)
{
    if (info->ssi_code != SI_KERNEL) {
        kill(record->child, info->ssi_signo == SIGHUP ? SIGTERM : (int)info->ssi_signo);
    } else if (info->ssi_signo == SIGHUP) {
        kill(record->child, SIGTERM);
    }
}

/* Waits until QEMU has exited and the status pipe is empty; returns its wait status. */
static int supervise(struct record *record, int signals, int status_pipe)
{
    struct pollfd polls[] = {{.fd = signals, .events = POLLIN},
                             {.fd = status_pipe, .events = POLLIN}};
    struct signalfd_siginfo info;
    int wait_status = 0;
    bool running = true;

    while (running) {
        if (poll(polls, 2, -1) < 0) {
            continue;
        }
        if (polls[1].revents && !record_status_read(&record->status, status_pipe)) {
            polls[1].fd = -1;
        }
        if (!polls[0].revents || read(signals, &info, sizeof(info)) != sizeof(info)) {
            continue;
        }
        if (info.ssi_signo != SIGCHLD) {
            forward_signal(record, &info);
        } else if (waitpid(record->child, &wait_status, WNOHANG) == record->child) {
            running = false;
        }
    }
    /* Something of QEMU's may still hold the pipe, so only what is there is read. */
    fcntl(status_pipe, F_SETFL, O_NONBLOCK);
    while (poll(&polls[1], 1, 0) > 0 && record_status_read(&record->status, status_pipe)) {
    }
    return wait_status;
}

/* Starts QEMU and waits for it. */
static int run_qemu(struct record *record, int *wait_status, struct ebb_error *error)
{
    sigset_t wanted, before;
    struct termios terminal;
    bool has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    pid_t parent = getpid();
    int ends[2], signals;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot create a pipe: %s", strerror(errno));
    }
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    signals = signalfd(-1, &wanted, SFD_CLOEXEC);
    if (build_words(record, ends[1], error) < 0) {
        record->child = -1;
    } else if (signals < 0 || (record->child = fork()) < 0) {
        record->child = ebb_fail(error, EBB_ERROR_FAILED, "cannot start QEMU: %s", strerror(errno));
    } else if (record->child == 0) {
        become_qemu(record, ends[1], parent, &before);
    }
    close(ends[1]);
    if (record->child > 0) {
        *wait_status = supervise(record, signals, ends[0]);
        if (has_terminal) {
            tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal); /* should QEMU have died in raw mode */
        }
    }
    close(ends[0]);
    close(signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return record->child > 0 ? 0 : -1;
}

static int write_stats(struct record *record, int exit_status, struct ebb_error *error)
{
    json_t *object = record->status.last ? json_copy(record->status.last) : json_object();

    json_object_set_new(object, "directory",
                        json_printable(record->directory, strlen(record->directory)));
    json_object_set_new(object, "qemu_exit_status", json_integer(exit_status));
    if (!record_status_end(&record->status)) {
        json_object_set_new(object, "end", json_null());
    }
    if (json_print(record->stats, object, error) < 0 || fflush(record->stats) == EOF) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot write the statistics: %s",
                        strerror(errno));
    }
    return 0;
}

/* What the user is told, and the command's result. */
static int conclude(struct record *record, int wait_status, struct ebb_error *error)
{
    const char *end = record_status_end(&record->status);
    int exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;

    record_status_clear(&record->status);
    if (record->stats && write_stats(record, exit_status, error) < 0) {
        return -1;
    }
    if (end) {
        if (isatty(STDERR_FILENO)) {
            fputs("ebb: recorded ", stderr);
            record_status_print(&record->status, stderr);
            fprintf(stderr, " into %s (%s)\n", record->directory, end);
        }
        return 0;
    }
    if (WIFSIGNALED(wait_status)) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "QEMU was ended by signal %d (%s); %s can be replayed up to its last whole "
                        "block",
                        WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)), record->directory);
    }
    if (exit_status == 0 && !record->status.last) {
        return 0; /* -help and its like */
    }
    if (!record->status.last && exit_status == EBB_ERROR_UNSUPPORTED) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "this guest cannot be recorded");
    }
    if (!record->status.last) {
        return ebb_fail(error, EBB_ERROR_FAILED, "QEMU did not start recording (exit status %d)",
                        exit_status);
    }
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "the recording did not end in good order (QEMU's exit status is %d); %s can be "
                    "replayed up to its last whole block",
                    exit_status, record->directory);
}

static int prepare(struct record *record, struct ebb_error *error)
{
    const struct arguments *arguments = record->arguments;
    const char *stats = arguments->values[RECORD_STATS];
    const char *output = arguments->values[RECORD_OUTPUT];
    bool live;

    if (qemu_arguments_check(arguments->rest, arguments->rest_count, &record->found, error) < 0) {
        return -1;
    }
    record->qemu = worker_find_program(arguments->values[RECORD_QEMU], error);
    if (!record->qemu) {
        return -1;
    }
    live = isatty(STDERR_FILENO) && !record->found.console_on_stdio;
    if (record_status_init(&record->status, live, error) < 0) {
        return -1;
    }
    if (stats) {
        bool to_stdout = *stats == '\0' || strcmp(stats, "-") == 0;

        record->stats = to_stdout ? stdout : fopen(stats, "we");
        if (!record->stats) {
            return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", stats, strerror(errno));
        }
    }
    record->directory = recording_create(output, error);
    return record->directory ? 0 : -1;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct record record = {.arguments = arguments};
    int status = prepare(&record, error), wait_status = 0;

    if (status == 0) {
        status = run_qemu(&record, &wait_status, error);
        if (status == 0) {
            status = conclude(&record, wait_status, error);
        }
        if (!record.status.last) {
            rmdir(record.directory); /* succeeds if nothing was recorded */
        }
    }
    record_free(&record);
    return status;
}

static const struct option_spec options[] = {
    [RECORD_OUTPUT] = {"output", 'o', "DIR",
                       "Records into this directory, which must not exist or be empty; default: "
                       "the next free ebb-recording-N in the current directory."},
    [RECORD_KEYFRAME_INTERVAL] = {"keyframe-interval", 0, "INSTRUCTIONS",
                                  "Writes a keyframe after every so many instructions, at least "
                                  "1; default: 100 million. Keyframes let a replay begin in the "
                                  "middle."},
    [RECORD_SYMBOLS] = {"symbols", 0, "ELF",
                        "Notes this file in the recording as the one with the guest's symbols, "
                        "which ebb replay then gives to gdb. A kernel that is an ELF file needs no "
                        "mention."},
    [RECORD_ICOUNT] = {"icount", 0, "SHIFT",
                       "An instruction takes 2^SHIFT ns of guest time; default: 1. The same as "
                       "-icount shift=SHIFT among QEMU's arguments."},
    [RECORD_STATS] = {"stats", 0, "[FILE]",
                      "At the end writes a JSON document about the recording to standard output, "
                      "or to FILE where the guest's console is there."},
    [RECORD_QEMU] = {"qemu", 0, "PATH",
                     "The QEMU to record with; default: $EBB_QEMU, else the one of this build."},
    {0},
};

const struct command command_record = {
    .name = "record",
    .summary = "runs a guest in QEMU and records it",
    .rest = "QEMU-ARGUMENT...",
    .own_options_first = true,
    .description =
        "Runs qemu-system-aarch64 of Ebb's own build with the arguments given, and records the "
        "guest until it powers off, or QEMU ends by its monitor's quit, SIGINT or SIGTERM. The "
        "first word that is not one of the options below begins QEMU's arguments. Added to these "
        "are -icount shift=1, if there is no -icount, and the recorder.\n\n"
        "What cannot be recorded is refused before the guest starts: more than one CPU, KVM, "
        "snapshots to start from, a debugger on the running guest, and a pace of guest time that "
        "is not fixed.\n\n"
        "On a terminal that is not the guest's console a line tells how the recording goes. The "
        "exit status is 0 if the recording ended in good order, whatever the guest thinks of "
        "itself; --stats has QEMU's own exit status. A recording that was cut off (full disk, "
        "kill -9) can be replayed up to its last whole block.",
    .examples = "ebb record -M virt -cpu cortex-a72 -nographic -kernel vmlinuz -initrd initrd\n"
                "ebb record -o first --keyframe-interval 500_000_000 -- -M virt -nographic "
                "-bios u-boot.bin\n",
    .options = options,
    .run = run,
};
