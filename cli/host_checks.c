/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host_checks.h"

#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define DISK_RESERVE (256ull << 20) /* for some minutes of log and later keyframes */
#define DISK_LEAST (1ull << 20)     /* less than any recording has */

static void __attribute__((format(printf, 4, 5)))
find(struct host_findings *findings, const char *name, enum host_verdict verdict,
     const char *format, ...)
{
    struct host_finding *finding = &findings->list[findings->count++];
    va_list arguments;

    finding->name = name;
    finding->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    findings->kvm &= verdict != HOST_NO;
}

static void check_kvm(const struct host_facts *facts, struct host_findings *findings)
{
    switch (facts->kvm_errno) {
    case 0:
        find(findings, "kvm", HOST_OK, "/dev/kvm can be used");
        break;
    case ENOENT:
        find(findings, "kvm", HOST_NO,
             "there is no /dev/kvm: the kernel has no KVM (CONFIG_KVM), or the firmware, or the "
             "hypervisor this machine runs under, started it in EL1 instead of EL2; "
             "'dmesg | grep -i kvm' says which");
        break;
    case EACCES:
    case EPERM:
        find(findings, "kvm", HOST_NO,
             "/dev/kvm is not for this user; 'sudo usermod -aG kvm $USER' and a new login change "
             "that, in a container --device /dev/kvm");
        break;
    default:
        find(findings, "kvm", HOST_NO, "/dev/kvm cannot be opened: %s", strerror(facts->kvm_errno));
    }
}

static void check_abilities(const struct host_facts *facts, struct host_findings *findings)
{
    if (facts->kvm_errno) {
        return;
    }
    if (facts->user_irq) {
        find(findings, "interrupts", HOST_OK, "QEMU can deliver a guest's interrupts");
    } else {
        find(findings, "interrupts", HOST_NO,
             "this kernel's KVM cannot leave a guest's interrupts to QEMU (KVM_CAP_ARM_USER_IRQ); "
             "use Linux 4.13 or newer");
    }
    if (facts->aarch32) {
        find(findings, "aarch32", HOST_OK, "64-bit and 32-bit guests");
    } else {
        find(findings, "aarch32", HOST_NOTE,
             "64-bit guests only: this CPU cannot run 32-bit kernels; record those with "
             "--accel tcg");
    }
    if (facts->hypercall_filter) {
        find(findings, "hypercalls", HOST_OK, "hypercalls come to the recorder");
    } else {
        find(findings, "hypercalls", HOST_NOTE,
             "this kernel answers hypercalls itself (Linux 6.4 and newer need not); the replay "
             "imitates its answers");
    }
}

static void check_counter(const struct host_facts *facts, struct host_findings *findings)
{
    switch (facts->pmu_errno) {
    case 0:
        find(findings, "pmu", HOST_OK, "the PMU can count a guest's instructions");
        break;
    case EACCES:
    case EPERM:
        find(findings, "pmu", HOST_NO,
             "the PMU is not for this user (kernel.perf_event_paranoid is %d); 'sudo sysctl "
             "kernel.perf_event_paranoid=1' changes that until the next boot, in a container the "
             "system call perf_event_open has to be allowed, too",
             facts->perf_paranoid);
        break;
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        find(findings, "pmu", HOST_NO,
             "the kernel has no PMU that counts instructions; look at 'dmesg | grep -i pmu', and "
             "on a virtual machine give it one");
        break;
    case EBUSY:
        find(findings, "pmu", HOST_NO,
             "the PMU has no counter to spare; stop other users of perf (the kernel's NMI "
             "watchdog: 'sudo sysctl kernel.nmi_watchdog=0')");
        break;
    case ENOSYS:
        find(findings, "pmu", HOST_NO,
             "the kernel has no performance counters (CONFIG_PERF_EVENTS, CONFIG_ARM_PMU)");
        break;
    default:
        find(findings, "pmu", HOST_NO, "the PMU cannot count a guest's instructions: %s",
             strerror(facts->pmu_errno));
    }
}

