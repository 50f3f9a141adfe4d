/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbols.h"

#include "symbol_question.h"
#include "symbol_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds of CPU time that the reader may take for one answer. */
#define PATIENCE 60

#define DIED "the process that reads them has died"

#define LOOK_EVERY 1000 /* milliseconds: how often to look how much it has taken */

struct symbols {
    pid_t reader; /* 0: it has ended */
    int socket;
    bool wide;
    uint64_t offset; /* a guest's address less the file's */
    struct symbol_answer answer;
    const char *lost; /* why there are no more answers; NULL: there are */
};

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
static void stop_reader(struct symbols *symbols)
{
    int status = 0;

    if (symbols->reader > 0) {
        kill(symbols->reader, SIGKILL);
        while (waitpid(symbols->reader, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
            symbols->lost = "reading them was stopped by its walls (SIGSYS)";
        }
    }
    symbols->reader = 0;
}

static void lose(struct symbols *symbols, const char *why)
{
    symbols->lost = why;
    stop_reader(symbols);
}

/* True if there is something to receive, or will never be. */
static bool wait_for_reader(const struct symbols *symbols)
{
    struct pollfd socket = {.fd = symbols->socket, .events = POLLIN};
    double before = time_taken(symbols->reader);

    while (poll(&socket, 1, LOOK_EVERY) <= 0) {
        if (time_taken(symbols->reader) - before > PATIENCE) {
            return false;
        }
    }
    return true;
}

/* What is a text only if the reader is what it should be. */
static void check_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (size_t i = 0; text[i]; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}

static void receive_answer(struct symbols *symbols)
{
    struct symbol_answer *answer = &symbols->answer;
    char *to = (char *)answer;

    for (size_t size = sizeof(*answer); size && !symbols->lost;) {
        ssize_t got;

        if (!wait_for_reader(symbols)) {
            lose(symbols, "reading them takes too long");
            break;
        }
        got = recv(symbols->socket, to, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            lose(symbols, DIED);
            break;
        }
        to += got;
        size -= (size_t)got;
    }
    if (symbols->lost) {
        memset(answer, 0, sizeof(*answer));
    }
    check_text(answer->function, sizeof(answer->function));
    check_text(answer->file, sizeof(answer->file));
    check_text(answer->problem, sizeof(answer->problem));
}

static _Noreturn void become_reader(const char *path, int socket, pid_t parent)
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
    symbol_reader_serve(path, socket);
}

static int start_reader(struct symbols *symbols, const char *path, struct ebb_error *error)
{
    pid_t parent = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols: %s", strerror(errno));
    }
    symbols->socket = ends[0];
    symbols->reader = fork();
    if (symbols->reader == 0) {
        become_reader(path, ends[1], parent);
    }
    close(ends[1]);
    if (symbols->reader < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols: %s", strerror(errno));
    }
    receive_answer(symbols);
    if (symbols->lost || symbols->answer.failed) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols from %s: %s", path,
                        symbols->lost ? symbols->lost : symbols->answer.problem);
    }
    symbols->wide = symbols->answer.wide;
    return 0;
}

struct symbols *symbols_open(const char *path, struct ebb_error *error)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));

    if (!symbols) {
        ebb_fail_memory(error);
        return NULL;
    }
    symbols->socket = -1;
    if (start_reader(symbols, path, error)) {
        symbols_close(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols) {
        stop_reader(symbols);
        if (symbols->socket >= 0) {
            close(symbols->socket);
        }
        free(symbols);
    }
}

/* Leaves an empty answer if there are none any more. */
static const struct symbol_answer *ask(struct symbols *symbols,
                                       const struct symbol_question *question)
{
    if (!symbols->lost &&
        send(symbols->socket, question, sizeof(*question), MSG_NOSIGNAL) != sizeof(*question)) {
        lose(symbols, DIED);
    }
    receive_answer(symbols);
    return &symbols->answer;
}

bool symbols_are_wide(const struct symbols *symbols)
{
    return symbols->wide;
}

bool symbols_lookup(struct symbols *symbols, const char *name, uint64_t *address)
{
    struct symbol_question question = {.kind = SYMBOLS_LOOKUP};
    const struct symbol_answer *answer;

    if (strlen(name) >= sizeof(question.name)) {
        return false;
    }
    strcpy(question.name, name);
    answer = ask(symbols, &question);
    if (answer->found) {
        *address = answer->value;
    }
    return answer->found;
}

bool symbols_has_code_at(struct symbols *symbols, uint64_t address)
{
    const struct symbol_question question = {.kind = SYMBOLS_CODE_AT, .address = address};

    return ask(symbols, &question)->found;
}

size_t symbols_read(struct symbols *symbols, uint64_t address, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        struct symbol_question question = {.kind = SYMBOLS_READ, .address = address + done};
        const struct symbol_answer *answer;

        question.size =
            (uint32_t)(size - done < sizeof(answer->data) ? size - done : sizeof(answer->data));
        answer = ask(symbols, &question);
        if (answer->size == 0 || answer->size > question.size) {
            break;
        }
        memcpy((char *)buffer + done, answer->data, answer->size);
        done += answer->size;
        if (answer->size < question.size) {
            break;
        }
    }
    return done;
}

void symbols_move(struct symbols *symbols, uint64_t offset)
{
    symbols->offset = offset;
}

void symbols_find(struct symbols *symbols, uint64_t address, struct symbols_location *location)
{
    const struct symbol_question question = {.kind = SYMBOLS_FIND,
                                             .address = address - symbols->offset};
    const struct symbol_answer *answer = ask(symbols, &question);

    *location = (struct symbols_location){0};
    if (answer->function[0]) {
        location->function = answer->function;
        location->offset = answer->offset;
    }
    if (answer->file[0]) {
        location->file = answer->file;
        location->line = answer->line;
    }
}

void symbols_describe(struct symbols *symbols, uint64_t address, char *buffer, size_t size)
{
    struct symbols_location location;
    int used = 0;

    symbols_find(symbols, address, &location);
    buffer[0] = '\0';
    if (symbols->lost) {
        snprintf(buffer, size, "(symbols are lost: %s)", symbols->lost);
    }
    if (location.function) {
        used = snprintf(buffer, size, "%s+0x%llx", location.function,
                        (unsigned long long)location.offset);
    }
    if (location.file && location.line && used >= 0 && (size_t)used < size) {
        snprintf(buffer + used, size - (size_t)used, "%s(%s:%u)", used ? " " : "", location.file,
                 location.line);
    }
}
