/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walls: what is allowed inside of them, and what ends whoever tries it. */
#include "fake_trespass.h"

#include "unit.h"
#include "walls/namespaces.h"
#include "walls/privileges.h"
#include "walls/probe.h"
#include "walls/walls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MORE_MEMORY (256ull << 20)

static const struct walls_plan worker = {
    .kind = WALLS_WORKER, .socket = 3, .more_memory = MORE_MEMORY};
static const struct walls_plan resolver = {
    .kind = WALLS_RESOLVER, .socket = 3, .more_memory = MORE_MEMORY};
static const struct walls_plan setup = {.kind = WALLS_SETUP, .socket = 3};
static const struct walls_plan setup_forks = {
    .kind = WALLS_SETUP, .socket = 3, .forks_later = true};
static const struct walls_plan reader = {.kind = WALLS_READER, .more_memory = MORE_MEMORY};

/* Not under every sandbox can there be one more. */
static void need_walls(void)
{
    struct walls walls = walls_probe();

    if (!(walls.parts & WALLS_CALLS)) {
        unit_skip("this system refuses filters of system calls: %s", strerror(walls.calls_errno));
    }
    assert_int_equal(walls.parts, WALLS_ALL);
}

/* The status of a child that raises walls and then does something, whose result is its own. */
static int behind(const struct walls_plan *plan, int (*act)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        unsigned wanted = plan->kind == WALLS_SETUP ? WALLS_ALL & ~WALLS_LIMITS : WALLS_ALL;

        _exit(walls_raise(plan).parts == wanted ? act() : 99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static fake_trespass *trespass;
static int limits_file; /* opened before walls that forbid it */

static int do_trespass(void)
{
    trespass();
    return 0;
}

static void test_trespasses(void **state)
{
    static const char *const names[] = {"open",    "socket", "fork",   "thread",
                                        "execute", "kill",   "unseal", "trace"};

    (void)state;
    need_walls();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int status;

        trespass = fake_trespass_named(names[i]);
        status = behind(&worker, do_trespass);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
            fail_msg("\"%s\" ended with status %#x", names[i], status);
        }
    }
}

/* A worker talks on its socket, and on no other. */
static int reply(void)
{
    return send(worker.socket, "x", 1, MSG_NOSIGNAL) < 0 && errno == ENOTSOCK ? 0 : 1;
}

static int send_elsewhere(void)
{
    send(worker.socket + 1, "x", 1, MSG_NOSIGNAL);
    return 0;
}

static int send_to_address(void)
{
    static const struct sockaddr address = {.sa_family = AF_INET};

    sendto(worker.socket, "x", 1, MSG_NOSIGNAL, &address, sizeof(address));
    return 0;
}

static int stat_path(void)
{
    struct stat status;

    return fstatat(AT_FDCWD, "/etc/passwd", &status, 0) == 0 ? 0 : errno;
}

static void test_arguments(void **state)
{
    int files[2], status;

    (void)state;
    need_walls();
    /* Whatever the runner of tests has left open. */
    files[0] = open("/dev/null", O_RDWR);
    assert_true(files[0] >= 0);
    assert_int_equal(dup2(files[0], worker.socket), worker.socket);
    assert_int_equal(behind(&worker, reply), 0);
    status = behind(&worker, send_elsewhere);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    status = behind(&worker, send_to_address);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    status = behind(&worker, stat_path);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    assert_int_equal(WEXITSTATUS(behind(&reader, stat_path)), EACCES);
    close(worker.socket);
}

/* What replaying and reading symbols take. */
static int work(void)
{
    struct pollfd nothing = {.fd = -1};
    struct timespec moment = {0};
    char *memory = malloc(20u << 20), text[64];
    int null_file = 0;

    if (!memory) {
        return 1;
    }
    memset(memory, 7, 20u << 20);
    memory = realloc(memory, 40u << 20);
    snprintf(text, sizeof(text), "%d", memory ? memory[5] : 0);
    free(memory);
    clock_gettime(CLOCK_MONOTONIC, &moment);
    nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    return strcmp(text, "7") || poll(&nothing, 1, 0) || read(null_file, text, 0) < 0 ? 2 : 0;
}

/* What the C library does in a thread that starts, which may be late. */
static int start_late(void)
{
    syscall(SYS_set_robust_list, NULL, 0);
    syscall(SYS_rseq, NULL, 0, 0, 0);
    return 0;
}

