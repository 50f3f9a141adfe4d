/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_process.h"

#include "printable.h"

#include "walls/namespaces.h"
#include "walls/privileges.h"
#include "walls/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the worker finds its end of the socket. */
#define WORKER_SOCKET 3

#define REAP_PATIENCE 1000 /* milliseconds for a worker to exit by itself */

/* Beside this program: installed as bin/ and libexec/ebb/, or in a build tree. */
static const char *const places[] = {
    "../libexec/ebb/qemu-system-aarch64",
    "qemu/qemu-system-aarch64",
    "../qemu/qemu-system-aarch64",
};

static char *find_beside_program(struct ebb_error *error)
{
    char self[4096], *slash, *path;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (length > 0) {
        self[length] = '\0';
        slash = strrchr(self, '/');
        slash[slash == self] = '\0';
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            if (asprintf(&path, "%s/%s", self, places[i]) < 0) {
                break;
            }
            if (access(path, X_OK) == 0) {
                return path;
            }
            free(path);
        }
    }
    ebb_fail(error, EBB_ERROR_FAILED,
             "there is no QEMU of Ebb's beside ebb; build it, or set EBB_QEMU to its path");
    return NULL;
}

char *worker_process_find(const char *path, struct ebb_error *error)
{
    char *copy;

    if (!path || !*path) {
        path = getenv("EBB_QEMU");
    }
    if (!path || !*path) {
        return find_beside_program(error);
    }
    if (access(path, X_OK)) {
        ebb_fail(error, EBB_ERROR_FAILED, "the QEMU %s cannot be run: %s", path, strerror(errno));
        return NULL;
    }
    copy = strdup(path);
    if (!copy) {
        ebb_fail_memory(error);
    }
    return copy;
}

/* The -M argument; QEMU's option syntax wants commas in values doubled. */
static char *machine_argument(const char *recording, enum worker_purpose purpose)
{
    char *text = malloc(2 * strlen(recording) + 64), *to;

    if (!text) {
        return NULL;
    }
    to = text + sprintf(text, "ebb,recording=");
    for (const char *from = recording; *from; from++) {
        if (*from == ',') {
            *to++ = ',';
        }
        *to++ = *from;
    }
    sprintf(to, ",engine-fd=%d%s", WORKER_SOCKET, purpose == WORKER_RESOLVES ? ",resolve=on" : "");
    return text;
}

struct start {
    const char *recording;
    pid_t engine;
    int worker_end; /* of the socket */
    bool walls;
    char *const *arguments;
};

