/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_plan.h"

#include "host_checks.h"
#include "kvm_arguments.h"
#include "qemu_list.h"
#include "until.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Under KVM a keyframe costs more, since its pages are protected against writing again: see the
 * right column in README, from ./run bench kvm. Less also makes resolving, which goes by the
 * intervals between keyframes, use more CPUs and lose less where one cannot be resolved. A second
 * is a guess between them.
 */
#define KVM_KEYFRAME_MS 1000ull
#define NEVER ((1ull << 52) - 1) /* instructions: the recorder's longest interval */

/* What one of the options asks for, unless the other disagrees. */
static int requested(const struct record_settings *settings, const struct qemu_arguments *found,
                     enum accelerator *accelerator, struct ebb_error *error)
{
    if (settings->accelerator != ACCELERATOR_ANY && found->accelerator != ACCELERATOR_ANY &&
        settings->accelerator != found->accelerator) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--accel and QEMU's -accel contradict each other; give one");
    }
    *accelerator =
        settings->accelerator != ACCELERATOR_ANY ? settings->accelerator : found->accelerator;
    if (*accelerator == ACCELERATOR_KVM && settings->has_icount) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--icount is about guest time under TCG; under KVM the guest runs at the "
                        "hardware's pace, so leave it out");
    }
    return 0;
}

/* Amounts of instructions are known under TCG only. */
static int check_amounts(const struct record_settings *settings, struct ebb_error *error)
{
    if (settings->has_interval && settings->interval.unit == QUANTITY_INSTRUCTIONS &&
        settings->interval.value > 0) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "--keyframe-interval: instructions are not counted while a guest runs "
                        "under KVM; write a time, like 1s");
    }
    if (settings->has_last && settings->last.unit == QUANTITY_INSTRUCTIONS) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "--last: instructions are not counted while a guest runs under KVM; write "
                        "a time or bytes, like 60s or 2GiB");
    }
    return 0;
}

static void choose_cpus(struct record_plan *plan, const struct host_facts *facts)
{
    const struct host_pmu *pmu = host_pmu_of_guest(facts);

    if (!pmu) {
        return;
    }
    plan->pmu_type = pmu->type;
    if (host_pmu_needs_pinning(facts, pmu)) {
        plan->pinned = true;
        CPU_AND(&plan->cpus, &pmu->cpus, &facts->allowed);
        argument_note(&plan->qemu,
                      "the guest is kept on CPUs %s (%s), since this host's are of several kinds",
                      pmu->list, pmu->name);
    }
}

/* Where guests use exclusives rather than LSE atomics. */
static void note_trace(struct record_plan *plan, const struct host_facts *facts)
{
    bool exclusives = !(facts->features & HOST_ATOMICS) || facts->aarch32;

    if (exclusives && (facts->tracefs_errno || facts->trace_errno)) {
        argument_note(&plan->qemu,
                      "this host does not let us note where store-exclusives of the guest fail, "
                      "which may make the recording hard to replay; ebb doctor says what to do");
    }
}

/* What keeps KVM away, and how to do without it. */
static int refuse_kvm(const struct record_plan *plan, const struct host_facts *facts,
                      const struct host_finding *obstacle, struct ebb_error *error)
{
    bool arm = strcmp(facts->architecture, "aarch64") == 0;
    char foreign[100];

    snprintf(foreign, sizeof(foreign), "this is no 64-bit ARM host (%.40s)",
             facts->architecture[0] ? facts->architecture : "unknown");
    return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "cannot record under KVM here: %s%s",
                    arm ? obstacle->text : foreign,
                    plan->found.host_cpu
                        ? "; the CPU that -cpu names is one that only KVM has; to record with "
                          "TCG, QEMU's emulation, name another, such as -cpu cortex-a72"
                    : !arm ? "; leave out what asks for KVM, to record with TCG, QEMU's emulation"
                           : "");
}

static int plan_kvm(struct record_plan *plan, const struct record_settings *settings,
                    char *const *words, int count, const struct host_facts *facts,
                    struct ebb_error *error)
{
    const struct kvm_abilities abilities = {.aarch32 = facts->aarch32, .pmu = facts->guest_pmu};
    const struct host_finding *obstacle;
    struct host_findings findings;

