/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdb_session.h"

#include "json_list.h"

#include "rsp/rsp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLY_FD 3 /* gdb's, for the file that has the requests */

struct gdb_session {
    struct timeline *timeline;
    const char *socket;
    bool big_endian;
    pid_t pid;      /* 0: not started */
    FILE *requests; /* to gdb */
    FILE *replies;
    char *line;
    size_t line_size;
    int listener, ended, stop_fd; /* eventfd; what the server looks at */
    pthread_t server;
    bool serving;
};

static void *serve(void *opaque)
{
    struct gdb_session *session = opaque;
    struct rsp_options options = {
        .stop_fd = session->stop_fd,
        .once = true,
        .big_endian = session->big_endian,
    };
    struct rsp_result result = {0};

    rsp_serve_listener(session->timeline, session->listener, &options, &result, NULL);
    return NULL;
}

static int add_to_epoll(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int start_server(struct gdb_session *session, int stop_fd, struct ebb_error *error)
{
    int status;

    session->listener = rsp_listen_unix(session->socket, error);
    if (session->listener < 0) {
        return -1;
    }
    session->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    session->stop_fd = epoll_create1(EPOLL_CLOEXEC);
    if (session->ended < 0 || session->stop_fd < 0 ||
        add_to_epoll(session->stop_fd, session->ended) < 0 ||
        add_to_epoll(session->stop_fd, stop_fd) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot watch gdb: %s", strerror(errno));
    }
    status = pthread_create(&session->server, NULL, serve, session);
    if (status != 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(status));
    }
    session->serving = true;
    return 0;
}

/* Moves descriptors to where gdb has them; neither may be in the other's place. */
static void place_descriptors(int requests, int replies)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int from = fcntl(requests, F_DUPFD_CLOEXEC, REPLY_FD + 1);
    int to = fcntl(replies, F_DUPFD_CLOEXEC, REPLY_FD + 1);

    dup2(from, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    dup2(to, REPLY_FD);
}

/* In the child, between fork and exec. */
static void become_gdb(char **words, int requests, int replies, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_IGN); /* the terminal's is for us */
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    place_descriptors(requests, replies);
    if (getppid() == parent) {
        execv(words[0], words);
    }
    _exit(127);
}

static int spawn(struct gdb_session *session, char **words, struct ebb_error *error)
{
    int requests[2], replies[2];
    pid_t parent = getpid();

    if (pipe2(requests, O_CLOEXEC) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot create a pipe: %s", strerror(errno));
    }
    if (pipe2(replies, O_CLOEXEC) < 0) {
        close(requests[0]);
        close(requests[1]);
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot create a pipe: %s", strerror(errno));
    }
    session->pid = fork();
    if (session->pid == 0) {
        become_gdb(words, requests[0], replies[1], parent);
    }
    close(requests[0]);
    close(replies[1]);
    session->requests = fdopen(requests[1], "w");
    session->replies = fdopen(replies[0], "r");
    if (session->pid < 0 || !session->requests || !session->replies) {
        session->pid = session->pid < 0 ? 0 : session->pid;
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start gdb: %s", strerror(errno));
    }
    return 0;
}

static int start_gdb(struct gdb_session *session, const struct gdb_session_options *options,
                     struct ebb_error *error)
{
    char script[PATH_MAX];
    char *words[] = {(char *)options->gdb, "-q", "-nx", "-batch", "-x", script, NULL};
    const char *slash = options->script ? strrchr(options->script, '/') : NULL;

    if (!slash ||
        (size_t)snprintf(script, sizeof(script), "%.*s/%s", (int)(slash - options->script),
                         options->script, options->asked) >= sizeof(script) ||
        access(script, R_OK) < 0) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "gdb-scripts/%s is not installed; EBB_GDB_SCRIPTS names the folder that it "
                        "is in",
                        options->asked);
    }
    return spawn(session, words, error);
}

int gdb_session_check_text(const char *what, const char *text, struct ebb_error *error)
{
    json_t *string = json_string(text);
    bool valid = string != NULL;

    json_decref(string);
    return valid ? 0
                 : ebb_fail(error, EBB_ERROR_USAGE,
                            "%s is no valid UTF-8, which is all that gdb is given", what);
}

static int connect_gdb(struct gdb_session *session, const struct gdb_session_options *options,
                       struct ebb_error *error)
{
    json_t *request, *reply;

    if (options->symbols &&
        gdb_session_check_text("the name of the file with the symbols", options->symbols, error)) {
        return -1;
    }
    request = json_pack("{s:s}", "do", "open");
    if (request && session->timeline) {
        json_object_set_new(request, "target", json_string(options->socket));
    }
    if (request && options->symbols) {
        json_object_set_new(request, "symbols", json_string(options->symbols));
        json_object_set_new(request, "offset", json_integer((json_int_t)options->offset));
    }
    reply = gdb_session_ask(session, request, error);
    json_decref(reply);
    return reply ? 0 : -1;
}

