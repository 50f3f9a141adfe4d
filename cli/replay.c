/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb replay: serves a recording to gdb. */
#include "commands.h"
#include "debugger.h"
#include "notices.h"
#include "opening.h"
#include "private_folder.h"
#include "programs.h"
#include "progress.h"
#include "recording.h"
#include "served_facts.h"
#include "slide.h"
#include "stop_signals.h"
#include "symbol_file.h"
#include "until.h"
#include "walls_check.h"

#include "engine/worker_client.h"
#include "rsp/rsp.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    REPLAY_STDIO,
    REPLAY_LISTEN,
    REPLAY_ANYWHERE,
    REPLAY_AT,
    REPLAY_SYMBOLS,
    REPLAY_MEMORY,
    REPLAY_WORKERS,
};

struct replay {
    const struct arguments *arguments;
    struct recording recording;
    struct progress progress;
    struct opening *opening; /* a server waits for the timeline; NULL: none does */
    struct timeline *timeline;
    char *symbols; /* file; NULL: none */
    struct slide slide;
    struct rsp_recording facts;
    struct rsp_options options;
    struct rsp_result result;
    struct rsp_result served; /* by another thread */
    sigset_t stop_signals;    /* blocked; they end the server through signals_fd */
    int signals_fd;
};

/* From here on SIGTERM and SIGHUP, and SIGINT if it is ours, make the server end. */
static int catch_signals(struct replay *replay, bool interrupt, struct ebb_error *error)
{
    stop_signals_set(&replay->stop_signals, interrupt);
    sigprocmask(SIG_BLOCK, &replay->stop_signals, NULL);
    replay->signals_fd = signalfd(-1, &replay->stop_signals, SFD_CLOEXEC);
    if (replay->signals_fd < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot wait for signals: %s", strerror(errno));
    }
    replay->options.stop_fd = replay->signals_fd;
    return 0;
}

static int seek(struct replay *replay, const char *at, struct ebb_error *error)
{
    uint64_t begin = timeline_begin(replay->timeline), end = timeline_end(replay->timeline);
    struct timeline_stop stop;
    uint64_t position;

    if (strcmp(at, "until") == 0 && replay->recording.manifest->until.condition) {
        /* The timeline's log: that of the recording may have had counts when it was opened. */
        if (until_place(replay->recording.manifest, timeline_log(replay->timeline), &position,
                        error) < 0) {
            return -1;
        }
        position = position < begin ? begin : position > end ? end : position;
    } else if (recording_position(&replay->recording, at, "--at", &position, error) < 0) {
        return -1;
    }
    if (strcmp(at, "begin") == 0) {
        position = begin;
    } else if (strcmp(at, "end") == 0) {
        position = end;
    }
    if (position < begin || position > end) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--at: position %llu is outside of the recording, which goes from %llu to "
                        "%llu",
                        (unsigned long long)position, (unsigned long long)begin,
                        (unsigned long long)end);
    }
    if (timeline_seek(replay->timeline, position, &stop, error) < 0) {
        return -1;
    }
    if (stop.reason == TIMELINE_STOP_INTERRUPTED) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    if (stop.reason == TIMELINE_STOP_DIVERGED) {
        /* The place just before is what one wants to look at, so gdb gets it. */
        replay->result.diverged = true;
        fprintf(stderr, "%s\n", stop.report ? stop.report : "replay and log disagree");
    }
    if (stop.reason == TIMELINE_STOP_DAMAGED) {
        replay->result.damaged = true;
        fprintf(stderr, "ebb: %s\n", stop.report ? stop.report : "the recording is damaged");
    }
    return 0;
}

/* Finds out where the guest has moved what the symbols are of. Without a gdb of ours it is the user
 * who has to know, and symbols that he did not name are looked at if they are a kernel's. */
static int find_slide(struct replay *replay, bool own_gdb, struct ebb_error *error)
{
    struct symbols *symbols = replay->symbols ? symbols_open(replay->symbols, NULL) : NULL;
    uint64_t banner;
    int status = 0;

    if (!symbols) {
        return 0; /* gdb will say why it cannot read them */
    }
    if (own_gdb || replay->arguments->values[REPLAY_SYMBOLS] ||
        symbols_lookup(symbols, "linux_banner", &banner)) {
        status = slide_find(&replay->slide, replay->timeline, symbols, error);
    }
    symbols_close(symbols);
    return status;
}