/* Which PMU is it, and does its event 0x08 mean what it should? */
static void check_pmus(const struct host_facts *facts, struct host_findings *findings)
{
    const struct host_pmu *pmu = facts->pmu_count > 1 ? host_pmu_of_guest(facts) : facts->pmus;

    if (facts->pmu_count > 0 && (!pmu || !pmu->retired)) {
        find(findings, "event", HOST_NO,
             "the PMU %s does not have the Arm architecture's event for retired instructions "
             "(inst_retired, 0x08)",
             facts->pmus[0].name);
    } else if (facts->pmu_count <= 1) {
        find(findings, "cpus", HOST_OK, "all CPUs are of one kind");
    } else if (host_pmu_needs_pinning(facts, pmu)) {
        find(findings, "cpus", HOST_NOTE,
             "the CPUs are of %zu kinds; guests are recorded on CPUs %s (%s) only, or where "
             "taskset puts ebb",
             facts->pmu_count, pmu->list, pmu->name);
    } else {
        find(findings, "cpus", HOST_OK, "this process may run on CPUs of one kind only (%s)",
             pmu->name);
    }
}

/* Without it the count is read by a system call, and at anchors only. */
static void check_user_access(const struct host_facts *facts, struct host_findings *findings)
{
    static const char consequence[] =
        "without it the count of a guest's instructions is read by a system call, and not at each "
        "exit: recording costs a little more, and resolving looks more widely where exits cannot "
        "be noted either";

    if (facts->perf_user_access > 0) {
        find(findings, "count", HOST_OK, "the PMU's counter can be read without a system call");
    } else if (facts->perf_user_access == 0) {
        find(
            findings, "count", HOST_NOTE,
            "the PMU's counter may not be read by a process itself (kernel.perf_user_access is 0); "
            "'sudo sysctl kernel.perf_user_access=1' changes that until the next boot; %s",
            consequence);
    } else {
        find(findings, "count", HOST_NOTE,
             "this kernel does not let a process read the PMU's counter itself (Linux 5.17 and "
             "newer can); %s",
             consequence);
    }
}

/* Without the trace a recording is good, but its first replay may take long. */
static void check_trace(const struct host_facts *facts, struct host_findings *findings)
{
    static const char consequence[] =
        "without it a store-exclusive that the host made fail has to be searched for when a "
        "recording is first replayed, and may not be found";
    const char *often =
        facts->features & HOST_ATOMICS ? "" : "; on this CPU, without LSE atomics, many may";

    if (facts->tracefs_errno == EACCES || facts->tracefs_errno == EPERM) {
        find(findings, "exits", HOST_NOTE,
             "the tracepoint kvm_exit is not for this user; 'sudo mount -o "
             "remount,mode=750,gid=%u /sys/kernel/tracing' changes that until the next boot; %s%s",
             facts->group, consequence, often);
    } else if (facts->tracefs_errno) {
        find(findings, "exits", HOST_NOTE,
             "the tracepoint kvm_exit is not there; 'sudo mount -t tracefs tracefs "
             "/sys/kernel/tracing' brings it, if the kernel has it (CONFIG_FTRACE); %s%s",
             consequence, often);
    } else if (facts->trace_errno) {
        find(findings, "exits", HOST_NOTE,
             "the tracepoint kvm_exit may not be used (kernel.perf_event_paranoid is %d); 'sudo "
             "sysctl kernel.perf_event_paranoid=-1' changes that until the next boot; %s%s",
             facts->perf_paranoid, consequence, often);
    } else {
        find(findings, "exits", HOST_OK, "exits that a guest does not see can be noted");
    }
}

static void check_features(const struct host_facts *facts, struct host_findings *findings)
{
    if (facts->features & (HOST_SVE | HOST_PAUTH | HOST_MTE)) {
        find(findings, "hidden", HOST_NOTE, "hidden from guests:%s%s%s",
             facts->features & HOST_SVE ? " SVE" : "",
             facts->features & HOST_PAUTH ? " pointer-authentication" : "",
             facts->features & HOST_MTE ? " memory-tagging" : "");
    }
    if (facts->features & HOST_RANDOM) {
        find(findings, "random", HOST_NOTE,
             "this CPU has random numbers (RNDR) that some kernels cannot hide from a guest; what "
             "the guest's kernel reads is recorded, but a recording ends where a program of the "
             "guest's reads them itself");
    }
}

