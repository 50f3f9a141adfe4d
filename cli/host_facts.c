/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host_facts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define EVENT_SOURCES "/sys/bus/event_source/devices"
#define INSTRUCTIONS_RETIRED 0x08

/* Of arm64's uapi headers, which other hosts, and older ones, do not have. */
#define SMCCC_CONTROL_GROUP 0
#define SMCCC_FILTER_ATTRIBUTE 0
#define ARM64_HWCAP_ATOMICS (1u << 8)
#define ARM64_HWCAP_SVE (1u << 22)
#define ARM64_HWCAP_PACA (1u << 30)
#define ARM64_HWCAP2_RNG (1u << 16)
#define ARM64_HWCAP2_MTE (1u << 18)

/* Reads a small file's first line; false if it is not there. */
static bool read_line(const char *folder, const char *name, char *line, size_t size)
{
    char path[512];
    FILE *file;
    bool ok;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (!file) {
        return false;
    }
    ok = fgets(line, (int)size, file) != NULL;
    fclose(file);
    if (ok) {
        line[strcspn(line, "\n")] = '\0';
    }
    return ok;
}

static int read_number(const char *folder, const char *name, int fallback)
{
    char line[64];

    return read_line(folder, name, line, sizeof(line)) ? (int)strtol(line, NULL, 0) : fallback;
}

static void collect_system(struct host_facts *facts)
{
    struct utsname names;

    if (uname(&names) == 0) {
        snprintf(facts->architecture, sizeof(facts->architecture), "%.63s", names.machine);
        if (sscanf(names.release, "%d.%d", &facts->kernel_major, &facts->kernel_minor) != 2) {
            facts->kernel_major = facts->kernel_minor = 0;
        }
    }
    facts->group = getgid();
    facts->perf_paranoid = read_number("/proc/sys/kernel", "perf_event_paranoid", -1);
    facts->perf_user_access = read_number("/proc/sys/kernel", "perf_user_access", -1);
    if (sched_getaffinity(0, sizeof(facts->allowed), &facts->allowed) < 0) {
        CPU_ZERO(&facts->allowed);
    }
}

/* A filter is a property of a machine, so this makes one and drops it again. */
static bool has_hypercall_filter(int kvm)
{
    struct kvm_device_attr attribute = {
        .group = SMCCC_CONTROL_GROUP,
        .attr = SMCCC_FILTER_ATTRIBUTE,
    };
    int machine = ioctl(kvm, KVM_CREATE_VM, 0);
    bool has = machine >= 0 && ioctl(machine, KVM_HAS_DEVICE_ATTR, &attribute) == 0;

    if (machine >= 0) {
        close(machine);
    }
    return has;
}

static void collect_kvm(struct host_facts *facts)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (kvm < 0) {
        facts->kvm_errno = errno;
        return;
    }
    facts->user_irq = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_USER_IRQ) > 0;
    facts->aarch32 = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT) > 0;
    facts->guest_pmu = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3) > 0;
    facts->hypercall_filter = has_hypercall_filter(kvm);
    close(kvm);
}

/* The same event as the recorder's. */
static void collect_counter(struct host_facts *facts)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_RAW,
        .size = sizeof(event),
        .config = INSTRUCTIONS_RETIRED,
        .pinned = 1,
        .exclude_host = 1,
        .exclude_hv = 1,
    };
    int counter = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    uint64_t count;

    if (counter < 0) {
        facts->pmu_errno = errno;
        return;
    }
    /* Nothing can be read of a pinned event that has no counter of its own. */
    if (read(counter, &count, sizeof(count)) != sizeof(count)) {
        facts->pmu_errno = EBUSY;
    }
    close(counter);
}