static void show_progress(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct replay *replay = opaque;

    progress_show(&replay->progress, position, from, to);
    if (replay->opening && replay->progress.timeline) { /* on the way to --at */
        uint64_t done = position > from ? position - from : 0, all = to > from ? to - from : 1;

        opening_tell(replay->opening, "replaying", (int)(100.0 * (double)done / (double)all));
        if (opening_is_abandoned(replay->opening)) {
            timeline_interrupt(replay->timeline);
        }
    }
}

static bool show_resolving(void *opaque, const struct resolve_status *status)
{
    struct replay *replay = opaque;

    if (replay->opening) {
        double all = status->total > 0 ? (double)status->total : 1;

        opening_tell(replay->opening, "resolving", (int)(100.0 * (double)status->done / all));
        if (opening_is_abandoned(replay->opening)) {
            return false;
        }
    }
    return progress_resolving(&replay->progress, status);
}

static char *describe_worker(void *opaque, const char *name)
{
    char *text;

    return worker_client_target_xml(opaque, name, &text, NULL) < 0 ? NULL : text;
}

static char *describe_timeline(void *opaque, const char *name)
{
    const char *text = timeline_target_xml(opaque, name);

    return text ? strdup(text) : NULL;
}

/* Finding the positions of a recording made under KVM takes long, and gdb does not wait so long for
 * the description of the target: a worker that only tells that is there at once. */
static void describe_early(struct replay *replay)
{
    char *program = worker_process_find(NULL, NULL);
    struct worker_client *worker =
        program ? worker_client_start(program, replay->recording.directory, WORKER_RESOLVES, NULL)
                : NULL;

    if (worker) {
        opening_describe(replay->opening, describe_worker, worker);
        worker_client_stop(worker);
    }
    free(program);
}

/* Where the user says, or what has ended the recording was met; NULL: at the beginning. */
static const char *where_to_open(const struct replay *replay)
{
    const char *at = replay->arguments->values[REPLAY_AT];

    return at || !replay->recording.manifest->until.condition ? at : "until";
}

/* Says why this is not the beginning. */
static void tell_until(const struct replay *replay)
{
    const struct manifest_until *until = &replay->recording.manifest->until;
    char *what = until->condition ? until_describe(until->condition, until->line) : NULL;

    if (what && !replay->arguments->values[REPLAY_AT]) {
        fprintf(stderr, "ebb: at position %llu, where the guest met %s\n",
                (unsigned long long)timeline_position(replay->timeline), what);
    }
    free(what);
}

static int open_timeline(struct replay *replay, bool own_gdb, struct ebb_error *error)
{
    const char *memory = replay->arguments->values[REPLAY_MEMORY];
    const char *workers = replay->arguments->values[REPLAY_WORKERS];
    const char *at = where_to_open(replay);
    unsigned long long bytes = 0, count = 0;
    struct timeline_options options = {
        .recording = replay->recording.directory,
        .replacing = progress_replacing,
        .progress = show_progress,
        .progress_opaque = replay,
        .resolving = show_resolving,
        .resolving_opaque = replay,
    };
    bool describes_early = replay->opening && replay->recording.counts;
    int status = 0;

    if ((memory && options_size(memory, "--memory", &bytes, error) < 0) ||
        (workers && options_number(workers, "--workers", 64, &count, error) < 0)) {
        return -1;
    }
    options.memory_budget = bytes;
    options.workers = (unsigned)count;
    progress_begin(&replay->progress, "replaying");
    if (describes_early) {
        describe_early(replay);
    }
    replay->timeline = timeline_open(&options, error);
    if (replay->timeline && replay->opening && !describes_early) {
        opening_describe(replay->opening, describe_timeline, replay->timeline);
    }
    if (!replay->timeline) {
        status = -1;
    } else {
        replay->progress.timeline = replay->timeline;
        status = find_slide(replay, own_gdb, error);
    }
    if (status == 0 && at) {
        status = seek(replay, at, error);
    }
    progress_end(&replay->progress);
    if (status == 0) {
        notices_tell(&replay->recording, replay->timeline);
        tell_until(replay);
        slide_tell(&replay->slide, replay->symbols, !own_gdb);
    }
    /* The timeline goes on calling progress_show(), but the terminal is gdb's now. */
    replay->progress.on_terminal = false;
    replay->progress.timeline = NULL;
    return status;
}

