/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What belongs to processes, as far as a bare machine can have it. */
#include "guest.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROCESS 42

int errno;
static sighandler_t handlers[NSIG];

sighandler_t signal(int number, sighandler_t handler)
{
    sighandler_t old;

    if (number <= 0 || number >= NSIG) {
        errno = EINVAL;
        return SIG_ERR;
    }
    old = handlers[number];
    handlers[number] = handler;
    return old;
}

int raise(int number)
{
    sighandler_t handler;

    if (number <= 0 || number >= NSIG) {
        errno = EINVAL;
        return -1;
    }
    handler = handlers[number];
    if (handler == SIG_DFL && number != SIGCHLD && number != SIGURG && number != SIGCONT) {
        print("ended by signal %u\n", number);
        _exit(128 + number);
    }
    if (handler != SIG_DFL && handler != SIG_IGN) {
        handler(number);
    }
    return 0;
}

int kill(pid_t process, int number)
{
    if (process != PROCESS && process != 0) {
        errno = EINVAL;
        return -1;
    }
    return number ? raise(number) : 0;
}

pid_t getpid(void)
{
    return PROCESS;
}

unsigned sleep(unsigned seconds)
{
    (void)seconds;
    return 0;
}

int usleep(unsigned microseconds)
{
    (void)microseconds;
    return 0;
}

unsigned alarm(unsigned seconds)
{
    (void)seconds;
    return 0;
}

time_t time(time_t *now)
{
    if (now) {
        *now = 0;
    }
    return 0;
}

char *getenv(const char *name)
{
    size_t length = strlen(name);

    for (char **variable = environ; *variable; variable++) {
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=') {
            return *variable + length + 1;
        }
    }
    return NULL;
}

void assert_failed(const char *condition, const char *file, int line)
{
    print("%s:%u: not true: %s\n", file, line, condition);
    abort();
}