struct gdb_session *gdb_session_start(struct timeline *timeline,
                                      const struct gdb_session_options *options,
                                      struct ebb_error *error)
{
    struct gdb_session *session = calloc(1, sizeof(*session));

    if (!session) {
        ebb_fail_memory(error);
        return NULL;
    }
    *session = (struct gdb_session){.timeline = timeline,
                                    .socket = options->socket,
                                    .big_endian = options->big_endian,
                                    .listener = -1,
                                    .ended = -1,
                                    .stop_fd = -1};
    if ((!timeline || start_server(session, options->stop_fd, error) == 0) &&
        start_gdb(session, options, error) == 0 && connect_gdb(session, options, error) == 0) {
        return session;
    }
    gdb_session_end(session);
    return NULL;
}

static int fail_without_gdb(struct gdb_session *session, struct ebb_error *error)
{
    int status = 0;

    if (session->pid > 0 && waitpid(session->pid, &status, WNOHANG) == session->pid) {
        session->pid = 0;
    }
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                    "gdb has ended before it gave an answer%s; it has to have Python, as Debian's "
                    "gdb-multiarch has (EBB_GDB names another one)",
                    WIFSIGNALED(status) ? ", by a signal" : "");
}

/* gdb's messages are sentences with a full stop. */
static int check_reply(const json_t *reply, struct ebb_error *error)
{
    const char *text = json_string_value(json_object_get(reply, "error"));
    const char *unreachable = json_string_value(json_object_get(reply, "unreachable"));
    size_t length = text ? strcspn(text, "\n") : 0;

    if (unreachable) {
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s", unreachable);
    }
    if (!text) {
        return 0;
    }
    if (strncmp(text, "No symbol table is loaded", 25) == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there are no symbols, and the expression names one; --symbols names the "
                        "ELF file that has them");
    }
    length -= length && text[length - 1] == '.';
    return ebb_fail(error, EBB_ERROR_USAGE, "gdb: %.*s", (int)length, text);
}

/* Waits for gdb's answer, but no longer than it is wanted: gdb does not notice that its server has
 * gone. */
static int wait_for_reply(struct gdb_session *session, struct ebb_error *error)
{
    struct pollfd files[] = {
        {.fd = fileno(session->replies), .events = POLLIN},
        {.fd = session->stop_fd, .events = POLLIN},
    };

    while (poll(files, 2, -1) < 0 && errno == EINTR) {
    }
    /* An answer that is there as well may be about the end itself: that the server's move ended. */
    return files[1].revents ? ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped") : 0;
}

json_t *gdb_session_ask(struct gdb_session *session, json_t *request, struct ebb_error *error)
{
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_error_t reason;
    json_t *reply;

    json_decref(request);
    if (!text) {
        ebb_fail_memory(error);
        return NULL;
    }
    fprintf(session->requests, "%s\n", text);
    free(text);
    if (fflush(session->requests) == EOF) {
        fail_without_gdb(session, error);
        return NULL;
    }
    if (wait_for_reply(session, error) < 0) {
        return NULL;
    }
    if (getline(&session->line, &session->line_size, session->replies) <= 0) {
        fail_without_gdb(session, error);
        return NULL;
    }
    reply = json_loads(session->line, JSON_ALLOW_NUL, &reason);
    if (!reply) {
        ebb_fail(error, EBB_ERROR_UNSUPPORTED, "gdb's answer is not JSON: %s", reason.text);
        return NULL;
    }
    if (check_reply(reply, error) < 0) {
        json_decref(reply);
        return NULL;
    }
    return reply;
}

int gdb_session_memory(const json_t *object, uint64_t *address, uint64_t *size)
{
    return json_read_number(json_object_get(object, "address"), address) < 0
               ? -1
               : json_read_number(json_object_get(object, "size"), size);
}

static void end_gdb(struct gdb_session *session)
{
    if (session->requests) {
        fclose(session->requests);
    }
    if (session->pid > 0) {
        /* What it might write to does not matter: nothing of it is left but the process. */
        kill(session->pid, SIGKILL);
        while (waitpid(session->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (session->replies) {
        fclose(session->replies);
    }
}

static void end_server(struct gdb_session *session)
{
    const uint64_t one = 1;

    if (session->serving) {
        (void)!write(session->ended, &one, sizeof(one));
        pthread_join(session->server, NULL);
    }
    if (session->listener >= 0) {
        close(session->listener);
        unlink(session->socket);
    }
    if (session->ended >= 0) {
        close(session->ended);
    }
    if (session->stop_fd >= 0) {
        close(session->stop_fd);
    }
}

void gdb_session_end(struct gdb_session *session)
{
    if (!session) {
        return;
    }
    end_gdb(session);
    end_server(session);
    free(session->line);
    free(session);
}