/* A server that runs while the timeline is opened. */
struct server {
    struct replay *replay;
    struct rsp_opening opening;
    int listener; /* -1: standard input and output */
    int status;
    struct ebb_error error;
};

static void *run_server(void *opaque)
{
    struct server *server = opaque;
    struct replay *replay = server->replay;

    if (server->listener < 0) {
        server->status = rsp_serve_fds(NULL, STDIN_FILENO, STDOUT_FILENO, &replay->options,
                                       &replay->served, &server->error);
    } else {
        server->status = rsp_serve_listener(NULL, server->listener, &replay->options,
                                            &replay->served, &server->error);
    }
    opening_abandon(replay->opening);
    return NULL;
}

/* Becomes readable when the server has to end: at a signal, or once something is written to
 * *failed, an eventfd. */
static int make_stop_fd(const struct replay *replay, int *failed, struct ebb_error *error)
{
    struct epoll_event event = {.events = EPOLLIN};
    int stop = epoll_create1(EPOLL_CLOEXEC);

    *failed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop < 0 || *failed < 0 || epoll_ctl(stop, EPOLL_CTL_ADD, replay->signals_fd, &event) < 0 ||
        epoll_ctl(stop, EPOLL_CTL_ADD, *failed, &event) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot wait for signals: %s", strerror(errno));
    }
    return stop;
}

/* Opens the timeline in this thread, which workers live and die with, and serves it in another. */
static int open_and_serve(struct replay *replay, struct server *server, int failed,
                          struct ebb_error *error)
{
    const uint64_t one = 1;
    pthread_t thread;
    int status = pthread_create(&thread, NULL, run_server, server);

    if (status != 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(status));
    }
    status = open_timeline(replay, false, error);
    opening_publish(replay->opening, status == 0 ? replay->timeline : NULL);
    if (status < 0) {
        (void)!write(failed, &one, sizeof(one));
    }
    pthread_join(thread, NULL);
    replay->result.diverged |= replay->served.diverged;
    replay->result.damaged |= replay->served.damaged;
    if (status == 0 && server->status < 0) {
        *error = server->error;
        status = -1;
    }
    return status;
}

/* gdb waits two seconds for an answer, so it gets some while the recording is being opened. */
static int serve_early(struct replay *replay, int listener, struct ebb_error *error)
{
    struct opening opening;
    struct server server = {
        .replay = replay,
        .opening = {.opaque = &opening, .wait = opening_wait, .document = opening_document},
        .listener = listener,
    };
    int status = -1, failed = -1, stop = make_stop_fd(replay, &failed, error);

    if (stop >= 0) {
        opening_init(&opening);
        replay->opening = &opening;
        replay->options.stop_fd = stop;
        replay->options.opening = &server.opening;
        status = open_and_serve(replay, &server, failed, error);
        replay->opening = NULL;
        opening_free(&opening);
        close(stop);
    }
    if (failed >= 0) {
        close(failed);
    }
    return status;
}

static int serve_stdio(struct replay *replay, struct ebb_error *error)
{
    if (isatty(STDIN_FILENO)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--stdio is for gdb: target remote | ebb replay --stdio %s",
                        replay->recording.directory);
    }
    if (catch_signals(replay, true, error) < 0) {
        return -1;
    }
    return serve_early(replay, -1, error);
}

static int serve_listen(struct replay *replay, const char *address, struct ebb_error *error)
{
    const char *path = strncmp(address, "unix:", 5) == 0 ? address + 5 : NULL;
    bool anywhere = replay->arguments->values[REPLAY_ANYWHERE] != NULL;
    char name[PATH_MAX];
    int listener, status = -1;

    listener = path ? rsp_listen_unix(path, error) : rsp_listen_tcp(address, anywhere, error);
    if (listener < 0) {
        return -1;
    }
    if (catch_signals(replay, true, error) == 0 &&
        rsp_listener_name(listener, name, sizeof(name), error) == 0) {
        fprintf(stderr, "ebb: %s is served; in gdb: target remote %s\n",
                replay->recording.directory, name);
        status = serve_early(replay, listener, error);
    }
    close(listener);
    if (path) {
        unlink(path);
    }
    return status;
}

