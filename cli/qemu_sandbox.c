/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qemu_sandbox.h"

#include "qemu_arguments.h"
#include "qemu_list.h"
#include "walls/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the user's arguments ask QEMU to do. */
struct needs {
    const char *own;        /* a -sandbox of the user's, or NULL */
    const char *spawn;      /* an option that makes QEMU start a program, or NULL */
    const char *helper;     /* one for which that program has to have privileges */
    const char *other_user; /* one that makes QEMU another user */
};

static _Noreturn void ask(const char *qemu)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execl(qemu, qemu, "-sandbox", "off", "-version", (char *)NULL);
    _exit(127);
}

static bool answers(const char *qemu)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        ask(qemu);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The way in which QEMU itself finds out before it offers the option. */
static bool system_has_filters(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) < 0 &&
           errno == EFAULT;
}

/* True if the program calls the library by which QEMU makes its sandbox. */
static bool is_linked_with_it(const char *qemu)
{
    static const char name[] = "seccomp_load";
    int fd = open(qemu, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes;
    bool found;

    if (fd < 0 || fstat(fd, &status) < 0) {
        status.st_size = 0;
    }
    bytes = status.st_size > 0 ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                               : MAP_FAILED;
    found = bytes != MAP_FAILED && memmem(bytes, (size_t)status.st_size, name, sizeof(name));
    if (bytes != MAP_FAILED) {
        munmap(bytes, (size_t)status.st_size);
    }
    if (fd >= 0) {
        close(fd);
    }
    return found;
}

bool qemu_sandbox_exists(const char *qemu)
{
    /* The names are at a program's beginning; to start it takes a hundred times as long. */
    return (system_has_filters() && is_linked_with_it(qemu)) || answers(qemu);
}

/* A member of -netdev's argument, which is a list or JSON; for free(), NULL: there is none. */
static char *member(const char *argument, const char *name)
{
    json_t *object;
    const char *text;
    char *value;

    if (argument[0] != '{') {
        return qemu_list_value(argument, name, strcmp(name, "type") == 0 ? name : NULL);
    }
    object = json_loads(argument, 0, NULL);
    text = json_string_value(json_object_get(object, name));
    value = text ? strdup(text) : NULL;
    json_decref(object);
    return value;
}

static bool has(const char *argument, const char *name)
{
    char *value = member(argument, name);
    bool there = value != NULL;

    free(value);
    return there;
}

static bool is_no(const char *argument, const char *name)
{
    char *value = member(argument, name);
    bool no = value && strcmp(value, "no") == 0;

    free(value);
    return no;
}

static void look_at_network(const struct qemu_option *option, struct needs *needs)
{
    const char *argument = option->argument;
    char *type = member(argument, "type");

    if (type && (strcmp(type, "bridge") == 0 || has(argument, "helper"))) {
        needs->helper = option->name;
    } else if (type && strcmp(type, "tap") == 0) {
        /* An open descriptor needs none; else there are scripts by default. */
        if (!has(argument, "fd") && !has(argument, "fds") &&
            !(is_no(argument, "script") && is_no(argument, "downscript"))) {
            needs->spawn = option->name;
        }
    } else if (has(argument, "smb") || strstr(argument, "cmd:")) {
        needs->spawn = option->name;
    }
    free(type);
}

static void look_at(const struct qemu_option *option, struct needs *needs)
{
    const char *name = option->name;

    if (!option->argument) {
        return;
    }
    if (strcmp(name, "sandbox") == 0) {
        needs->own = option->argument;
    } else if (strcmp(name, "netdev") == 0 || strcmp(name, "nic") == 0 ||
               strcmp(name, "net") == 0) {
        look_at_network(option, needs);
    } else if (strcmp(name, "run-with") == 0 && has(option->argument, "user")) {
        needs->other_user = name;
    }
}

static struct needs find_needs(char *const *words, int count)
{
    struct needs needs = {0};
    struct qemu_option option;
    int next = 0;

    while (qemu_option_next(words, count, &next, &option)) {
        if (option.name) {
            look_at(&option, &needs);
        }
    }
    return needs;
}

static void add(const struct needs *needs, struct argument_list *list)
{
    if (needs->spawn) {
        argument_note(list,
                      "-%s makes QEMU start another program, so its sandbox lets it start any "
                      "(spawn=allow)",
                      needs->spawn);
    }
    if (needs->other_user) {
        argument_note(list,
                      "-%s makes QEMU another user, so its sandbox lets it be any "
                      "(elevateprivileges=allow)",
                      needs->other_user);
    }
    argument_add(list, "-sandbox");
    argument_format(list, "on,obsolete=deny,elevateprivileges=%s,spawn=%s,resourcecontrol=deny",
                    needs->other_user ? "allow" : "deny", needs->spawn ? "allow" : "deny");
}

void qemu_sandbox_add(char *const *words, int count, const char *qemu, struct argument_list *list)
{
    struct needs needs = find_needs(words, count);

    if (needs.own) {
        return;
    }
    if (!walls_wanted()) {
        argument_note(list, "warning: EBB_SANDBOX=off: the guest is recorded without QEMU's "
                            "sandbox");
    } else if (needs.helper) {
        argument_note(list,
                      "warning: -%s makes QEMU start a helper with privileges, which QEMU's "
                      "sandbox would take from it: the guest is recorded without the sandbox",
                      needs.helper);
    } else if (!qemu_sandbox_exists(qemu)) {
        argument_note(list, "warning: the guest is recorded without QEMU's sandbox: this QEMU was "
                            "built without seccomp, or this system does not let it filter system "
                            "calls");
    } else {
        add(&needs, list);
    }
}

void qemu_sandbox_check(const char *qemu, struct host_finding *finding)
{
    *finding = (struct host_finding){.name = "sandbox", .verdict = HOST_NOTE};
    if (!walls_wanted()) {
        snprintf(finding->text, sizeof(finding->text),
                 "EBB_SANDBOX=off: guests are recorded without QEMU's sandbox");
    } else if (!qemu) {
        snprintf(finding->text, sizeof(finding->text),
                 "there is no QEMU of Ebb's to ask whether it has a sandbox");
    } else if (!qemu_sandbox_exists(qemu)) {
        snprintf(finding->text, sizeof(finding->text),
                 "guests are recorded without QEMU's sandbox: this QEMU was built without seccomp, "
                 "or this system does not let it filter system calls");
    } else {
        finding->verdict = HOST_OK;
        snprintf(finding->text, sizeof(finding->text),
                 "guests are recorded in QEMU's sandbox (-sandbox on): no other programs, no "
                 "privileges");
    }
}
