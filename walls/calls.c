/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

struct call {
    int number;  /* libseccomp's: below zero for one that this architecture does not have */
    int refusal; /* the errno that it fails with; 0: it is allowed */
};

/* What both kinds need: memory, time, locks, what is open, the end. */
static const struct call common_calls[] = {
    {SCMP_SYS(read), 0},
    {SCMP_SYS(pread64), 0},
    {SCMP_SYS(write), 0},
    {SCMP_SYS(writev), 0}, /* the C library's last words */
    {SCMP_SYS(close), 0},
    {SCMP_SYS(fstat), 0},
    {SCMP_SYS(brk), 0},
    {SCMP_SYS(mmap), 0},
    {SCMP_SYS(mprotect), 0},
    {SCMP_SYS(mremap), 0},
    {SCMP_SYS(munmap), 0},
    {SCMP_SYS(madvise), 0},
    {SCMP_SYS(futex), 0},
    {SCMP_SYS(sched_yield), 0},
    {SCMP_SYS(clock_gettime), 0}, /* where the vDSO cannot tell */
    {SCMP_SYS(clock_getres), 0},
    {SCMP_SYS(gettimeofday), 0},
    {SCMP_SYS(time), 0},
    {SCMP_SYS(getrandom), 0},         /* malloc's */
    {SCMP_SYS(sysinfo), 0},           /* qsort's */
    {SCMP_SYS(sched_getaffinity), 0}, /* malloc's, for a thread's first arena */
    {SCMP_SYS(getpid), 0},
    {SCMP_SYS(gettid), 0},
    {SCMP_SYS(rt_sigaction), 0},
    {SCMP_SYS(rt_sigprocmask), 0},
    {SCMP_SYS(rt_sigreturn), 0},
    {SCMP_SYS(sigaltstack), 0},
    {SCMP_SYS(restart_syscall), 0},
    {SCMP_SYS(exit), 0},
    {SCMP_SYS(exit_group), 0},
    /* How messages find out what they are written to: to a file, unnamed. */
    {SCMP_SYS(ioctl), ENOTTY},
    {SCMP_SYS(getpeername), ENOTSOCK},
    {SCMP_SYS(getsockname), ENOTSOCK},
};

/* QEMU's main loop, which waits, and its thread that frees what nobody reads any more. */
static const struct call worker_calls[] = {
    {SCMP_SYS(ppoll), 0},
    {SCMP_SYS(poll), 0},
    {SCMP_SYS(nanosleep), 0},
    {SCMP_SYS(clock_nanosleep), 0},
    /* A thread that was started, and has not come to its first instructions yet. */
    {SCMP_SYS(set_robust_list), 0},
    {SCMP_SYS(rseq), 0},
};

/* A resolver looks ahead in a child process (qemu/ebb/worker/resolve_anchor.c). */
static const struct call resolver_calls[] = {
    {SCMP_SYS(pipe2), 0},
    {SCMP_SYS(wait4), 0},
};

/* QEMU's, from the machine's creation on, and what it takes to raise the other walls. */
static const struct call setup_calls[] = {
    {SCMP_SYS(memfd_create), 0}, {SCMP_SYS(ftruncate), 0}, {SCMP_SYS(fstatfs), 0},
    {SCMP_SYS(eventfd2), 0},     {SCMP_SYS(capget), 0},    {SCMP_SYS(capset), 0},
    {SCMP_SYS(getrlimit), 0},    {SCMP_SYS(setrlimit), 0}, {SCMP_SYS(seccomp), 0},
    {SCMP_SYS(clone3), ENOSYS}, /* the C library then takes clone, whose flags can be looked at */
};

/* Files, by name or not. */
static const struct call file_calls[] = {
    {SCMP_SYS(lseek), 0},           {SCMP_SYS(readv), 0},         {SCMP_SYS(open), EACCES},
    {SCMP_SYS(openat), EACCES},     {SCMP_SYS(stat), EACCES},     {SCMP_SYS(lstat), EACCES},
    {SCMP_SYS(statx), EACCES},      {SCMP_SYS(access), EACCES},   {SCMP_SYS(faccessat), EACCES},
    {SCMP_SYS(faccessat2), EACCES}, {SCMP_SYS(readlink), EACCES}, {SCMP_SYS(readlinkat), EACCES},
    {SCMP_SYS(getcwd), EACCES},
};

#define ADD(filter, calls) add_calls(filter, calls, sizeof(calls) / sizeof(*(calls)))