/* Serves gdb until it has exited, as often as it connects. */
static int serve_debugger(struct replay *replay, int listener, struct debugger *debugger,
                          struct ebb_error *error)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct epoll_event gone;
    int stop = epoll_create1(EPOLL_CLOEXEC), status = 0;
    struct rsp_result all = replay->result;

    if (stop < 0 || epoll_ctl(stop, EPOLL_CTL_ADD, replay->signals_fd, &event) < 0 ||
        epoll_ctl(stop, EPOLL_CTL_ADD, debugger->exit_fd, &event) < 0) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "cannot watch gdb: %s", strerror(errno));
    }
    replay->options.stop_fd = stop;
    while (status == 0) {
        status = rsp_serve_listener(replay->timeline, listener, &replay->options, &replay->result,
                                    error);
        all.diverged |= replay->result.diverged;
        all.damaged |= replay->result.damaged;
        if (epoll_wait(stop, &gone, 1, 0) > 0) {
            break;
        }
    }
    replay->result.diverged = all.diverged;
    replay->result.damaged = all.damaged;
    if (stop >= 0) {
        close(stop);
    }
    return status;
}

static bool has_pending_signal(const struct replay *replay)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP) ||
           (sigismember(&replay->stop_signals, SIGINT) && sigismember(&pending, SIGINT));
}

/* The server on a socket of its own, and gdb at it. */
static int debug_on_socket(struct replay *replay, const char *path,
                           struct debugger_options *options, struct ebb_error *error)
{
    struct ebb_error serve_error;
    struct debugger debugger;
    int listener, status = -1, served;

    options->server = path;
    listener = rsp_listen_unix(path, error);
    if (listener < 0) {
        return -1;
    }
    if (debugger_start(&debugger, options, error) == 0) {
        served = serve_debugger(replay, listener, &debugger, &serve_error);
        status = debugger_wait(&debugger, served < 0 || has_pending_signal(replay), error);
        if (served < 0) {
            *error = serve_error;
            status = -1;
        }
    }
    close(listener);
    unlink(path);
    return status;
}

/* Plain gdb may be one for its host only. Others are taken at their name: it costs some time. A
 * manifest may have come from anybody, and what else it says of the CPU no gdb is to read. */
static int check_gdb(const struct replay *replay, const char *gdb, struct ebb_error *error)
{
    const char *architecture = replay->recording.manifest->architecture;
    const char *slash = strrchr(gdb, '/');
    bool wide = architecture && strcmp(architecture, "aarch64") == 0;
    bool known = wide || (architecture && strcmp(architecture, "arm") == 0);

    return known && strcmp(slash ? slash + 1 : gdb, "gdb") == 0
               ? programs_check_gdb(gdb, wide, error)
               : 0;
}

static int debug(struct replay *replay, struct ebb_error *error)
{
    const struct arguments *arguments = replay->arguments;
    struct debugger_options options = {
        .arguments = arguments->rest,
        .argument_count = arguments->rest_count,
    };
    char folder[PATH_MAX], path[PATH_MAX + 8];
    char *script = NULL, *gdb = programs_gdb(error);
    int status = -1;

    if (!gdb) {
        return ebb_fail_prefix(error, "without --stdio and --listen gdb is started");
    }
    if (check_gdb(replay, gdb, error) == 0 && catch_signals(replay, false, error) == 0 &&
        open_timeline(replay, true, error) == 0 && private_folder_create(folder, error) == 0) {
        script = programs_gdb_script();
        options.gdb = gdb;
        options.script = script;
        options.symbols = replay->symbols;
        options.slide = replay->slide.offset;
        snprintf(path, sizeof(path), "%s/gdb", folder);
        status = debug_on_socket(replay, path, &options, error);
        rmdir(folder);
    }
    free(script);
    free(gdb);
    return status;
}