static int abort_behind(void)
{
    abort();
}

static void test_work(void **state)
{
    int status;

    (void)state;
    need_walls();
    assert_int_equal(behind(&worker, work), 0);
    assert_int_equal(behind(&worker, start_late), 0);
    status = behind(&worker, abort_behind);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static int look_ahead(void)
{
    int ends[2], status = 1;
    char byte = 0;
    pid_t child;

    if (pipe(ends)) {
        return 1;
    }
    child = fork();
    if (child == 0) {
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && read(ends[0], &byte, 1) == 1 &&
                   byte == 'x'
               ? status
               : 2;
}

static int open_in_child(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        open("/etc/passwd", O_RDONLY);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A resolver forks; its children are behind the same walls. */
static void test_resolver(void **state)
{
    static const char *const names[] = {"open", "socket", "thread", "execute"};
    int gap;

    (void)state;
    need_walls();
    assert_int_equal(behind(&resolver, look_ahead), 0);
    /* With a gap among the descriptors, too. */
    gap = dup2(0, dup(0) + 1);
    assert_true(gap > 0);
    close(gap - 1);
    assert_int_equal(behind(&resolver, look_ahead), 0);
    close(gap);
    assert_int_equal(WEXITSTATUS(behind(&resolver, open_in_child)), SIGSYS);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        trespass = fake_trespass_named(names[i]);
        assert_int_equal(WTERMSIG(behind(&resolver, do_trespass)), SIGSYS);
    }
}

static int take_too_much(void)
{
    void *memory = mmap(NULL, 2 * MORE_MEMORY, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED && errno == ENOMEM ? 0 : 1;
}

static void *do_nothing(void *opaque)
{
    return opaque;
}

/* What QEMU does until a worker has all that it needs, and then the other walls. */
static int get_ready(void)
{
    int file = memfd_create("ram", MFD_ALLOW_SEALING);
    struct walls_plan plan = worker;
    pthread_t thread;

    plan.memory_use = limits_file;
    if (ftruncate(file, 4096) || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) ||
        pthread_create(&thread, NULL, do_nothing, NULL) || pthread_join(thread, NULL) ||
        open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES) {
        return 1;
    }
    if (walls_raise(&plan).parts != WALLS_ALL) {
        return 2;
    }
    return take_too_much();
}

static int get_ready_to_fork(void)
{
    struct walls_plan plan = resolver;

    plan.memory_use = limits_file;
    return walls_raise(&plan).parts == WALLS_ALL ? look_ahead() : 2;
}

static int get_ready_and_open(void)
{
    return get_ready() || open("/etc/passwd", O_RDONLY);
}

/* Before it reads what a stranger has made, a worker gives up most of it. */
static void test_setup(void **state)
{
    static const char *const names[] = {"socket", "fork", "execute", "kill", "trace"};
    int status;

    (void)state;
    need_walls();
    limits_file = walls_open_memory_use();
    assert_true(limits_file > 0);
    assert_int_equal(behind(&setup, get_ready), 0);
    assert_int_equal(behind(&setup_forks, get_ready_to_fork), 0);
    status = behind(&setup, get_ready_to_fork);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    status = behind(&setup, get_ready_and_open);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        trespass = fake_trespass_named(names[i]);
        status = behind(&setup, do_trespass);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
            fail_msg("\"%s\" ended with status %#x", names[i], status);
        }
    }
    close(limits_file);
}

/* Nobody listens where the process has gone, not even on this system. */
static void test_network(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), status;
    pid_t child;

    (void)state;
    if (!walls_probe_network()) {
        unit_skip("this system lets users have no network namespace");
    }
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    child = fork();
    if (child == 0) {
        bool left = namespaces_leave_network();
        int caller = socket(AF_INET, SOCK_STREAM, 0);

        _exit(left && connect(caller, (struct sockaddr *)&address, size) && errno == ENETUNREACH
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(listener);
}

static int name_owner(void)
{
    fcntl(0, F_SETOWN, getppid());
    return 0;
}

/* No signals to others by way of a descriptor, either. */
static void test_owner(void **state)
{
    static const struct walls_plan *const plans[] = {&setup, &worker, &reader};

    (void)state;
    need_walls();
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        int status = behind(plans[i], name_owner);

        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    }
}

