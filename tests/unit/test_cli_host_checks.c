/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ebb doctor finds on hosts of all kinds. The hosts are fakes. */
#include "cli/host_checks.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct host_facts fake_arm_host(void)
{
    return (struct host_facts){
        .architecture = "aarch64",
        .kernel_major = 6,
        .kernel_minor = 12,
        .user_irq = true,
        .aarch32 = true,
        .guest_pmu = true,
        .hypercall_filter = true,
        .perf_paranoid = 1,
        .perf_user_access = 1,
        .features = HOST_ATOMICS,
    };
}

static struct host_pmu fake_pmu(const char *name, int capacity, int first, int last)
{
    struct host_pmu pmu = {.retired = true, .capacity = capacity};

    snprintf(pmu.name, sizeof(pmu.name), "%s", name);
    snprintf(pmu.list, sizeof(pmu.list), "%d-%d", first, last);
    for (int cpu = first; cpu <= last; cpu++) {
        CPU_SET(cpu, &pmu.cpus);
    }
    return pmu;
}

static const struct host_finding *find(const struct host_findings *findings, const char *name)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->list[i].name, name) == 0) {
            return &findings->list[i];
        }
    }
    return NULL;
}

/* The finding of that name has this verdict and says this; it alone decides about KVM. */
static void expect(const struct host_facts *facts, const char *name, enum host_verdict verdict,
                   const char *text)
{
    struct host_findings findings;
    const struct host_finding *finding;

    host_checks(facts, &findings);
    finding = find(&findings, name);
    assert_non_null(finding);
    assert_int_equal(finding->verdict, verdict);
    if (!strstr(finding->text, text)) {
        fail_msg("\"%s\" is not in \"%s\"", text, finding->text);
    }
    assert_int_equal(findings.kvm, verdict != HOST_NO);
    if (verdict == HOST_NO) {
        assert_ptr_equal(host_obstacle(&findings), finding);
    } else {
        assert_null(host_obstacle(&findings));
    }
}

static void test_good_host(void **state)
{
    const struct host_facts facts = fake_arm_host();
    struct host_findings findings;

    (void)state;
    host_checks(&facts, &findings);
    assert_true(findings.kvm);
    for (size_t i = 0; i < findings.count; i++) {
        assert_int_equal(findings.list[i].verdict, HOST_OK);
    }
}

static void test_other_architecture(void **state)
{
    struct host_facts facts = {.architecture = "x86_64"};

    (void)state;
    expect(&facts, "host", HOST_NO, "records with TCG");
}

static void test_kvm(void **state)
{
    static const struct {
        int number;
        const char *text;
    } cases[] = {{ENOENT, "EL1 instead of EL2"}, {EACCES, "usermod -aG kvm"}};
    struct host_facts facts = fake_arm_host();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        facts.kvm_errno = cases[i].number;
        expect(&facts, "kvm", HOST_NO, cases[i].text);
    }
    facts.kvm_errno = ENODEV;
    expect(&facts, "kvm", HOST_NO, strerror(ENODEV));
    facts = fake_arm_host();
    facts.user_irq = false;
    expect(&facts, "interrupts", HOST_NO, "KVM_CAP_ARM_USER_IRQ");
}

static void test_counter(void **state)
{
    struct host_facts facts = fake_arm_host();

    (void)state;
    facts.perf_paranoid = 3;
    facts.pmu_errno = EACCES;
    expect(&facts, "pmu", HOST_NO, "kernel.perf_event_paranoid is 3");
    facts.pmu_errno = ENOENT;
    expect(&facts, "pmu", HOST_NO, "no PMU that counts");
    facts.pmu_errno = ENOSYS;
    expect(&facts, "pmu", HOST_NO, "CONFIG_PERF_EVENTS");
    facts.pmu_errno = EBUSY;
    expect(&facts, "pmu", HOST_NO, "no counter to spare");
    facts.pmu_errno = EINVAL;
    expect(&facts, "pmu", HOST_NO, strerror(EINVAL));
}

