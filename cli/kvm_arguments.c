/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kvm_arguments.h"

#include "qemu_list.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_CPU "cortex-a15" /* virt's own */

struct rewriting {
    const struct qemu_arguments *found;
    const struct kvm_abilities *host;
    struct argument_list *list;
    char *machine;          /* its name; NULL: none so far */
    const char *cpu;        /* as the user names it; NULL: not at all */
    bool accelerator_named; /* by -accel or -enable-kvm */
};

static int refuse(struct ebb_error *error, const char *option, const char *argument,
                  const char *reason)
{
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "-%s%s%s: %s", option, argument ? " " : "",
                    argument ? argument : "", reason);
}

/* "virt", "virt-10.0". */
static bool is_virt(const char *machine)
{
    return strncmp(machine, "virt", 4) == 0 && (machine[4] == '\0' || machine[4] == '-');
}

static int check_machine(const char *argument, struct ebb_error *error)
{
    static const struct {
        const char *name;
        const char *reason;
    } refused[] = {
        {"virtualization", "a guest with its own hypervisor (EL2) cannot be recorded under KVM; "
                           "leave out virtualization=on, or use --accel tcg"},
        {"secure", "a guest with a secure world (EL3) cannot be recorded under KVM; leave out "
                   "secure=on, or use --accel tcg"},
        {"mte", "memory tagging cannot be recorded; leave out mte=on"},
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (qemu_list_is_on(argument, refused[i].name)) {
            return refuse(error, "machine", argument, refused[i].reason);
        }
    }
    return 0;
}

/* Says what becomes of settings that are replaced. */
static void note_machine(struct argument_list *list, const char *argument)
{
    char *gic = qemu_list_value(argument, "gic-version", NULL);
    char *chip = qemu_list_value(argument, "kernel-irqchip", NULL);
    char *timer = qemu_list_value(argument, "mmio-timer", NULL);

    if (gic && strcmp(gic, "2") != 0) {
        argument_note(list,
                      "gic-version=%s: gic-version=2 is used instead, the one that QEMU can "
                      "emulate for a guest under KVM",
                      gic);
    }
    if (chip && strcmp(chip, "off") != 0) {
        argument_note(list,
                      "kernel-irqchip=%s: kernel-irqchip=off is used instead, since interrupts "
                      "that the host's kernel delivers cannot be recorded",
                      chip);
    }
    if (timer && strcmp(timer, "on") != 0) {
        argument_note(list,
                      "mmio-timer=%s: mmio-timer=on is used instead, since the CPU's own timer "
                      "cannot be recorded under KVM",
                      timer);
    }
    free(gic);
    free(chip);
    free(timer);
}

static int rewrite_machine(struct rewriting *rewriting, const char *argument,
                           struct ebb_error *error)
{
    static const char *const replaced[] = {"gic-version", "kernel-irqchip", "mmio-timer", NULL};
    char *type = qemu_list_value(argument, "type", "type"), *kept;

    if (type) {
        free(rewriting->machine);
        rewriting->machine = type;
        if (!is_virt(type)) {
            return refuse(error, "machine", type,
                          "only the machine virt can be recorded under KVM; use -M virt, or "
                          "--accel tcg");
        }
    }
    if (check_machine(argument, error) < 0) {
        return -1;
    }
    note_machine(rewriting->list, argument);
    kept = qemu_list_without(argument, replaced);
    if (kept && *kept) {
        argument_add(rewriting->list, "-machine");
        argument_add(rewriting->list, kept);
    }
    free(kept);
    return 0;
}

static void rewrite_accel(struct rewriting *rewriting, const char *argument)
{
    static const char *const replaced[] = {"kernel-irqchip", NULL};
    char *kept = qemu_list_without(argument, replaced);

    rewriting->accelerator_named = true;
    note_machine(rewriting->list, argument);
    argument_add(rewriting->list, "-accel");
    argument_add(rewriting->list, kept ? kept : "kvm");
    free(kept);
}

/* Options that a recording under KVM cannot have. */
static int check_option(const struct qemu_option *option, struct ebb_error *error)
{
    const char *name = option->name, *argument = option->argument;

    if (strncmp(name, "semihosting", 11) == 0) {
        return refuse(error, name, NULL,
                      "there is no semihosting under KVM; leave it out, or use --accel tcg");
    }
    if (!argument) {
        return 0;
    }
    if ((strcmp(name, "netdev") == 0 || strcmp(name, "nic") == 0) &&
        qemu_list_is_on(argument, "vhost")) {
        return refuse(error, name, argument,
                      "vhost works outside of QEMU, where it cannot be recorded; leave out "
                      "vhost=on");
    }
    if ((strcmp(name, "device") == 0 || strcmp(name, "global") == 0) &&
        (qemu_list_is_on(argument, "ioeventfd") || strstr(argument, ".ioeventfd=on"))) {
        return refuse(error, name, argument,
                      "what goes through an ioeventfd does not reach the recorder; leave out "
                      "ioeventfd=on");
    }
    return 0;
}