    host_checks(facts, &findings);
    obstacle = host_obstacle(&findings);
    if (obstacle) {
        return refuse_kvm(plan, facts, obstacle, error);
    }
    if (check_amounts(settings, error) < 0 ||
        kvm_arguments(words, count, &plan->found, &abilities, &plan->qemu, error) < 0) {
        return -1;
    }
    if (settings->guest_clock) {
        argument_add(&plan->qemu, "-global");
        argument_format(&plan->qemu, "ebb-mmio-timer.guest-clock=%s", settings->guest_clock);
    }
    choose_cpus(plan, facts);
    note_trace(plan, facts);
    plan->accelerator = ACCELERATOR_KVM;
    return argument_list_check(&plan->qemu, error);
}

static int plan_tcg(struct record_plan *plan, const struct record_settings *settings,
                    char *const *words, int count, struct ebb_error *error)
{
    if (settings->has_icount && plan->found.icount) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--icount and -icount are the same; give one");
    }
    plan->accelerator = ACCELERATOR_TCG;
    return qemu_arguments_for_tcg(words, count, &plan->found, settings->icount, &plan->qemu, error);
}

/* Nobody said which: KVM if host and arguments allow it. */
static int plan_best(struct record_plan *plan, const struct record_settings *settings,
                     char *const *words, int count, const struct host_facts *facts,
                     struct ebb_error *error)
{
    bool arm = strcmp(facts->architecture, "aarch64") == 0;
    struct ebb_error reason;

    if (!plan->found.asks && !settings->has_icount && !plan->found.icount) {
        if (plan_kvm(plan, settings, words, count, facts, &reason) == 0) {
            return 0;
        }
        if (reason.kind != EBB_ERROR_UNSUPPORTED || plan->found.host_cpu) {
            *error = reason;
            return -1;
        }
        argument_list_clear(&plan->qemu);
        plan->pinned = false;
        plan->pmu_type = -1;
        if (arm) {
            argument_note(&plan->qemu, "recording with TCG, QEMU's emulation: %s", reason.message);
        }
    }
    return plan_tcg(plan, settings, words, count, error);
}

int record_plan_make(struct record_plan *plan, const struct record_settings *settings,
                     char *const *words, int count, const struct host_facts *facts,
                     struct ebb_error *error)
{
    enum accelerator accelerator = ACCELERATOR_ANY;

    *plan = (struct record_plan){.pmu_type = -1};
    if (qemu_arguments_check(words, count, &plan->found, error) < 0 ||
        requested(settings, &plan->found, &accelerator, error) < 0) {
        return -1;
    }
    switch (accelerator) {
    case ACCELERATOR_KVM:
        return plan_kvm(plan, settings, words, count, facts, error);
    case ACCELERATOR_TCG:
        return plan_tcg(plan, settings, words, count, error);
    default:
        return plan_best(plan, settings, words, count, facts, error);
    }
}

/* Appends ",name=PATH" to the recorder's properties, the path made absolute. */
static int add_path(FILE *properties, const char *name, const char *path, struct ebb_error *error)
{
    char *absolute, *escaped;

    if (!path) {
        return 0;
    }
    absolute = realpath(path, NULL);
    if (!absolute) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot find the %s file %s: %s", name, path,
                        strerror(errno));
    }
    escaped = qemu_escape(absolute);
    free(absolute);
    if (!escaped) {
        return ebb_fail_memory(error);
    }
    fprintf(properties, ",%s=%s", name, escaped);
    free(escaped);
    return 0;
}

static void add_amount(struct record_amounts *amounts, const char *property,
                       unsigned long long value)
{
    amounts->list[amounts->count].property = property;
    amounts->list[amounts->count++].value = value;
}

int record_amounts(const struct record_settings *settings, enum accelerator accelerator,
                   struct record_amounts *amounts, struct ebb_error *error)
{
    const struct quantity *interval = &settings->interval, *last = &settings->last;
    bool timed = interval->unit == QUANTITY_MICROSECONDS;

    *amounts = (struct record_amounts){0};
    if (accelerator == ACCELERATOR_KVM && check_amounts(settings, error) < 0) {
        return -1;
    }
    if (settings->has_interval) {
        if (accelerator == ACCELERATOR_TCG) {
            add_amount(amounts, "keyframe-interval",
                       timed || interval->value == 0 ? NEVER : interval->value);
        }
        add_amount(amounts, "keyframe-ms", timed ? quantity_milliseconds(interval) : 0);
    }
    if (settings->has_last) {
        add_amount(amounts, "last-ms",
                   last->unit == QUANTITY_MICROSECONDS ? quantity_milliseconds(last) : 0);
        add_amount(amounts, "last-bytes", last->unit == QUANTITY_BYTES ? last->value : 0);
        add_amount(amounts, "last-instructions",
                   last->unit == QUANTITY_INSTRUCTIONS ? last->value : 0);
    }
    return 0;
}

