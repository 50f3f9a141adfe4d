/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb record: runs our QEMU with the recorder in it. */
#include "commands.h"
#include "host_checks.h"
#include "json_list.h"
#include "progress.h"
#include "engine/worker_process.h"
#include "qemu_sandbox.h"
#include "record_control.h"
#include "record_plan.h"
#include "record_repeat.h"
#include "record_status.h"
#include "recording.h"
#include "stop_signals.h"

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

struct record {
    struct record_settings settings;
    struct record_plan plan;
    char *directory; /* NULL: nothing is recorded at first */
    struct recording_directory made;
    char *qemu;
    FILE *stats;  /* NULL: not wanted */
    char **words; /* QEMU's command line; the strings are the plan's */
    struct record_status status;
    const sigset_t *signals; /* what QEMU is to have blocked */
    bool stopped;            /* a signal has asked for an end */
    pid_t child;
};

/* QEMU's command line: its name, the plan's words, and the recorder. */
static int build_words(struct record *record, int status_fd, struct ebb_error *error)
{
    struct argument_list *list = &record->plan.qemu;

    if (record_plan_add_recorder(&record->plan, &record->settings, record->directory, status_fd,
                                 error) < 0) {
        return -1;
    }
    record->words = calloc(list->count + 2, sizeof(*record->words));
    if (!record->words) {
        return ebb_fail_memory(error);
    }
    record->words[0] = record->qemu;
    memcpy(record->words + 1, list->words, list->count * sizeof(*list->words));
    return 0;
}

static void record_free(struct record *record)
{
    record_plan_clear(&record->plan);
    free(record->words);
    free(record->directory);
    free(record->qemu);
    if (record->stats && record->stats != stdout) {
        fclose(record->stats);
    }
    record_status_destroy(&record->status);
}

/* In the child, between fork and exec. */
static void become_qemu(const struct record *record, int status_fd, pid_t parent)
{
    fcntl(status_fd, F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL);
    /* Ignored in a shell's background jobs; while QEMU starts, what is handed on would be lost. */
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, record->signals, NULL);
    /* Should ebb be killed, the recording ends in good order all the same. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (record->plan.pinned &&
        sched_setaffinity(0, sizeof(record->plan.cpus), &record->plan.cpus) < 0) {
        dprintf(STDERR_FILENO, "ebb: cannot keep QEMU on its CPUs: %s\n", strerror(errno));
        _exit(127);
    }
    if (getppid() == parent) {
        execv(record->qemu, record->words);
        dprintf(STDERR_FILENO, "ebb: cannot run %s: %s\n", record->qemu, strerror(errno));
    }
    _exit(127);
}

/* Hands a signal on. The terminal has sent its own to QEMU as well, if QEMU was there already: two
 * do no harm. */
static void forward_signal(struct record *record, const struct signalfd_siginfo *info)
{
    record->stopped = true;
    kill(record->child, info->ssi_signo == SIGHUP ? SIGTERM : (int)info->ssi_signo);
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
    /* One may have ended QEMU and not been read yet. */
    record->stopped = record->stopped || progress_is_interrupted();
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
    stop_signals_set(&wanted, true);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    signals = signalfd(-1, &wanted, SFD_CLOEXEC);
    if (build_words(record, ends[1], error) < 0) {
        record->child = -1;
    } else if (signals < 0 || (record->child = fork()) < 0) {
        record->child = ebb_fail(error, EBB_ERROR_FAILED, "cannot start QEMU: %s", strerror(errno));
    } else if (record->child == 0) {
        become_qemu(record, ends[1], parent);
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

    if (record->directory) {
        json_object_set_new(object, "directory",
                            json_printable(record->directory, strlen(record->directory)));
    }
    json_object_set_new(object, "accelerator",
                        json_string(record->plan.accelerator == ACCELERATOR_KVM ? "kvm" : "tcg"));
    json_object_set_new(object, "qemu_exit_status", json_integer(exit_status));
    if (!record_status_end(&record->status)) {
        json_object_set_new(object, "end", json_null());
    }
    if (json_print(record->stats, object, error) < 0 || fflush(record->stats) == EOF ||
        ferror(record->stats)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot write the statistics: %s",
                        strerror(errno));
    }
    return 0;
}