static int open_file(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static void test_reader(void **state)
{
    (void)state;
    need_walls();
    assert_int_equal(WEXITSTATUS(behind(&reader, open_file)), EACCES);
    trespass = fake_trespass_named("socket");
    assert_int_equal(WTERMSIG(behind(&reader, do_trespass)), SIGSYS);
}

static void test_limits(void **state)
{
    (void)state;
    need_walls();
    assert_int_equal(behind(&worker, take_too_much), 0);
}

/* Reads a line of /proc/PID/status: its number, hexadecimal if the base says so. */
static uint64_t status_line(FILE *file, const char *name, int base)
{
    char line[256];

    rewind(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            return strtoull(line + strlen(name) + 1, NULL, base);
        }
    }
    fail_msg("there is no line %s", name);
    return 0;
}

/* A child with walls that waits at the end of a pipe, as the system sees it. */
static void test_as_seen_from_outside(void **state)
{
    int ready[2], end[2];
    char path[64], byte = 'x';
    struct rlimit limits;
    pid_t child;
    FILE *file;

    (void)state;
    need_walls();
    assert_int_equal(pipe(ready) || pipe(end), 0);
    child = fork();
    if (child == 0) {
        close(end[1]);
        walls_raise(&worker);
        _exit(write(ready[1], &byte, 1) == 1 ? (int)read(end[0], &byte, 1) : 9);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(status_line(file, "Seccomp", 10), 2);
    assert_int_equal(status_line(file, "NoNewPrivs", 10), 1);
    assert_int_equal(status_line(file, "CapEff", 16), 0);
    assert_int_equal(status_line(file, "CapPrm", 16), 0);
    fclose(file);
    assert_int_equal(prlimit(child, RLIMIT_CORE, NULL, &limits), 0);
    assert_int_equal(limits.rlim_max, 0);
    assert_int_equal(prlimit(child, RLIMIT_NPROC, NULL, &limits), 0);
    assert_int_equal(limits.rlim_max, 0);
    assert_int_equal(prlimit(child, RLIMIT_AS, NULL, &limits), 0);
    assert_true(limits.rlim_max != RLIM_INFINITY);
    close(end[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (size_t i = 0; i < 2; i++) {
        close(ready[i]);
    }
    close(end[0]);
}

/* A program that is executed after shedding, whoever is running this, has nothing special. */
static void test_shed(void **state)
{
    FILE *output = tmpfile();
    pid_t child = fork();
    int status;

    (void)state;
    assert_non_null(output);
    if (child == 0) {
        privileges_shed("/bin/cat", "/");
        dup2(fileno(output), 1);
        execl("/bin/cat", "cat", "/proc/self/status", NULL);
        _exit(9);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(status_line(output, "NoNewPrivs", 10), 1);
    assert_int_equal(status_line(output, "CapPrm", 16), 0);
    assert_int_equal(status_line(output, "CapEff", 16), 0);
    assert_int_equal(status_line(output, "CapBnd", 16) & status_line(output, "CapInh", 16), 0);
    fclose(output);
}

/* Inside of a sandbox that allows no filters, the other walls stand, and it is known why not all
 * do.
 */
static void test_refused(void **state)
{
    pid_t child;
    int status;

    (void)state;
    need_walls();
    child = fork();
    if (child == 0) {
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        struct walls walls;

        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 0);
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1,
                         SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
        if (seccomp_load(filter)) {
            _exit(9);
        }
        walls = walls_probe();
        _exit(walls.parts != (WALLS_ALL & ~WALLS_CALLS) || !walls.calls_errno);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_switched_off(void **state)
{
    (void)state;
    assert_true(walls_wanted());
    setenv("EBB_SANDBOX", "off", 1);
    assert_false(walls_wanted());
    setenv("EBB_SANDBOX", "on", 1);
    assert_true(walls_wanted());
    unsetenv("EBB_SANDBOX");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trespasses),   cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_work),         cmocka_unit_test(test_reader),
        cmocka_unit_test(test_resolver),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_setup),        cmocka_unit_test(test_network),
        cmocka_unit_test(test_owner),        cmocka_unit_test(test_as_seen_from_outside),
        cmocka_unit_test(test_shed),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_switched_off),
    };

    unsetenv("EBB_SANDBOX");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
