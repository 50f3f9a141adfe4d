/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qemu_arguments.h"

#include "qemu_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RAM (128ull << 20)

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

static int check_smp(const char *list, struct ebb_error *error)
{
    static const char *const levels[] = {"drawers",  "books",   "sockets", "dies",
                                         "clusters", "modules", "cores",   "threads"};
    long cpus = qemu_list_number(list, "cpus", "cpus", 0), product = 1;

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        product *= qemu_list_number(list, levels[i], NULL, 1);
    }
    if (cpus > 1 || (cpus == 0 && product > 1)) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-smp %s: only guests with one CPU can be recorded; use -smp 1", list);
    }
    if (qemu_list_number(list, "maxcpus", NULL, 1) > 1 || product > 1) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-smp %s: CPUs that are plugged in later cannot be recorded; leave out "
                        "maxcpus",
                        list);
    }
    return 0;
}

static int check_icount(const char *list, struct ebb_error *error)
{
    char *shift = qemu_list_value(list, "shift", "shift");
    char *rr = qemu_list_value(list, "rr", NULL);
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

/* accel: "kvm", "tcg" or both with a colon between, of which QEMU takes the first that works. */
static int note_accelerator(const char *option, const char *accelerator,
                            struct qemu_arguments *found, struct ebb_error *error)
{
    enum accelerator named = ACCELERATOR_ANY;

    if (!accelerator || strcmp(accelerator, "help") == 0) {
        return 0;
    }
    if (strcmp(accelerator, "kvm:tcg") == 0 || strcmp(accelerator, "tcg:kvm") == 0) {
        found->accelerator_list = true;
        found->accelerator = ACCELERATOR_ANY;
        return 0;
    }
    if (strcmp(accelerator, "kvm") == 0) {
        named = ACCELERATOR_KVM;
    } else if (strcmp(accelerator, "tcg") == 0) {
        named = ACCELERATOR_TCG;
    } else {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "-%s: guests under KVM and TCG can be recorded, not under %s; use -accel "
                        "kvm or -accel tcg",
                        option, accelerator);
    }
    if (found->accelerator != ACCELERATOR_ANY && found->accelerator != named) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "-%s: another accelerator was named before; name one, or none to have the "
                        "best one that this host can record with",
                        option);
    }
    found->accelerator = named;
    return 0;
}

static void note_cpu(const char *argument, struct qemu_arguments *found)
{
    char *state = qemu_list_value(argument, "aarch64", NULL);

    found->host_cpu = strcmp(argument, "host") == 0 || strncmp(argument, "host,", 5) == 0 ||
                      (state && strcmp(state, "off") == 0);
    free(state);
}

/* -m: MiB, or with a suffix what that says. What makes no sense QEMU will tell. */
static void note_ram(const char *argument, struct qemu_arguments *found)
{
    static const char suffixes[] = "bkmgt";
    char *size = qemu_list_value(argument, "size", "size"), *end = NULL;
    const char *suffix;
    double number;

    if (!size) {
        return;
    }
    number = strtod(size, &end);
    suffix = *end ? strchr(suffixes, tolower((unsigned char)*end)) : suffixes + 2;
    if (suffix && number > 0 && number < 1e12) {
        found->ram_bytes = (uint64_t)(number * (double)(1ull << (10 * (suffix - suffixes))));
    }
    free(size);
}

static int check_argument(const char *option, const char *argument, struct qemu_arguments *found,
                          struct ebb_error *error)
{
    char *value = NULL;
    int status = 0;