enum remains { NOTHING, USELESS, REPLAYABLE };

/* What a recording that failed has left. */
static enum remains look_at_remains(const struct record *record)
{
    struct ebb_log_summary summary = {0};
    struct manifest *manifest;
    struct ebb_log *log;

    if (recording_remove_empty(record->directory, &record->made)) {
        return NOTHING;
    }
    /* A log without its manifest is no recording. */
    manifest = manifest_load(record->directory, NULL);
    log = manifest ? ebb_log_open(record->directory, NULL) : NULL;
    manifest_free(manifest);
    if (log) {
        ebb_log_summary(log, &summary);
        ebb_log_close(log);
    }
    return summary.keyframe_count > summary.first_keyframe ? REPLAYABLE : USELESS;
}

/* QEMU was stopped before there was a recording. */
static int discard(struct record *record, enum remains remains, struct ebb_error *error)
{
    int status = remains == NOTHING ? 0 : recording_delete(record->directory, &record->made, error);

    free(record->directory);
    record->directory = NULL;
    return status;
}

/* QEMU ended, as how says, without saying how the recording did. */
static int explain_exit(struct record *record, const char *how, int exit_status,
                        struct ebb_error *error)
{
    enum remains remains = look_at_remains(record);

    if (record->settings.until_count && record->stopped && remains != REPLAYABLE) {
        return discard(record, remains, error);
    }
    if (remains == REPLAYABLE) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the recording did not end in good order (%s); %s can be replayed up to "
                        "its last whole block",
                        how, record->directory);
    }
    if (remains == USELESS && exit_status != EBB_ERROR_UNSUPPORTED) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the recording ended before its first keyframe was complete (%s), so that "
                        "nothing in %s can be replayed",
                        how, record->directory);
    }
    if (exit_status == 0 && !record->status.last) {
        return 0; /* -help and its like */
    }
    if (exit_status == EBB_ERROR_UNSUPPORTED) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "this guest cannot be recorded");
    }
    return ebb_fail(error, EBB_ERROR_FAILED, "nothing was recorded (%s)", how);
}

/* What the user is told, and the command's result. */
static int conclude(struct record *record, int wait_status, struct ebb_error *error)
{
    const char *end = record_status_end(&record->status);
    int exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    char how[100];

    record_status_clear(&record->status);
    if (record->stats && write_stats(record, exit_status, error) < 0) {
        return -1;
    }
    if (end && record->directory) {
        if (isatty(STDERR_FILENO)) {
            fputs("ebb: recorded ", stderr);
            record_status_print(&record->status, stderr);
            /* With --control the last one may have been another. */
            fprintf(stderr, "%s%s (%s)\n", record->settings.control ? "" : " into ",
                    record->settings.control ? "" : record->directory, end);
        } else if (!record->settings.until_count && !record->settings.control && !record->stats) {
            /* What --until and --stats say has it as well. */
            fprintf(stderr, "ebb: recorded into %s (%s)\n", record->directory, end);
        }
        return 0;
    }
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS) {
        snprintf(how, sizeof(how), "QEMU's sandbox has ended it: it asked for what no guest needs");
    } else if (WIFSIGNALED(wait_status)) {
        snprintf(how, sizeof(how), "QEMU was ended by signal %d, %s", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    } else {
        snprintf(how, sizeof(how), "QEMU's exit status is %d", exit_status);
    }
    if (!record->directory) {
        /* What --attach began is in a directory that nobody named here. */
        return exit_status == 0 ? 0 : ebb_fail(error, EBB_ERROR_FAILED, "%s", how);
    }
    return explain_exit(record, how, exit_status, error);
}