static int rewrite_option(struct rewriting *rewriting, char *const *words,
                          const struct qemu_option *option, struct ebb_error *error)
{
    const char *name = option->name ? option->name : "", *argument = option->argument;

    if (strcmp(name, "icount") == 0) {
        argument_note(rewriting->list,
                      "-icount %s is not used: under KVM the guest runs at the hardware's pace",
                      argument ? argument : "");
        return 0;
    }
    if (argument && (strcmp(name, "M") == 0 || strcmp(name, "machine") == 0)) {
        return rewrite_machine(rewriting, argument, error);
    }
    if (argument && strcmp(name, "accel") == 0) {
        rewrite_accel(rewriting, argument);
        return 0;
    }
    if (argument && strcmp(name, "cpu") == 0) {
        rewriting->cpu = argument;
        return 0;
    }
    if (option->name && check_option(option, error) < 0) {
        return -1;
    }
    rewriting->accelerator_named |= strcmp(name, "enable-kvm") == 0;
    for (int i = 0; i < option->words; i++) {
        argument_add(rewriting->list, words[option->first + i]);
    }
    return 0;
}

/* The 32-bit CPUs that virt takes, or takes no more. */
static bool is_32_bit(const char *model)
{
    static const char *const models[] = {"cortex-a7", "cortex-a8", "cortex-a9", "cortex-a15"};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strcmp(model, models[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What the user wants of the host's CPU and cannot have. */
static int check_features(const char *cpu, struct argument_list *list, struct ebb_error *error)
{
    static const char *const hidden[] = {"pmu", "sve", "pauth", "sme", "kvm-steal-time"};

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (qemu_list_is_on(cpu, hidden[i])) {
            argument_note(list, "-cpu %s: %s=off is used instead, since it cannot be replayed", cpu,
                          hidden[i]);
        }
    }
    return argument_list_check(list, error);
}

static void note_cpu(struct argument_list *list, const char *cpu, bool narrow)
{
    if (!cpu) {
        argument_note(list,
                      "there is no -cpu, and " DEFAULT_CPU ", which QEMU then takes, is a 32-bit "
                      "one: the guest has the host's CPU in its 32-bit mode; use -cpu host for a "
                      "64-bit guest");
    } else {
        argument_note(list,
                      "-cpu %s: under KVM the guest has the host's CPU%s, less what cannot be "
                      "replayed",
                      cpu, narrow ? " in its 32-bit mode" : "");
    }
}

static int add_cpu(struct rewriting *rewriting, struct ebb_error *error)
{
    static const char *const replaced[] = {
        "pmu", "sve", "pauth", "sme", "aarch64", "kvm-steal-time", NULL};
    const char *cpu = rewriting->cpu ? rewriting->cpu : DEFAULT_CPU;
    char *model = strndup(cpu, strcspn(cpu, ","));
    char *state = qemu_list_value(cpu, "aarch64", NULL);
    char *kept = qemu_list_without(cpu, replaced);
    bool is_host = model && (strcmp(model, "host") == 0 || strcmp(model, "max") == 0);
    bool narrow = (state && strcmp(state, "off") == 0) || (model && is_32_bit(model));
    int status = 0;

    if (!model || !kept) {
        status = ebb_fail_memory(error);
    } else if (narrow && !rewriting->host->aarch32) {
        status = ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                          "%s%s is a 32-bit CPU, and this host's cannot run 32-bit guests under "
                          "KVM; use -cpu host for a 64-bit guest, or --accel tcg",
                          rewriting->cpu ? "-cpu " : "without -cpu the guest's ", cpu);
    } else {
        if (!is_host) {
            note_cpu(rewriting->list, rewriting->cpu, narrow);
        }
        status = check_features(cpu, rewriting->list, error);
        argument_add(rewriting->list, "-cpu");
        argument_format(rewriting->list, "host%s%s%s,sve=off,pauth=off,kvm-steal-time=off",
                        narrow ? ",aarch64=off" : "",
                        /* Properties of another model are its own. */
                        is_host ? kept + strcspn(kept, ",") : "",
                        rewriting->host->pmu ? ",pmu=off" : "");
    }
    free(model);
    free(state);
    free(kept);
    return status;
}

/* What every recording under KVM has. */
static int finish(struct rewriting *rewriting, struct ebb_error *error)
{
    struct argument_list *list = rewriting->list;
    bool in_machine =
        rewriting->found->accelerator_list ||
        (rewriting->found->accelerator == ACCELERATOR_KVM && !rewriting->accelerator_named);

    if (!rewriting->machine) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "no machine is named, and only virt can be recorded under KVM; use -M "
                        "virt");
    }
    argument_add(list, "-machine");
    argument_format(list, "gic-version=2,kernel-irqchip=off,mmio-timer=on%s",
                    in_machine ? ",accel=kvm" : "");
    if (!in_machine && !rewriting->accelerator_named) {
        argument_add(list, "-accel");
        argument_add(list, "kvm");
    }
    if (add_cpu(rewriting, error) < 0) {
        return -1;
    }
    argument_add(list, "-global");
    argument_add(list, "virtio-pci.ioeventfd=off");
    argument_add(list, "-global");
    argument_add(list, "virtio-mmio.ioeventfd=off");
    return argument_list_check(list, error);
}

int kvm_arguments(char *const *words, int count, const struct qemu_arguments *found,
                  const struct kvm_abilities *host, struct argument_list *list,
                  struct ebb_error *error)
{
    struct rewriting rewriting = {.found = found, .host = host, .list = list};
    struct qemu_option option;
    int next = 0, status = 0;

    while (status == 0 && qemu_option_next(words, count, &next, &option)) {
        status = rewrite_option(&rewriting, words, &option, error);
    }
    if (status == 0) {
        status = finish(&rewriting, error);
    }
    free(rewriting.machine);
    return status;
}