    if (strcmp(option, "smp") == 0) {
        return check_smp(argument, error);
    }
    if (strcmp(option, "cpu") == 0) {
        note_cpu(argument, found);
    } else if (strcmp(option, "m") == 0) {
        note_ram(argument, found);
    } else if (strcmp(option, "accel") == 0) {
        value = qemu_list_value(argument, "accel", "accel");
        status = note_accelerator(option, value, found, error);
    } else if (strcmp(option, "M") == 0 || strcmp(option, "machine") == 0) {
        value = qemu_list_value(argument, "accel", NULL);
        status = note_accelerator(option, value, found, error);
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

bool qemu_option_next(char *const *words, int count, int *next, struct qemu_option *option)
{
    const char *word;

    if (*next >= count) {
        return false;
    }
    word = words[*next];
    *option = (struct qemu_option){.first = (*next)++, .words = 1};
    if (word[0] != '-' || word[1] == '\0') {
        return true;
    }
    option->name = word + (word[1] == '-' ? 2 : 1);
    if (takes_argument(option->name) && *next < count) {
        option->argument = words[(*next)++];
        option->words = 2;
    }
    return true;
}

/* "-help", "-version", "-machine help". */
static bool asks(const struct qemu_option *option)
{
    const char *argument = option->argument;

    if (strcmp(option->name, "h") == 0 || strcmp(option->name, "help") == 0 ||
        strcmp(option->name, "version") == 0) {
        return true;
    }
    return argument && (strcmp(argument, "help") == 0 || strcmp(argument, "?") == 0);
}

/* Boards whose CPUs are several, whatever -smp says. The recorder knows all of them, but our QEMU
 * may be built without, and would then only say that it has no such machine. */
static int check_machine(const struct qemu_option *option, struct ebb_error *error)
{
    static const char *const boards[] = {"raspi2", "raspi3", "raspi4"};
    char *machine = qemu_list_value(option->argument, "type", "type");
    int status = 0;

    for (size_t i = 0; machine && i < sizeof(boards) / sizeof(boards[0]); i++) {
        if (strncmp(machine, boards[i], strlen(boards[i])) == 0) {
            status = ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                              "-%s %s: this machine always has several CPUs, and only guests with "
                              "one can be recorded; use the machine virt, or vexpress-a15",
                              option->name, machine);
            break;
        }
    }
    free(machine);
    return status;
}

static int check_machines(char *const *words, int count, struct ebb_error *error)
{
    struct qemu_option option;
    int next = 0;

    while (qemu_option_next(words, count, &next, &option)) {
        if (option.name && option.argument &&
            (strcmp(option.name, "M") == 0 || strcmp(option.name, "machine") == 0) &&
            check_machine(&option, error) < 0) {
            return -1;
        }
    }
    return 0;
}

int qemu_arguments_check(char *const *words, int count, struct qemu_arguments *found,
                         struct ebb_error *error)
{
    struct qemu_option option;
    int next = 0;

    *found = (struct qemu_arguments){.ram_bytes = DEFAULT_RAM};
    /* Before -smp, which cannot help such a machine. */
    if (check_machines(words, count, error) < 0) {
        return -1;
    }
    while (qemu_option_next(words, count, &next, &option)) {
        if (!option.name) {
            continue;
        }
        if (check_option(option.name, error) < 0 ||
            (option.argument && check_argument(option.name, option.argument, found, error) < 0)) {
            return -1;
        }
        found->asks |= asks(&option);
        found->console_on_stdio |= uses_stdio(option.name, option.argument);
        if (strcmp(option.name, "kernel") == 0) {
            found->kernel = option.argument;
        } else if (strcmp(option.name, "icount") == 0) {
            found->icount = option.argument;
        } else if (strcmp(option.name, "enable-kvm") == 0 &&
                   note_accelerator(option.name, "kvm", found, error) < 0) {
            return -1;
        }
    }
    return 0;
}

int qemu_arguments_for_tcg(char *const *words, int count, const struct qemu_arguments *found,
                           unsigned shift, struct argument_list *list, struct ebb_error *error)
{
    if (found->icount && check_icount(found->icount, error) < 0) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        argument_add(list, words[i]);
    }
    if (found->accelerator_list) {
        argument_add(list, "-machine");
        argument_add(list, "accel=tcg");
    }
    if (!found->icount) {
        argument_add(list, "-icount");
        argument_format(list, "shift=%u", shift);
    }
    return argument_list_check(list, error);
}