static int check_disk(const struct record *record, struct ebb_error *error)
{
    if (record->settings.wait || record->plan.found.asks) {
        return 0; /* nothing is recorded at first */
    }
    return host_check_disk_for_recording(record->settings.output, record->plan.found.ram_bytes,
                                         error);
}

static int open_stats(struct record *record, struct ebb_error *error)
{
    const char *stats = record->settings.stats;

    if (!stats) {
        return 0;
    }
    record->stats = *stats == '\0' || strcmp(stats, "-") == 0 ? stdout : fopen(stats, "we");
    return record->stats
               ? 0
               : ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", stats, strerror(errno));
}

static int prepare(struct record *record, const struct arguments *arguments, bool first,
                   struct ebb_error *error)
{
    struct host_facts facts;
    bool live;

    host_facts_collect(&facts);
    if (record_plan_make(&record->plan, &record->settings, arguments->rest, arguments->rest_count,
                         &facts, error) < 0) {
        return -1;
    }
    record->qemu = worker_process_find(record->settings.qemu, error);
    if (!record->qemu) {
        return -1;
    }
    if (!record->plan.found.asks) {
        qemu_sandbox_add(arguments->rest, arguments->rest_count, record->qemu, &record->plan.qemu);
    }
    live = isatty(STDERR_FILENO) && !record->plan.found.console_on_stdio;
    if (record_status_init(&record->status, live, error) < 0 || check_disk(record, error) < 0 ||
        open_stats(record, error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < record->plan.qemu.note_count && first; i++) {
        fprintf(stderr, "ebb: %s\n", record->plan.qemu.notes[i]);
    }
    if (!record->settings.wait) {
        record->directory = recording_create(record->settings.output, &record->made, error);
    }
    return record->settings.wait || record->directory ? 0 : -1;
}

/* A copy of a member of the object; NULL if it is no string. */
static char *copy_string(json_t *object, const char *member)
{
    const char *string = json_string_value(json_object_get(object, member));

    return string ? strdup(string) : NULL;
}

static void tell_end(const struct record *record, struct run_end *end)
{
    json_t *until = json_object_get(record->status.last, "until");

    end->asked = record->plan.found.asks;
    end->stopped = record->stopped;
    end->directory = record->directory ? strdup(record->directory) : NULL;
    end->made = record->made;
    end->reason = copy_string(record->status.last, "end");
    end->condition = copy_string(until, "condition");
    end->line = copy_string(until, "text");
}

struct request {
    const struct arguments *arguments;
    const struct record_settings *settings;
    sigset_t signals; /* that were blocked already */
};

static int record_guest(void *opaque, unsigned long long run, struct run_end *end,
                        struct ebb_error *error)
{
    const struct request *request = opaque;
    struct record record = {.settings = *request->settings, .signals = &request->signals};
    int wait_status = 0, status = prepare(&record, request->arguments, run == 1, error);

