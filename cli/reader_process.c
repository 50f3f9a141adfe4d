/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reader_process.h"

#include "walls/namespaces.h"
#include "walls/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds of CPU time that the reader may take for one answer. */
#define PATIENCE 60

#define DIED "the process that reads them has died"

#define LOOK_EVERY 1000 /* milliseconds: how often to look how much it has taken */

/* Seconds of CPU time. */
static double time_taken(pid_t process)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(process, &clock) || clock_gettime(clock, &time)) {
        return 0;
    }
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Ends the reader; it has nothing to save. */
static void stop(struct reader_process *reader)
{
    int status = 0;

    if (reader->process > 0) {
        kill(reader->process, SIGKILL);
        while (waitpid(reader->process, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
            reader->lost = "reading them was stopped by its walls (SIGSYS)";
        }
    }
    reader->process = 0;
}

static void lose(struct reader_process *reader, const char *why)
{
    reader->lost = why;
    stop(reader);
}

/* True if there is something to receive, or will never be. */
static bool wait_for_reader(const struct reader_process *reader)
{
    struct pollfd socket = {.fd = reader->socket, .events = POLLIN};
    double before = time_taken(reader->process);

    while (poll(&socket, 1, LOOK_EVERY) <= 0) {
        if (time_taken(reader->process) - before > PATIENCE) {
            return false;
        }
    }
    return true;
}

static _Noreturn void become_reader(void (*serve)(const void *opaque, int socket),
                                    const void *opaque, int socket, pid_t parent)
{
    sigset_t none;

    /* Ctrl-C in the terminal is not for it. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    serve(opaque, socket);
    _exit(0);
}

int reader_process_start(struct reader_process *reader,
                         void (*serve)(const void *opaque, int socket), const void *opaque)
{
    pid_t parent = getpid();
    int ends[2], problem;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        return -1;
    }
    reader->started = true;
    reader->socket = ends[0];
    reader->process = fork();
    if (reader->process == 0) {
        become_reader(serve, opaque, ends[1], parent);
    }
    problem = errno;
    close(ends[1]);
    errno = problem;
    return reader->process < 0 ? -1 : 0;
}

void reader_process_end(struct reader_process *reader)
{
    stop(reader);
    if (reader->started) {
        close(reader->socket);
    }
}

void reader_process_send(struct reader_process *reader, const void *question, size_t size)
{
    if (!reader->lost && send(reader->socket, question, size, MSG_NOSIGNAL) != (ssize_t)size) {
        lose(reader, DIED);
    }
}

bool reader_process_receive(struct reader_process *reader, void *answer, size_t size)
{
    char *to = answer;

    while (size && !reader->lost) {
        ssize_t got;

        if (!wait_for_reader(reader)) {
            lose(reader, "reading them takes too long");
            break;
        }
        got = recv(reader->socket, to, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            lose(reader, DIED);
            break;
        }
        to += got;
        size -= (size_t)got;
    }
    return !reader->lost;
}

void reader_process_close_others(int socket)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* libraries complain of damage on standard error. */
    for (int i = 0; i <= 2; i++) {
        dup2(nowhere, i);
    }
    if (socket > 3) {
        syscall(SYS_close_range, 3, socket - 1, 0);
    }
    syscall(SYS_close_range, socket + 1, ~0u, 0);
}

void reader_process_enclose(uint64_t more_memory)
{
    const struct walls_plan plan = {.kind = WALLS_READER, .more_memory = more_memory};

    if (walls_wanted()) {
        namespaces_leave_network();
        walls_raise(&plan);
    }
}

void reader_process_answer(int socket, const void *answer, size_t size)
{
    const char *from = answer;

    while (size) {
        ssize_t written = write(socket, from, size);

        if (written <= 0) {
            _exit(0);
        }
        from += written;
        size -= (size_t)written;
    }
}