/* The same, as text; with KVM there is a default interval, too. 0 is the default of all. */
static int write_amounts(const struct record_plan *plan, const struct record_settings *settings,
                         FILE *properties, struct ebb_error *error)
{
    struct record_amounts amounts;

    if (record_amounts(settings, plan->accelerator, &amounts, error) < 0) {
        return -1;
    }
    if (plan->accelerator == ACCELERATOR_KVM && !settings->has_interval) {
        add_amount(&amounts, "keyframe-ms", KVM_KEYFRAME_MS);
    }
    for (size_t i = 0; i < amounts.count; i++) {
        if (amounts.list[i].value > 0) {
            fprintf(properties, ",%s=%llu", amounts.list[i].property, amounts.list[i].value);
        }
    }
    return 0;
}

static int add_until(const struct record_settings *settings, FILE *properties,
                     struct ebb_error *error)
{
    char *joined, *escaped;

    if (!settings->until_count) {
        return 0;
    }
    joined = until_join(settings->until, settings->until_count);
    escaped = joined ? qemu_escape(joined) : NULL;
    free(joined);
    if (!escaped) {
        return ebb_fail_memory(error);
    }
    fprintf(properties, ",until=%s", escaped);
    free(escaped);
    return 0;
}

static int write_properties(const struct record_plan *plan, const struct record_settings *settings,
                            const char *directory, FILE *properties, struct ebb_error *error)
{
    if (directory) {
        char *escaped = qemu_escape(directory);

        if (!escaped) {
            return ebb_fail_memory(error);
        }
        fprintf(properties, ",directory=%s", escaped);
        free(escaped);
    } else {
        fputs(",wait=on", properties);
    }
    if (write_amounts(plan, settings, properties, error) < 0) {
        return -1;
    }
    if (add_until(settings, properties, error) < 0) {
        return -1;
    }
    if (settings->markers) {
        fprintf(properties, ",markers=%#llx", settings->markers);
    }
    if (plan->pmu_type >= 0) {
        fprintf(properties, ",pmu-type=%d", plan->pmu_type);
    }
    if (settings->has_clock_step && plan->accelerator == ACCELERATOR_KVM) {
        fprintf(properties, ",clock-step-us=%u", settings->clock_step_us);
    }
    if (settings->rescan_on_execute && plan->accelerator == ACCELERATOR_KVM) {
        fprintf(properties, ",rescan-on-execute=%s", settings->rescan_on_execute);
    }
    for (size_t i = 0; i < settings->rescan_at_count && plan->accelerator == ACCELERATOR_KVM; i++) {
        fprintf(properties, ",rescan-at=%#llx", settings->rescan_at[i]);
    }
    return add_path(properties, "kernel", plan->found.kernel, error) < 0
               ? -1
               : add_path(properties, "symbols", settings->symbols, error);
}

static int add_control(struct record_plan *plan, const char *path, struct ebb_error *error)
{
    char *escaped = qemu_escape(path);

    if (!escaped) {
        return ebb_fail_memory(error);
    }
    argument_add(&plan->qemu, "-qmp");
    argument_format(&plan->qemu, "unix:%s,server=on,wait=off", escaped);
    free(escaped);
    return 0;
}

int record_plan_add_recorder(struct record_plan *plan, const struct record_settings *settings,
                             const char *directory, int status_fd, struct ebb_error *error)
{
    char *word = NULL;
    size_t size;
    FILE *properties = open_memstream(&word, &size);
    int status;

    if (!properties) {
        return ebb_fail_memory(error);
    }
    fprintf(properties, "ebb-recorder,id=ebb0,status-fd=%d", status_fd);
    status = write_properties(plan, settings, directory, properties, error);
    if (fclose(properties) == EOF && status == 0) {
        status = ebb_fail_memory(error);
    }
    if (status == 0) {
        argument_add(&plan->qemu, "-object");
        argument_add(&plan->qemu, word);
    }
    free(word);
    if (status == 0 && settings->control) {
        status = add_control(plan, settings->control, error);
    }
    return status < 0 ? -1 : argument_list_check(&plan->qemu, error);
}

void record_plan_clear(struct record_plan *plan)
{
    argument_list_clear(&plan->qemu);
}