    if (status == 0) {
        status = run_qemu(&record, &wait_status, error);
        if (status == 0) {
            status = conclude(&record, wait_status, error);
        }
        if (record.directory && recording_remove_empty(record.directory, &record.made)) {
            free(record.directory);
            record.directory = NULL;
        }
    }
    if (status == 0) {
        tell_end(&record, end);
    }
    record_free(&record);
    return status;
}

/* The signals stay blocked, since ebb ends when this returns: one that comes when all is said must
 * not change the exit status. */
static int repeat(struct request *request, struct ebb_error *error)
{
    sigset_t end;

    stop_signals_set(&end, true);
    sigprocmask(SIG_BLOCK, &end, NULL);
    return record_repeat(request->settings, record_guest, request, error);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct record_settings settings;
    struct request request = {.arguments = arguments, .settings = &settings};
    struct run_end end = {0};
    int status;

    if (record_settings_parse(arguments, &settings, error) < 0) {
        return -1;
    }
    if (settings.attach) {
        return record_attach(&settings, error);
    }
    if (settings.detach) {
        return record_detach(&settings, error);
    }
    if (settings.rescan) {
        return record_rescan(&settings, error);
    }
    sigprocmask(SIG_BLOCK, NULL, &request.signals);
    if (settings.until_count) {
        return repeat(&request, error);
    }
    status = record_guest(&request, 1, &end, error);
    run_end_clear(&end);
    return status;
}

const struct command command_record = {
    .name = "record",
    .summary = "runs a guest in QEMU and records it",
    .rest = "QEMU-ARGUMENT...",
    .repeated_option = RECORD_REPEATED_OPTION,
    .own_options_first = true,
    .description =
        "Runs qemu-system-aarch64 of Ebb's own build with the arguments given, and records the "
        "guest until it powers off, or QEMU ends by its monitor's quit, SIGINT or SIGTERM. The "
        "first word that is not one of the options below begins QEMU's arguments; or a \"--\" "
        "does, before which all words have to be such options. The recorder is added to these "
        "arguments.\n\n"
        "With tcg (emulation, on every host) -icount shift=1 is added, if there is no -icount. "
        "With kvm (on an ARM host, at its speed) the guest is the machine virt with a GICv2 that "
        "QEMU emulates, a memory-mapped timer (or the CPU's own: --guest-clock) and the host's "
        "CPU, less what cannot be replayed: "
        "PMU, SVE, pointer authentication. What QEMU's arguments say to the contrary is replaced, "
        "and a line on standard error says so. A 32-bit -cpu makes a 32-bit guest.\n\n"
        "What cannot be recorded is refused before the guest starts: more than one CPU, "
        "snapshots to start from, a debugger on the running guest, and a pace of guest time that "
        "is not fixed.\n\n"
        "With --control SOCKET, --attach and --detach start and stop recording while the guest "
        "runs, each time into a new directory. They set properties of the object /objects/ebb0, "
        "which QEMU's monitor can do as well: qom-set /objects/ebb0 directory DIR, then qom-set "
        "/objects/ebb0 recording true, or false.\n\n"
        "With kvm, what the guest reads from its CPU's counter and timers, and the random numbers "
        "that cannot be hidden from it, are recorded where the instruction was in the guest's "
        "image. For code that comes later (firmware that unpacks itself, modules) --rescan looks "
        "for such instructions in the guest's memory at any time, --rescan-at exactly where the "
        "code is entered, and --rescan-on-execute on before a page is first executed.\n\n"
        "On a terminal that is not the guest's console a line tells how the recording goes. At the "
        "end one says where it is and how it ended: \"recorded into DIR (power-off)\"; with "
        "--until that is a part of what is told of the condition, and without a terminal --stats "
        "and --control leave it out. The exit status is 0 if the recording ended in good order, "
        "whatever the guest thinks of itself; --stats has QEMU's own exit status. A recording that "
        "was cut off (full disk, kill -9) can be replayed up to its last whole block.\n\n"
        "With --until it is 0 if the guest failed, that is if one of the conditions ended the "
        "recording, and 7 if it did not or nothing was recorded, so that \"ebb record --until ... "
        "&& ebb replay\" opens gdb where the guest has failed, and only then. With --repeat it "
        "runs until it fails; a disk that it writes to should be given with -snapshot, so that all "
        "runs begin alike.",
    .examples = "ebb record -M virt -cpu cortex-a72 -nographic -kernel vmlinuz -initrd initrd\n"
                "ebb record -o first --keyframe-interval 500M -- -M virt -nographic -bios "
                "u-boot.bin\n"
                "# a flight recorder: what led to the crash, and no more\n"
                "ebb record --last 60s -- -M virt -cpu host -nographic -kernel vmlinuz\n"
                "# run it until it panics, and look at that in gdb\n"
                "ebb record --until panic --until timeout:300 --repeat 100 -- -M virt -nographic "
                "-kernel vmlinux && ebb replay\n"
                "# record a part of a run\n"
                "ebb record --wait --control guest.sock -- -M virt -cpu host -nographic -kernel "
                "vmlinuz\n"
                "ebb record --attach guest.sock -o part\n"
                "ebb record --detach guest.sock\n",
    .options = record_options,
    .run = run,
};
