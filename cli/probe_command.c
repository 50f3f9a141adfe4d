/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_command.h"

#include "rsp/rsp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_SKIP = 125 }; /* as of git bisect run */
enum { GRACE_MILLISECONDS = 2000 };

/* The command's surroundings: what it needs to look at the position. */
static int set_environment(const struct probe_plan *plan, uint64_t position, const char *socket)
{
    char number[24], offset[24];

    snprintf(number, sizeof(number), "%" PRIu64, position);
    snprintf(offset, sizeof(offset), "0x%" PRIx64, plan->slide.offset);
    if (setenv("EBB_TARGET", socket, 1) < 0 || setenv("EBB_POSITION", number, 1) < 0 ||
        (plan->gdb && setenv("EBB_GDB", plan->gdb, 1) < 0)) {
        return -1;
    }
    unsetenv("EBB_SYMBOLS");
    unsetenv("EBB_SYMBOLS_OFFSET");
    return plan->symbols && (setenv("EBB_SYMBOLS", plan->symbols, 1) < 0 ||
                             setenv("EBB_SYMBOLS_OFFSET", offset, 1) < 0)
               ? -1
               : 0;
}

/* In the child, between fork and exec. What the command prints goes to standard error: standard
 * output is for what was found. Why the command cannot be run is written to failure. */
static void become_command(const struct probe_plan *plan, uint64_t position, const char *socket,
                           pid_t parent, int failure)
{
    sigset_t none;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* All that it starts can be ended together, and the terminal's signals are for us. As a group
     * of this session what it started could be stopped when it uses the terminal. */
    setsid();
    dup2(nothing, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (getppid() == parent) {
        if (set_environment(plan, position, socket) == 0) {
            execvp(plan->command[0], plan->command);
        }
        (void)!write(failure, &errno, sizeof(errno));
    }
    _exit(127);
}

static int watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Serves whoever connects until the command has ended or the lanes are to stop. */
static int serve(struct lane *lane, int listener, int exited, struct ebb_error *error)
{
    struct rsp_options options = {.stop_fd = epoll_create1(EPOLL_CLOEXEC)};
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    struct epoll_event gone;
    struct rsp_result result = {0};
    int status = 0;

    options.big_endian = plan->big_endian;
    if (options.stop_fd < 0 || watch(options.stop_fd, exited) < 0 ||
        watch(options.stop_fd, lanes_stop_fd(lane->lanes)) < 0) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "cannot watch the command: %s", strerror(errno));
    }
    while (status == 0 && epoll_wait(options.stop_fd, &gone, 1, 0) == 0) {
        status = rsp_serve_listener(lane->timeline, listener, &options, &result, error);
    }
    if (options.stop_fd >= 0) {
        close(options.stop_fd);
    }
    return status;
}

static int judge(const struct probe_plan *plan, struct probe *probe, int status,
                 struct ebb_error *error)
{
    if (WIFSIGNALED(status)) {
        return ebb_fail(
            error, EBB_ERROR_UNSUPPORTED,
            "%s was ended by signal %d (%s) at position %" PRIu64 ", which ends the bisection",
            plan->command[0], WTERMSIG(status), strsignal(WTERMSIG(status)), probe->position);
    }
    if (WEXITSTATUS(status) > STATUS_SKIP) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "%s ended with exit status %d at position %" PRIu64
                        ", and one above 125 ends the bisection",
                        plan->command[0], WEXITSTATUS(status), probe->position);
    }
    probe->verdict = WEXITSTATUS(status) == 0             ? BISECTION_GOOD
                     : WEXITSTATUS(status) == STATUS_SKIP ? BISECTION_SKIP
                                                          : BISECTION_BAD;
    if (probe->verdict == BISECTION_SKIP) {
        snprintf(probe->why, sizeof(probe->why), "the command ended with exit status %d",
                 STATUS_SKIP);
    }
    return 0;
}

/* Returns when the command runs, or -1. */
static pid_t start_command(const struct probe_plan *plan, uint64_t position, const char *socket,
                           struct ebb_error *error)
{
    pid_t parent = getpid(), pid;
    int failure[2], why = 0;

    if (pipe2(failure, O_CLOEXEC) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot create a pipe: %s", strerror(errno));
    }
    pid = fork();
    if (pid == 0) {
        become_command(plan, position, socket, parent, failure[1]);
    }
    if (pid < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot start %s: %s", plan->command[0], strerror(errno));
    }
    close(failure[1]);
    if (pid > 0 && read(failure[0], &why, sizeof(why)) > 0) {
        waitpid(pid, NULL, 0);
        pid = ebb_fail(error, EBB_ERROR_UNSUPPORTED, "cannot run %s: %s", plan->command[0],
                       strerror(why));
    }
    close(failure[0]);
    return pid;
}

/* Ends the command and what it started, even if it ignores to be told to. What it started may do so
 * while the command itself does not; nobody can tell, so that the end of the command is the end of
 * all. Until somebody waits for the command, its group is nobody else's. */
static void end_command(pid_t pid, int exited)
{
    struct pollfd poll_exited = {.fd = exited, .events = POLLIN};

    kill(-pid, SIGTERM);
    if (exited >= 0) {
        poll(&poll_exited, 1, GRACE_MILLISECONDS);
    }
    kill(-pid, SIGKILL);
}

static int run(struct lane *lane, struct probe *probe, int listener, const char *socket,
               struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    pid_t pid = start_command(plan, probe->position, socket, error);
    int exited, status, served;

    if (pid < 0) {
        return -1;
    }
    exited = (int)syscall(SYS_pidfd_open, pid, 0);
    served = exited < 0 ? ebb_fail(error, EBB_ERROR_FAILED, "cannot watch %s: %s", plan->command[0],
                                   strerror(errno))
                        : serve(lane, listener, exited, error);
    if (served < 0 || lanes_stopped(lane->lanes)) {
        end_command(pid, exited);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (exited >= 0) {
        close(exited);
    }
    return served < 0 ? -1 : judge(plan, probe, status, error);
}

int probe_command(struct lane *lane, struct probe *probe, struct ebb_error *error)
{
    const struct probe_plan *plan = lanes_plan(lane->lanes);
    char socket[PATH_MAX + 24];
    int listener, status;

    snprintf(socket, sizeof(socket), "%s/command-%u", plan->folder, lane->number);
    listener = rsp_listen_unix(socket, error);
    if (listener < 0) {
        return -1;
    }
    status = run(lane, probe, listener, socket, error);
    close(listener);
    unlink(socket);
    return status;
}