static int serve(struct replay *replay, struct ebb_error *error)
{
    const char *listen = replay->arguments->values[REPLAY_LISTEN];
    const char *stdio = replay->arguments->values[REPLAY_STDIO];

    replay->options.big_endian = replay->symbols && symbol_file_is_big_endian(replay->symbols);
    if (stdio && listen) {
        return ebb_fail(error, EBB_ERROR_USAGE, "give one of --stdio and --listen");
    }
    if (replay->arguments->rest_count > 0 && (stdio || listen)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "arguments for gdb make no sense with --stdio or --listen, which start "
                        "none");
    }
    if (stdio) {
        return serve_stdio(replay, error);
    }
    return listen ? serve_listen(replay, listen, error) : debug(replay, error);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct replay replay = {
        .arguments = arguments,
        .options = {.stop_fd = -1},
        .signals_fd = -1,
    };
    int status = recording_open(&replay.recording, arguments, error);

    if (status == 0) {
        status = symbol_file_find(&replay.recording, arguments->values[REPLAY_SYMBOLS],
                                  &replay.symbols, error);
    }
    if (status == 0 && replay.symbols) {
        status = symbol_file_check_for_gdb(&replay.recording, replay.symbols, error);
    }
    if (status == 0) {
        status = served_facts_init(&replay.facts, &replay.recording, error);
    }
    if (status == 0) {
        replay.options.recording = &replay.facts;
        walls_check_before_replay();
        status = serve(&replay, error);
    }
    timeline_close(replay.timeline);
    free(replay.symbols);
    served_facts_free(&replay.facts);
    recording_close(&replay.recording);
    if (replay.signals_fd >= 0) {
        close(replay.signals_fd);
    }
    if (status == 0 && replay.result.damaged) {
        status = ebb_fail(error, EBB_ERROR_CORRUPT,
                          "the session came to where the recording is damaged; ebb verify tells "
                          "what is left of it");
    }
    if (status == 0 && replay.result.diverged) {
        status = ebb_fail(error, EBB_ERROR_DIVERGED,
                          "replay and log disagreed during the session; ebb verify tells where");
    }
    return status;
}

static const struct option_spec options[] = {
    [REPLAY_STDIO] = {"stdio", 0, NULL,
                      "Serves the gdb at the other end of standard input and output, as in "
                      "\"target remote | ebb replay --stdio RECORDING\"."},
    [REPLAY_LISTEN] = {"listen", 0, "unix:PATH|HOST:PORT",
                       "Serves whoever connects to this Unix socket or this TCP port of the "
                       "loopback interface, one after the other, until one of them gives the "
                       "command kill. With \"target extended-remote\" a debugger keeps the "
                       "connection after detach and kill, and run goes to the beginning."},
    [REPLAY_ANYWHERE] = {"anywhere", 0, NULL,
                         "Lets --listen take an address that other machines can reach. Whoever "
                         "connects can read all of the guest's memory."},
    [REPLAY_AT] = {"at", 0, "begin|end|until|POSITION",
                   "Starts at this position; until: where what ended the recording was met (ebb "
                   "record --until). Default: until, if there is one, else begin."},
    [REPLAY_SYMBOLS] = {"symbols", 0, "ELF",
                        "A file with the guest's symbols, in the place of the one that the "
                        "recording names, if that is an ELF file on this machine. gdb gets it. A "
                        "kernel that has moved itself (KASLR) is followed: gdb is told how far; "
                        "with --stdio and --listen, you are."},
    [REPLAY_MEMORY] = {"memory", 0, "SIZE",
                       "Memory for checkpoints, in bytes or with K, M, G or T; default: a quarter "
                       "of this machine's."},
    [REPLAY_WORKERS] = {"workers", 0, "N",
                        "Workers for searches, a process each; default: one per CPU, at most 4."},
    {0},
};

const struct command command_replay = {
    .name = "replay",
    .summary = "debugs a recording with gdb, forwards and backwards",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .rest = "GDB-ARGUMENT...",
    .description =
        "Starts a server for the recording and gdb connected to it. gdb's reverse- commands work, "
        "breakpoints and watchpoints in both directions. What stands behind -- is given to gdb. "
        "In gdb, \"ebb position\" tells where in the recording one is, \"ebb goto\" goes to "
        "another position, and \"help ebb\" tells about more commands.\n\n"
        "Writes to memory and registers, and functions called from gdb, happen in a diversion: "
        "the next move in time drops it, and the recording stays as it is.\n\n"
        "The server can also be used without the gdb started here, see --stdio and --listen. The "
        "exit status is 3 if replay and recording disagreed on the way, and 4 if the way led to "
        "where the recording is damaged.",
    .examples =
        "ebb replay --at end\n"
        "# run the guest until it panics, and look at that\n"
        "ebb record --until panic --repeat 100 -- -M virt -nographic -kernel vmlinux && ebb "
        "replay\n"
        "ebb replay --symbols vmlinux ebb-recording-3 -- -x breakpoints.gdb\n"
        "gdb-multiarch vmlinux -ex \"target remote | ebb replay --stdio ebb-recording-3\"\n",
    .options = options,
    .run = run,
};