static void test_notes(void **state)
{
    struct host_facts facts = fake_arm_host();

    (void)state;
    facts.aarch32 = false;
    expect(&facts, "aarch32", HOST_NOTE, "64-bit guests only");
    facts = fake_arm_host();
    facts.hypercall_filter = false;
    expect(&facts, "hypercalls", HOST_NOTE, "6.4");
    facts = fake_arm_host();
    facts.tracefs_errno = ENOENT;
    expect(&facts, "exits", HOST_NOTE, "mount -t tracefs");
    facts.tracefs_errno = EACCES;
    facts.group = 1000;
    expect(&facts, "exits", HOST_NOTE, "gid=1000");
    facts = fake_arm_host();
    facts.trace_errno = EPERM;
    expect(&facts, "exits", HOST_NOTE, "perf_event_paranoid is 1");
    facts.features = 0;
    expect(&facts, "exits", HOST_NOTE, "LSE");
    facts = fake_arm_host();
    expect(&facts, "count", HOST_OK, "without a system call");
    facts.perf_user_access = 0;
    expect(&facts, "count", HOST_NOTE, "sysctl kernel.perf_user_access=1");
    facts.perf_user_access = -1;
    expect(&facts, "count", HOST_NOTE, "5.17");
    facts = fake_arm_host();
    facts.features |= HOST_SVE | HOST_MTE;
    expect(&facts, "hidden", HOST_NOTE, "SVE memory-tagging");
    facts = fake_arm_host();
    facts.features |= HOST_RANDOM;
    expect(&facts, "random", HOST_NOTE, "RNDR");
}

static void test_cpus_of_two_kinds(void **state)
{
    struct host_facts facts = fake_arm_host();

    (void)state;
    facts.pmus[0] = fake_pmu("armv8_cortex_a76", 1024, 4, 7);
    facts.pmu_count = 1;
    CPU_SET(0, &facts.allowed);
    CPU_SET(5, &facts.allowed);
    expect(&facts, "cpus", HOST_OK, "one kind");
    assert_null(host_pmu_of_guest(&facts));
    facts.pmus[1] = fake_pmu("armv8_cortex_a55", 400, 0, 3);
    facts.pmu_count = 2;
    expect(&facts, "cpus", HOST_NOTE, "CPUs 4-7 (armv8_cortex_a76)");
    assert_ptr_equal(host_pmu_of_guest(&facts), &facts.pmus[0]);
    assert_true(host_pmu_needs_pinning(&facts, &facts.pmus[0]));
    /* Where the capacities are unknown, any kind will do. */
    facts.pmus[0].capacity = facts.pmus[1].capacity = 0;
    assert_non_null(host_pmu_of_guest(&facts));
    CPU_CLR(5, &facts.allowed);
    expect(&facts, "cpus", HOST_OK, "one kind only (armv8_cortex_a55)");
    assert_ptr_equal(host_pmu_of_guest(&facts), &facts.pmus[1]);
    assert_false(host_pmu_needs_pinning(&facts, &facts.pmus[1]));
}

static void test_other_pmu(void **state)
{
    struct host_facts facts = fake_arm_host();

    (void)state;
    facts.pmus[0] = fake_pmu("apple_firestorm_pmu", 1024, 0, 3);
    facts.pmus[0].retired = false;
    facts.pmu_count = 1;
    CPU_SET(0, &facts.allowed);
    expect(&facts, "event", HOST_NO, "apple_firestorm_pmu");
}

static void test_disk(void **state)
{
    struct host_finding finding;

    (void)state;
    host_check_space("here", 1ull << 30, 2ull << 30, &finding);
    assert_int_equal(finding.verdict, HOST_OK);
    host_check_space("here", 1ull << 30, 1ull << 30, &finding);
    assert_int_equal(finding.verdict, HOST_NOTE);
    assert_non_null(strstr(finding.text, "--last"));
    host_check_space("here", UINT64_MAX, UINT64_MAX - 1, &finding);
    assert_int_equal(finding.verdict, HOST_NOTE);
    host_check_space("here", 1ull << 30, 4096, &finding);
    assert_int_equal(finding.verdict, HOST_NO);
    /* What is not there yet will be in a folder that is. */
    host_check_disk("/nothing/of/this/is/there", 0, &finding);
    assert_non_null(strstr(finding.text, " at /"));
    host_check_disk("nothing-here", 0, &finding);
    assert_non_null(strstr(finding.text, " at ."));
    host_check_disk(NULL, 0, &finding);
    assert_non_null(strstr(finding.text, " at ."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_host), cmocka_unit_test(test_other_architecture),
        cmocka_unit_test(test_kvm),       cmocka_unit_test(test_counter),
        cmocka_unit_test(test_notes),     cmocka_unit_test(test_cpus_of_two_kinds),
        cmocka_unit_test(test_other_pmu), cmocka_unit_test(test_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