/* In the child, between fork and exec: system calls only. */
static void become_worker(const struct worker_process *process, const struct start *start)
{
    static const char message[] = "the program cannot be run\n";
    sigset_t none;
    int input, error_log, worker_end;

    /* Ctrl-C in the terminal is for the engine; without the engine a worker has nothing to do. */
    setpgid(0, 0);
    /* In a user namespace of its own it could not read what only root may. */
    if (start->walls && privileges_shed(start->arguments[0], start->recording)) {
        namespaces_leave_network();
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != start->engine) {
        _exit(127);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    input = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* Above the numbers that are about to be replaced, then in place. */
    worker_end = fcntl(start->worker_end, F_DUPFD_CLOEXEC, 10);
    error_log = fcntl(process->error_log, F_DUPFD_CLOEXEC, 10);
    input = fcntl(input, F_DUPFD_CLOEXEC, 10);
    dup2(input, 0);
    dup2(input, 1);
    dup2(error_log, 2);
    dup2(worker_end, WORKER_SOCKET);
    syscall(SYS_close_range, WORKER_SOCKET + 1, ~0u, 0);
    execv(start->arguments[0], start->arguments);
    if (write(2, message, sizeof(message) - 1) < 0) {
        _exit(126);
    }
    _exit(127);
}

static int fork_worker(struct worker_process *process, int worker_end, const char *program,
                       const char *recording, char *machine, struct ebb_error *error)
{
    char *const arguments[] = {(char *)program, "-M",      machine, "-display", "none",
                               "-nodefaults",   "-serial", "none",  "-monitor", "none",
                               "-icount",       "shift=0", NULL};
    const struct start start = {.recording = recording,
                                .engine = getpid(),
                                .worker_end = worker_end,
                                .walls = walls_wanted(),
                                .arguments = arguments};

    process->pid = fork();
    if (process->pid < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a worker: %s", strerror(errno));
    }
    if (process->pid == 0) {
        become_worker(process, &start);
    }
    return 0;
}

int worker_process_spawn(struct worker_process *process, const char *program, const char *recording,
                         enum worker_purpose purpose, struct ebb_error *error)
{
    int ends[2], result = -1;
    char *machine = machine_argument(recording, purpose);

    *process = (struct worker_process){.pid = -1, .socket = -1, .error_log = -1};
    if (!machine) {
        return ebb_fail_memory(error);
    }
    process->error_log = memfd_create("ebb-worker-stderr", MFD_CLOEXEC);
    if (process->error_log < 0 || fcntl(process->error_log, F_SETFL, O_APPEND) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot connect to a worker: %s", strerror(errno));
    } else {
        process->socket = ends[0];
        result = fork_worker(process, ends[1], program, recording, machine, error);
        close(ends[1]);
    }
    free(machine);
    if (result) {
        worker_process_reap(process);
    }
    return result;
}

void worker_process_kill(const struct worker_process *process)
{
    if (process->pid > 0) {
        /* With what a resolving worker has forked: walls keep that in its process group. */
        kill(-process->pid, SIGKILL);
        kill(process->pid, SIGKILL); /* one that has not come to having a group */
    }
}

bool worker_process_hit_walls(const struct worker_process *process)
{
    siginfo_t info = {0};
    int status;

    if (process->pid <= 0) {
        return false;
    }
    /* One that is ending already ends as it would have. */
    worker_process_kill(process);
    do {
        status = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT);
    } while (status && errno == EINTR);
    return status == 0 && info.si_code != CLD_EXITED && info.si_status == SIGSYS;
}

void worker_process_reap(struct worker_process *process)
{
    struct pollfd poll_fd = {.fd = process->socket, .events = POLLIN | POLLRDHUP};

    if (process->pid > 0) {
        /* End of file on the socket is the worker's exit; anything else is not waited for. */
        if (process->socket < 0 || shutdown(process->socket, SHUT_WR) ||
            poll(&poll_fd, 1, REAP_PATIENCE) <= 0 || !(poll_fd.revents & POLLRDHUP)) {
            worker_process_kill(process);
        }
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (process->socket >= 0) {
        close(process->socket);
    }
    if (process->error_log >= 0) {
        close(process->error_log);
    }
    *process = (struct worker_process){.pid = -1, .socket = -1, .error_log = -1};
}

int worker_process_exit_status(const struct worker_process *process)
{
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, process->pid, 0), .events = POLLIN};
    siginfo_t info = {0};

    if (ended.fd >= 0) {
        poll(&ended, 1, REAP_PATIENCE);
        close(ended.fd);
    }
    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid ||
        info.si_code != CLD_EXITED) {
        return -1;
    }
    return info.si_status;
}

/* Reads up to size - 1 bytes at an offset of the error log as one line; returns their number. */
static size_t read_words(const struct worker_process *process, off_t from, char *buffer,
                         size_t size)
{
    ssize_t length = pread(process->error_log, buffer, size - 1, from);

    length = length > 0 ? length : 0;
    for (ssize_t i = 0; i < length; i++) {
        if (strchr("\n\t\r", buffer[i])) { /* NUL as well */
            buffer[i] = ' ';
        }
    }
    while (length > 0 && buffer[length - 1] == ' ') {
        length--;
    }
    buffer[length] = '\0';
    make_printable(buffer, size);
    return (size_t)length;
}

void worker_process_last_words(const struct worker_process *process, char *buffer, size_t size)
{
    off_t end = lseek(process->error_log, 0, SEEK_END);
    size_t used;

    if (end < (off_t)size) {
        read_words(process, 0, buffer, size);
        return;
    }
    /* A fatal error of QEMU begins with what it is, and goes on with all registers; an assertion
     * that fails is at the end. */
    used = read_words(process, 0, buffer, size / 2);
    used += (size_t)snprintf(buffer + used, size - used, " ... ");
    read_words(process, end - (off_t)(size - used - 1), buffer + used, size - used);
}
