/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_trespass.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* System calls, not the C library's functions, which a sanitizer may have its own of. */

static void try_open(void)
{
    syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0);
}

static void try_socket(void)
{
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void try_fork(void)
{
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void try_thread(void)
{
    syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0,
            0);
}

static void try_execute(void)
{
    syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void try_kill(void)
{
    syscall(SYS_kill, getppid(), 0);
}

static void try_unseal(void)
{
    syscall(SYS_ftruncate, 0, 0);
}

static void try_trace(void)
{
    syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL);
}

fake_trespass *fake_trespass_named(const char *name)
{
    static const struct {
        const char *name;
        fake_trespass *run;
    } all[] = {
        {"open", try_open},       {"socket", try_socket}, {"fork", try_fork},
        {"thread", try_thread},   {"kill", try_kill},     {"unseal", try_unseal},
        {"execute", try_execute}, {"trace", try_trace},
    };

    for (size_t i = 0; name && i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].run;
        }
    }
    return NULL;
}