void host_checks(const struct host_facts *facts, struct host_findings *findings)
{
    *findings = (struct host_findings){.kvm = true};
    if (strcmp(facts->architecture, "aarch64") != 0) {
        find(findings, "host", HOST_NO,
             "this is no 64-bit ARM host (%s), so it records with TCG, QEMU's emulation, and "
             "replays everything",
             facts->architecture[0] ? facts->architecture : "unknown");
        return;
    }
    find(findings, "host", HOST_OK, "64-bit ARM, Linux %d.%d", facts->kernel_major,
         facts->kernel_minor);
    check_kvm(facts, findings);
    check_abilities(facts, findings);
    check_counter(facts, findings);
    if (!facts->pmu_errno) {
        check_pmus(facts, findings);
        check_user_access(facts, findings);
        check_trace(facts, findings);
    }
    check_features(facts, findings);
}

const struct host_finding *host_obstacle(const struct host_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->list[i].verdict == HOST_NO) {
            return &findings->list[i];
        }
    }
    return NULL;
}

static bool may_run_on(const struct host_facts *facts, const struct host_pmu *pmu)
{
    cpu_set_t both;

    CPU_AND(&both, &pmu->cpus, &facts->allowed);
    return CPU_COUNT(&both) > 0;
}

const struct host_pmu *host_pmu_of_guest(const struct host_facts *facts)
{
    const struct host_pmu *best = NULL;

    for (size_t i = 0; i < facts->pmu_count && facts->pmu_count > 1; i++) {
        const struct host_pmu *pmu = &facts->pmus[i];

        if (pmu->retired && may_run_on(facts, pmu) && (!best || pmu->capacity > best->capacity)) {
            best = pmu;
        }
    }
    return best;
}

bool host_pmu_needs_pinning(const struct host_facts *facts, const struct host_pmu *pmu)
{
    cpu_set_t both;

    CPU_AND(&both, &pmu->cpus, &facts->allowed);
    return !CPU_EQUAL(&both, &facts->allowed);
}

void host_check_space(const char *directory, uint64_t ram_bytes, uint64_t free_bytes,
                      struct host_finding *finding)
{
    char free_text[TEXT_NUMBER_SIZE], wanted_text[TEXT_NUMBER_SIZE];
    uint64_t wanted = ram_bytes < UINT64_MAX - DISK_RESERVE ? ram_bytes + DISK_RESERVE : UINT64_MAX;

    text_bytes(free_text, free_bytes);
    text_bytes(wanted_text, wanted);
    finding->name = "disk";
    if (free_bytes >= wanted) {
        finding->verdict = HOST_OK;
        snprintf(finding->text, sizeof(finding->text), "%s are free at %.200s", free_text,
                 directory);
        return;
    }
    finding->verdict = free_bytes < DISK_LEAST ? HOST_NO : HOST_NOTE;
    snprintf(finding->text, sizeof(finding->text),
             "%s are free at %.200s, and a recording may need %s (the guest's RAM, and some for "
             "the log) and more with time; make room, name another disk with -o, or keep the "
             "newest part only with --last",
             free_text, directory, wanted_text);
}

/* Shortens a path to the folder it is in. */
static void to_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash) {
        strcpy(path, ".");
    } else if (slash == path) {
        path[1] = '\0';
    } else {
        *slash = '\0';
    }
}

void host_check_disk(const char *directory, uint64_t ram_bytes, struct host_finding *finding)
{
    struct statvfs status;
    char path[4096];
    int result;

    snprintf(path, sizeof(path), "%s", directory && *directory ? directory : ".");
    while ((result = statvfs(path, &status)) < 0 && errno == ENOENT && strcmp(path, ".") != 0 &&
           strcmp(path, "/") != 0) {
        to_parent(path);
    }
    if (result < 0) {
        *finding = (struct host_finding){.name = "disk", .verdict = HOST_OK};
        snprintf(finding->text, sizeof(finding->text), "nothing is known about %.200s: %s", path,
                 strerror(errno));
        return;
    }
    host_check_space(path, ram_bytes, (uint64_t)status.f_bavail * status.f_frsize, finding);
}

int host_check_disk_for_recording(const char *directory, uint64_t ram_bytes,
                                  struct ebb_error *error)
{
    struct host_finding finding;

    host_check_disk(directory, ram_bytes, &finding);
    if (finding.verdict == HOST_NO) {
        return ebb_fail(error, EBB_ERROR_FAILED, "%s", finding.text);
    }
    if (finding.verdict == HOST_NOTE) {
        fprintf(stderr, "ebb: %s\n", finding.text);
    }
    return 0;
}