/* The number of the tracepoint kvm_exit; 0, with errno, if it cannot be read. */
static uint64_t read_tracepoint(void)
{
    static const char *const paths[] = {
        "/sys/kernel/tracing/events/kvm/kvm_exit/id",
        "/sys/kernel/debug/tracing/events/kvm/kvm_exit/id",
    };
    unsigned long long id = 0;
    int problem = ENOENT;

    for (size_t i = 0; i < 2 && !id; i++) {
        FILE *file = fopen(paths[i], "re");

        if (!file) {
            problem = errno == ENOENT ? problem : errno;
            continue;
        }
        if (fscanf(file, "%llu", &id) != 1) {
            id = 0;
        }
        fclose(file);
    }
    errno = problem;
    return id;
}

/* The same event as the recorder's. */
static void collect_trace(struct host_facts *facts)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(event),
        .config = read_tracepoint(),
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_RAW,
    };
    int trace;

    if (!event.config) {
        facts->tracefs_errno = errno;
        return;
    }
    trace = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (trace < 0) {
        facts->trace_errno = errno;
    } else {
        close(trace);
    }
}

static void collect_features(struct host_facts *facts)
{
    unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);

    facts->features |= first & ARM64_HWCAP_ATOMICS ? HOST_ATOMICS : 0;
    facts->features |= first & ARM64_HWCAP_SVE ? HOST_SVE : 0;
    facts->features |= first & ARM64_HWCAP_PACA ? HOST_PAUTH : 0;
    facts->features |= second & ARM64_HWCAP2_MTE ? HOST_MTE : 0;
    facts->features |= second & ARM64_HWCAP2_RNG ? HOST_RANDOM : 0;
}

/* Reads "0-3,6" into a set. */
static void parse_cpus(const char *text, cpu_set_t *set)
{
    CPU_ZERO(set);
    while (isdigit((unsigned char)*text)) {
        char *end;
        unsigned long first = strtoul(text, &end, 10), last = first;

        if (*end == '-') {
            last = strtoul(end + 1, &end, 10);
        }
        for (unsigned long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++) {
            CPU_SET(cpu, set);
        }
        text = *end == ',' ? end + 1 : end;
    }
}

static int first_capacity(const cpu_set_t *cpus)
{
    char folder[128];

    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, cpus)) {
            snprintf(folder, sizeof(folder), "/sys/devices/system/cpu/cpu%d", cpu);
            return read_number(folder, "cpu_capacity", 0);
        }
    }
    return 0;
}

static void collect_pmu(struct host_facts *facts, const char *name)
{
    struct host_pmu *pmu = &facts->pmus[facts->pmu_count];
    char folder[400], line[256];
    unsigned code;

    snprintf(folder, sizeof(folder), EVENT_SOURCES "/%.64s", name);
    *pmu = (struct host_pmu){0};
    snprintf(pmu->name, sizeof(pmu->name), "%.63s", name);
    pmu->type = read_number(folder, "type", -1);
    pmu->retired = read_line(folder, "events/inst_retired", line, sizeof(line)) &&
                   sscanf(line, "event=%x", &code) == 1 && code == INSTRUCTIONS_RETIRED;
    /* Only PMUs of CPUs that are not all the same have this. */
    if (read_line(folder, "cpus", line, sizeof(line))) {
        parse_cpus(line, &pmu->cpus);
        snprintf(pmu->list, sizeof(pmu->list), "%.63s", line);
    }
    pmu->capacity = first_capacity(&pmu->cpus);
    facts->pmu_count++;
}

static void collect_pmus(struct host_facts *facts)
{
    DIR *directory = opendir(EVENT_SOURCES);
    struct dirent *entry;

    while (directory && facts->pmu_count < HOST_PMUS_MAX && (entry = readdir(directory))) {
        if (strncmp(entry->d_name, "armv", 4) == 0 || strncmp(entry->d_name, "apple_", 6) == 0) {
            collect_pmu(facts, entry->d_name);
        }
    }
    if (directory) {
        closedir(directory);
    }
}

void host_facts_collect(struct host_facts *facts)
{
    *facts = (struct host_facts){0};
    collect_system(facts);
    if (strcmp(facts->architecture, "aarch64") != 0) {
        return;
    }
    collect_kvm(facts);
    collect_counter(facts);
    collect_trace(facts);
    collect_features(facts);
    collect_pmus(facts);
}
