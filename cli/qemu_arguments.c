/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qemu_arguments.h"

#include <stdlib.h>
#include <string.h>

/* Options that take no argument; all others of QEMU take one. */
static const char *const flags[] = {
    "h",
    "help",
    "version",
    "mem-prealloc",
    "snapshot",
    "usb",
    "nographic",
    "full-screen",
    "win2k-hack",
    "no-fd-bootchk",
    "preconfig",
    "S",
    "s",
    "enable-kvm",
    "xen-attach",
    "xen-domid-restrict",
    "no-reboot",
    "no-shutdown",
    "daemonize",
    "only-migratable",
    "nodefaults",
    "semihosting",
    "old-param",
    "no-user-config",
    "enable-sync-profile",
    "perfmap",
    "jitdump",
};

static const struct {
    const char *option;
    const char *reason;
} refused[] = {
    {"enable-kvm", "guests under KVM cannot be recorded; leave it out"},
    {"xen-attach", "Xen guests cannot be recorded"},
    {"loadvm", "a recording begins at reset; boot the guest instead"},
    {"incoming", "a guest that migrates cannot be recorded; boot it instead"},
    {"daemonize", "QEMU has to stay in the foreground; use & or nohup on ebb record"},
    {"s", "what a debugger writes is not recorded; debug the recording with ebb replay"},
    {"gdb", "what a debugger writes is not recorded; debug the recording with ebb replay"},
};

static bool takes_argument(const char *option)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i], option) == 0) {
            return false;
        }
    }
    return true;
}

/*
 * Finds "name=value" in a list separated by commas; an item without '=' is the value of implied
 * where it comes first. Returns a copy of the last such value, which QEMU lets win, or NULL.
 */
static char *list_value(const char *list, const char *name, const char *implied)
{
    size_t name_length = strlen(name);
    char *found = NULL;
    bool first = true;

    while (*list) {
        size_t length = 0;
        const char *value = NULL;

        while (list[length] && (list[length] != ',' || list[length + 1] == ',')) {
            length += list[length] == ',' ? 2 : 1;
        }
        if (length > name_length && strncmp(list, name, name_length) == 0 &&
            list[name_length] == '=') {
            value = list + name_length + 1;
        } else if (first && implied && strcmp(implied, name) == 0 && !memchr(list, '=', length)) {
            value = list;
        }
        if (value) {
            free(found);
            found = strndup(value, (size_t)(list + length - value));
        }
        first = false;
        list += length + (list[length] == ',');
    }
    return found;
}

/* The number that a list gives to name, or fallback. */
static long list_number(const char *list, const char *name, const char *implied, long fallback)
{
    char *text = list_value(list, name, implied);
    long number = text ? strtol(text, NULL, 0) : fallback;

    free(text);
    return number;
}

static int check_smp(const char *list, struct ebb_error *error)
{
    static const char *const levels[] = {"drawers",  "books",   "sockets", "dies",
                                         "clusters", "modules", "cores",   "threads"};
    long cpus = list_number(list, "cpus", "cpus", 0), product = 1;

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        product *= list_number(list, levels[i], NULL, 1);
    }
    if (cpus > 1 || (cpus == 0 && product > 1)) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-smp %s: only guests with one CPU can be recorded; use -smp 1", list);
    }
    if (list_number(list, "maxcpus", NULL, 1) > 1 || product > 1) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-smp %s: CPUs that are plugged in later cannot be recorded; leave out "
                        "maxcpus",
                        list);
    }
    return 0;
}

static int check_icount(const char *list, struct ebb_error *error)
{
    char *shift = list_value(list, "shift", "shift");
    char *rr = list_value(list, "rr", NULL);
    int status = 0;

    if (shift && strcmp(shift, "auto") == 0) {
        status = ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                          "-icount %s: the pace of guest time must be fixed; use shift=1 or "
                          "another number",
                          list);
    } else if (rr) {
        status = ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                          "-icount %s: QEMU's own record/replay cannot be used together with Ebb; "
                          "leave out rr=%s",
                          list, rr);
    }
    free(shift);
    free(rr);
    return status;
}

/* accel: "kvm", "tcg" or a list of them with colons, of which QEMU takes the first that works. */
static int check_accelerator(const char *option, const char *accelerator, struct ebb_error *error)
{
    if (accelerator && strcmp(accelerator, "tcg") != 0 && strcmp(accelerator, "help") != 0) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-%s: only guests under TCG can be recorded, not under %s; use -accel tcg",
                        option, accelerator);
    }
    return 0;
}

static int check_argument(const char *option, const char *argument, struct ebb_error *error)
{
    char *value = NULL;
    int status = 0;

    if (strcmp(option, "smp") == 0) {
        return check_smp(argument, error);
    }
    if (strcmp(option, "icount") == 0) {
        return check_icount(argument, error);
    }
    if (strcmp(option, "accel") == 0) {
        value = list_value(argument, "accel", "accel");
        status = check_accelerator(option, value, error);
    } else if (strcmp(option, "M") == 0 || strcmp(option, "machine") == 0) {
        value = list_value(argument, "accel", NULL);
        status = check_accelerator(option, value, error);
    } else if (strcmp(option, "object") == 0 && strncmp(argument, "ebb-recorder", 12) == 0) {
        status = ebb_fail(error, EBB_ERROR_USAGE,
                          "-object %s: ebb record adds the recorder itself; use its options, or "
                          "start QEMU without ebb record",
                          argument);
    }
    free(value);
    return status;
}

static int check_option(const char *option, struct ebb_error *error)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (strcmp(refused[i].option, option) == 0) {
            return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "-%s: %s", option, refused[i].reason);
        }
    }
    return 0;
}

/* "stdio", "mon:stdio", "stdio,id=c" of -serial, -chardev and their like; screens on a terminal. */
static bool uses_stdio(const char *option, const char *argument)
{
    if (strcmp(option, "nographic") == 0 || strcmp(option, "curses") == 0) {
        return true;
    }
    if (!argument || strcmp(option, "append") == 0) {
        return false;
    }
    if (strcmp(option, "display") == 0) {
        return strncmp(argument, "curses", 6) == 0;
    }
    if (strncmp(argument, "mon:", 4) == 0) {
        argument += 4;
    }
    return strncmp(argument, "stdio", 5) == 0 && (argument[5] == '\0' || argument[5] == ',');
}

int qemu_arguments_check(char *const *words, int count, struct qemu_arguments *found,
                         struct ebb_error *error)
{
    *found = (struct qemu_arguments){0};
    for (int i = 0; i < count; i++) {
        const char *option = words[i], *argument = NULL;

        if (option[0] != '-' || option[1] == '\0') {
            continue; /* a disk image */
        }
        option += option[1] == '-' ? 2 : 1;
        if (takes_argument(option) && i + 1 < count) {
            argument = words[++i];
        }
        if (check_option(option, error) < 0 ||
            (argument && check_argument(option, argument, error) < 0)) {
            return -1;
        }
        found->has_icount |= strcmp(option, "icount") == 0;
        found->console_on_stdio |= uses_stdio(option, argument);
        if (strcmp(option, "kernel") == 0) {
            found->kernel = argument;
        }
    }
    return 0;
}

char *qemu_escape(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1), *out = escaped;

    if (!escaped) {
        return NULL;
    }
    for (; *text; text++) {
        if (*text == ',') {
            *out++ = ',';
        }
        *out++ = *text;
    }
    *out = '\0';
    return escaped;
}