static int add_calls(scmp_filter_ctx filter, const struct call *calls, size_t count)
{
    int status = 0;

    for (size_t i = 0; i < count && !status; i++) {
        uint32_t action = calls[i].refusal ? SCMP_ACT_ERRNO(calls[i].refusal) : SCMP_ACT_ALLOW;

        status = calls[i].number == __NR_SCMP_ERROR
                     ? 0
                     : seccomp_rule_add(filter, action, calls[i].number, 0);
    }
    return status;
}

/* A thread that ends itself with a signal, as abort() does. */
static int add_signals(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
}

/* Asking about a descriptor; not about a path, unless that may fail. */
static int add_status(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                            SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
}

/* A worker's replies. With no address: they go to whoever the socket is connected with. */
static int add_replies(scmp_filter_ctx filter, int socket)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)socket, 0),
                            SCMP_A4(SCMP_CMP_EQ, 0, 0));
}

/* Just fork(): no thread, no namespace. */
static int add_fork(scmp_filter_ctx filter)
{
    static const scmp_datum_t allowed = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CSIGNAL;
    int status = ADD(filter, resolver_calls);

    return status ? status
                  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                     SCMP_A0(SCMP_CMP_MASKED_EQ, ~allowed, 0));
}

/* pthread_create() of glibc, and of musl, which has one flag more. */
static int add_threads(scmp_filter_ctx filter)
{
    static const scmp_datum_t flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                                      CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                                      CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)CLONE_DETACHED, flags));
}

/* Of this process: a thread's name, no_new_privs, limits. */
static int add_own_settings(scmp_filter_ctx filter)
{
    static const scmp_datum_t options[] = {PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS};
    int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                  SCMP_A0(SCMP_CMP_EQ, 0, 0));

    for (unsigned i = 0; i < sizeof(options) / sizeof(*options) && !status; i++) {
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                                  SCMP_A0(SCMP_CMP_EQ, options[i], 0));
    }
    return status;
}

/* Not those that have signals sent to whoever is named (F_SETOWN, O_ASYNC). */
static int add_descriptor_commands(scmp_filter_ctx filter)
{
    static const scmp_datum_t commands[] = {F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                                            F_GETFL,         F_ADD_SEALS, F_GET_SEALS};
    int status = 0;

    for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands) && !status; i++) {
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, commands[i], 0));
    }
    return status;
}

static int add_files(scmp_filter_ctx filter)
{
    int status = ADD(filter, file_calls);

    status = status ? status : add_descriptor_commands(filter);
    return status ? status
                  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1,
                                     SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
}

/* And the reply to hello, with descriptors: the one that comes before the last walls. */
static int add_setup(scmp_filter_ctx filter, const struct walls_plan *plan)
{
    int status = add_files(filter);

    status = status ? status : ADD(filter, setup_calls);
    status = status ? status : add_threads(filter);
    status = status ? status : add_own_settings(filter);
    /* The walls to come are behind these, which must not be tighter. */
    if (!status && plan->forks_later) {
        status = add_fork(filter);
    }
    return status ? status
                  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)plan->socket, 0));
}

static int add_kind(scmp_filter_ctx filter, const struct walls_plan *plan)
{
    int status;

    if (plan->kind == WALLS_READER) {
        return add_files(filter);
    }
    status = ADD(filter, worker_calls);
    if (!status && plan->kind == WALLS_SETUP) {
        status = add_setup(filter, plan);
    }
    if (!status && plan->kind == WALLS_RESOLVER) {
        status = add_fork(filter);
    }
    return status ? status : add_replies(filter, plan->socket);
}

/*
 * Everything else ends the process, calls of other architectures included. A filter must not cost
 * what kernels before 5.16 charge for one by default, all speculation past stores: nothing in a
 * worker is kept from the guest that the guest's translation could not simply read.
 */
static int set_attributes(scmp_filter_ctx filter)
{
    int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    status = status ? status : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    status = status ? status : seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    return status ? status : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
}

int calls_filter(const struct walls_plan *plan)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    /* libseccomp begins with asking the kernel whether it has that action. */
    int status = filter ? set_attributes(filter) : -ENOTSUP;

    status = status ? status : ADD(filter, common_calls);
    status = status ? status : add_signals(filter);
    status = status ? status : add_status(filter);
    status = status ? status : add_kind(filter, plan);
    status = status ? status : seccomp_load(filter);
    seccomp_release(filter);
    return -status;
}
