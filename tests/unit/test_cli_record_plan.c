/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How guests are recorded on hosts of all kinds. The hosts are fakes. */
#include "cli/record_plan.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A host on which everything is as it should be. */
static struct host_facts fake_arm_host(void)
{
    struct host_facts facts = {
        .architecture = "aarch64",
        .kernel_major = 6,
        .kernel_minor = 12,
        .user_irq = true,
        .aarch32 = true,
        .guest_pmu = true,
        .hypercall_filter = true,
        .perf_paranoid = 1,
        .features = HOST_ATOMICS,
    };

    CPU_SET(0, &facts.allowed);
    CPU_SET(4, &facts.allowed);
    return facts;
}

static struct host_facts fake_x86_host(void)
{
    return (struct host_facts){.architecture = "x86_64"};
}

struct outcome {
    int status;
    struct ebb_error error;
    enum accelerator accelerator;
    char line[2048];  /* QEMU's arguments */
    char notes[2048]; /* one to a line */
    bool pinned;
    cpu_set_t cpus;
};

static void join(char *text, char *const *strings, size_t count, const char *separator)
{
    *text = '\0';
    for (size_t i = 0; i < count; i++) {
        sprintf(text + strlen(text), "%s%s", i ? separator : "", strings[i]);
    }
}

/* The plan for "OPTIONS -- QEMU-ARGUMENTS", where options have the form --name=value. */
static const struct outcome *plan(const struct host_facts *facts, const char *line)
{
    static struct outcome outcome;
    static const struct command command = {.name = "record",
                                           .rest = "",
                                           .own_options_first = true,
                                           .repeated_option = RECORD_REPEATED_OPTION,
                                           .options = record_options};
    struct arguments arguments;
    struct record_settings settings;
    struct record_plan made = {0};
    char copy[1024], *words[64], *save = NULL;
    int count = 0;

    outcome = (struct outcome){0};
    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    assert_int_equal(options_parse(&command, count, words, &arguments, &outcome.error), 0);
    outcome.status = record_settings_parse(&arguments, &settings, &outcome.error);
    if (outcome.status == 0) {
        outcome.status = record_plan_make(&made, &settings, arguments.rest, arguments.rest_count,
                                          facts, &outcome.error);
    }
    if (outcome.status == 0) {
        outcome.status = record_plan_add_recorder(&made, &settings, settings.wait ? NULL : "d,1", 7,
                                                  &outcome.error);
    }
    outcome.accelerator = made.accelerator;
    outcome.pinned = made.pinned;
    outcome.cpus = made.cpus;
    join(outcome.line, made.qemu.words, made.qemu.count, " ");
    join(outcome.notes, made.qemu.notes, made.qemu.note_count, "\n");
    record_plan_clear(&made);
    return &outcome;
}

static void expect_line(const struct host_facts *facts, const char *line, const char *wanted)
{
    const struct outcome *outcome = plan(facts, line);

    if (outcome->status < 0) {
        fail_msg("%s: %s", line, outcome->error.message);
    }
    assert_string_equal(outcome->line, wanted);
}

static void expect_note(const struct host_facts *facts, const char *line, const char *note)
{
    const struct outcome *outcome = plan(facts, line);

    assert_int_equal(outcome->status, 0);
    if (!note) {
        assert_string_equal(outcome->notes, "");
    } else if (!strstr(outcome->notes, note)) {
        fail_msg("%s: \"%s\" is not in \"%s\"", line, note, outcome->notes);
    }
}

static void expect_refusal(const struct host_facts *facts, const char *line, const char *why)
{
    const struct outcome *outcome = plan(facts, line);

    assert_int_equal(outcome->status, -1);
    if (!strstr(outcome->error.message, why)) {
        fail_msg("%s: \"%s\" is not in \"%s\"", line, why, outcome->error.message);
    }
}

#define MACHINE "-machine gic-version=2,kernel-irqchip=off,mmio-timer=on"
#define HIDDEN ",pmu=off,sve=off,pauth=off,kvm-steal-time=off"
#define GLOBALS "-global virtio-pci.ioeventfd=off -global virtio-mmio.ioeventfd=off"
#define RECORDER "-object ebb-recorder,id=ebb0,status-fd=7,directory=d,,1"
#define EVERY_SECOND ",keyframe-ms=1000"

static void test_kvm_lines(void **state)
{
    const struct host_facts host = fake_arm_host();

    (void)state;
    expect_line(&host, "-M virt -cpu host -m 512 -nographic",
                "-machine virt -m 512 -nographic " MACHINE " -accel kvm -cpu host" HIDDEN
                " " GLOBALS " " RECORDER EVERY_SECOND);
    expect_line(&host, "--accel=kvm -M virt,gic-version=3,highmem=off -cpu cortex-a53",
                "-machine virt,highmem=off " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND);
    expect_line(&host, "-M virt -accel kvm,kernel-irqchip=on -cpu max,aarch64=off",
                "-machine virt -accel kvm " MACHINE " -cpu host,aarch64=off" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND);
}

static void test_accelerator_in_machine(void **state)
{
    const struct host_facts host = fake_arm_host();

    (void)state;
    expect_line(&host, "-M virt,accel=kvm:tcg -cpu cortex-a15",
                "-machine virt,accel=kvm:tcg " MACHINE ",accel=kvm -cpu host,aarch64=off" HIDDEN
                " " GLOBALS " " RECORDER EVERY_SECOND);
    expect_line(&host, "-enable-kvm -M virt -cpu host,midr=5",
                "-enable-kvm -machine virt " MACHINE " -cpu host,midr=5" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND);
}

static void test_amounts(void **state)
{
    const struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();
    static const struct {
        const char *options, *kvm, *tcg; /* NULL: refused */
    } cases[] = {
        {"--keyframe-interval=5s", ",keyframe-ms=5000",
         ",keyframe-interval=4503599627370495,keyframe-ms=5000"},
        {"--keyframe-interval=100us", ",keyframe-ms=1",
         ",keyframe-interval=4503599627370495,keyframe-ms=1"},
        {"--keyframe-interval=0", "", ",keyframe-interval=4503599627370495"},
        {"--keyframe-interval=100M", NULL, ",keyframe-interval=100000000"},
        {"--last=1min", ",last-ms=60000,keyframe-ms=1000", ",last-ms=60000"},
        {"--last=2GiB", ",last-bytes=2147483648,keyframe-ms=1000", ",last-bytes=2147483648"},
        {"--last=500M", NULL, ",last-instructions=500000000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[200], wanted[400];

        snprintf(line, sizeof(line), "%s --accel=kvm -M virt -cpu host", cases[i].options);
        if (cases[i].kvm) {
            snprintf(wanted, sizeof(wanted),
                     "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                     " " RECORDER "%s",
                     cases[i].kvm);
            expect_line(&arm, line, wanted);
        } else {
            expect_refusal(&arm, line, "not counted while a guest runs under KVM");
        }
        snprintf(line, sizeof(line), "%s -M virt", cases[i].options);
        snprintf(wanted, sizeof(wanted), "-M virt -icount shift=1 " RECORDER "%s", cases[i].tcg);
        expect_line(&x86, line, wanted);
    }
}

/* It is said what keeps KVM away, and not that it records all the same. */
static void test_kvm_elsewhere(void **state)
{
    struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();

    (void)state;
    arm.kvm_errno = ENOENT;
    expect_refusal(&x86, "-M virt -cpu host", "this is no 64-bit ARM host (x86_64); the CPU");
    expect_refusal(&x86, "-M virt -cpu host", "such as -cpu cortex-a72");
    expect_refusal(&arm, "-M virt -cpu host", "there is no /dev/kvm");
    expect_refusal(&arm, "-M virt -cpu host", "such as -cpu cortex-a72");
    expect_refusal(&x86, "--accel=kvm -M virt -cpu cortex-a72", "leave out what asks for KVM");
}

static void test_until(void **state)
{
    const struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();

    (void)state;
    expect_line(&x86, "--until=panic --until=pass:console:/a,b/ --repeat=3 -M virt",
                "-M virt -icount shift=1 " RECORDER ",until=panic\npass:console:/a,,b/");
    expect_line(&arm, "--until=timeout:5 --markers=0xb000000 --accel=kvm -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND ",until=timeout:5,markers=0xb000000");
    expect_refusal(&x86, "--until=crash -M virt", "is no condition");
    expect_refusal(&x86, "--until=console:word -M virt", "write console:/REGEX/");
    expect_refusal(&x86, "--until=console:/(/ -M virt", "no regular expression");
    expect_refusal(&x86, "--until=console:/(a|b)\\1/ -M virt", "back references");
    expect_line(&x86, "--until=console:/a\\\\1[.]/ -M virt",
                "-M virt -icount shift=1 " RECORDER ",until=console:/a\\\\1[.]/");
    expect_refusal(&x86, "--until=timeout:0 -M virt", "at once");
    expect_refusal(&x86, "--until=timeout:1x -M virt", "whole number");
    expect_refusal(&x86, "--until=timeout: -M virt", "whole number");
    expect_refusal(&x86, "--until=timeout:0x3c -M virt", "decimal digits");
    expect_refusal(&x86, "--until=timeout:1_000 -M virt", "decimal digits");
    expect_refusal(&x86, "--repeat=3 -M virt", "--repeat needs --until");
    expect_refusal(&x86, "--repeat=0 --until=exit -M virt", "not run the guest at all");
    expect_refusal(&x86, "--repeat=2 --until=exit --control=s -M virt", "leave out --control");
    expect_refusal(&x86, "--attach=s --until=exit", "a guest that runs already");
    expect_refusal(&x86, "--markers=0x1001 -M virt", "no address of a register");
    expect_refusal(&x86, "--markers=here -M virt", "whole number");
}

static void test_clock_step(void **state)
{
    const struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();

    (void)state;
    expect_line(&arm, "--clock-step=5ms -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND ",clock-step-us=5000");
    expect_line(&arm, "--clock-step=0 -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND ",clock-step-us=0");
    expect_line(&x86, "--clock-step=5ms -M virt", "-M virt -icount shift=1 " RECORDER);
    expect_line(&arm, "--clock-step=100us -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " " RECORDER EVERY_SECOND ",clock-step-us=100");
    expect_refusal(&arm, "--clock-step=2s -M virt", "a time from 100us to 1s");
    expect_refusal(&arm, "--clock-step=99us -M virt", "a time from 100us to 1s");
    expect_refusal(&arm, "--clock-step=5 -M virt",
                   "--clock-step cannot be \"5\"; write a time (100us, 500ms, 60s, 5min, 1h)");
    expect_refusal(&arm, "--accel=tcg --clock-step=5ms -M virt", "for --accel kvm");
}

static void test_guest_clock(void **state)
{
    const struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();

    (void)state;
    expect_line(&arm, "--guest-clock=registers -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS
                " -global ebb-mmio-timer.guest-clock=registers " RECORDER EVERY_SECOND);
    expect_line(&x86, "--guest-clock=page -M virt", "-M virt -icount shift=1 " RECORDER);
    expect_refusal(&arm, "--guest-clock=tsc -M virt", "none of auto, page and registers");
    expect_refusal(&arm, "--accel=tcg --guest-clock=page -M virt", "for --accel kvm");
    expect_refusal(&arm, "--guest-clock=page --attach=socket", "runs already");
}

static void test_rescan_at(void **state)
{
    const struct host_facts arm = fake_arm_host(), x86 = fake_x86_host();

    (void)state;
    expect_line(&arm, "--rescan-at=0x4000_1000,0xffff800080000004 -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS " " RECORDER
                ",keyframe-ms=1000,rescan-at=0x40001000,rescan-at=0xffff800080000004");
    expect_line(&x86, "--rescan-at=0x40001000 -M virt", "-M virt -icount shift=1 " RECORDER);
    expect_line(&arm, "--rescan-on-execute=off -M virt -cpu host",
                "-machine virt " MACHINE " -accel kvm -cpu host" HIDDEN " " GLOBALS " " RECORDER
                ",keyframe-ms=1000,rescan-on-execute=off");
    expect_refusal(&arm, "--rescan-on-execute=yes -M virt", "neither on nor off");
    expect_refusal(&arm, "--accel=tcg --rescan-on-execute=on -M virt", "for --accel kvm");
    expect_refusal(&arm, "--rescan-on-execute=on --detach=s", "runs already");
    expect_refusal(&arm, "--rescan-at=main -M virt", "\"main\" is not a whole number");
    expect_refusal(&arm, "--rescan-at=1,,2 -M virt", "\"\" is not a whole number");
    expect_refusal(&arm, "--rescan-at=0x10000000000000000 -M virt", "not a whole number");
    expect_refusal(&arm, "--rescan-at=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 -M virt",
                   "more than 16");
    expect_refusal(&arm, "--accel=tcg --rescan-at=1 -M virt", "for --accel kvm");
    expect_refusal(&arm, "--rescan-at=1 --attach=socket", "runs already");
}

static void test_control(void **state)
{
    const struct host_facts host = fake_x86_host();

    (void)state;
    expect_line(&host, "--control=a,b -M virt",
                "-M virt -icount shift=1 " RECORDER " -qmp unix:a,,b,server=on,wait=off");
    expect_line(&host, "--wait --control=s -M virt",
                "-M virt -icount shift=1 -object ebb-recorder,id=ebb0,status-fd=7,wait=on -qmp "
                "unix:s,server=on,wait=off");
    expect_refusal(&host, "--wait -M virt", "--control");
    expect_refusal(&host, "--wait --control=s --output=x -M virt", "--attach");
    expect_refusal(&host, "--attach=s -M virt", "runs already");
    expect_refusal(&host, "--attach=s --wait", "runs already");
    expect_refusal(&host, "--attach=s --detach=s", "give one");
    expect_refusal(&host, "--rescan=s --detach=s", "give one");
    expect_refusal(&host, "--rescan=s -M virt", "runs already");
    expect_refusal(&host, "--rescan=s --output=x", "--rescan takes no other options");
    expect_refusal(&host, "--detach=s --output=x", "no other options");
}

static void test_notes(void **state)
{
    const struct host_facts host = fake_arm_host();
    struct host_facts blind = fake_arm_host();

    (void)state;
    blind.trace_errno = EPERM;
    expect_note(&blind, "-M virt -cpu host", "store-exclusives");
    blind.aarch32 = false;
    expect_note(&blind, "-M virt -cpu host", NULL);
    blind.features &= ~(unsigned)HOST_ATOMICS;
    expect_note(&blind, "-M virt -cpu host", "store-exclusives");
    expect_note(&host, "-M virt -cpu host", NULL);
    expect_note(&host, "-M virt,gic-version=2 -cpu host,pmu=off", NULL);
    expect_note(&host, "-M virt,gic_version=3 -cpu host", "gic-version=2 is used instead");
    expect_note(&host, "-M virt,kernel_irqchip=on -cpu host", "kernel-irqchip=off is used instead");
    expect_note(&host, "-M virt -accel kvm,kernel-irqchip=split -cpu host",
                "kernel-irqchip=off is used instead");
    expect_note(&host, "-M virt,mmio-timer=off -cpu host", "mmio-timer=on is used instead");
    expect_note(&host, "-M virt -cpu cortex-a53", "the guest has the host's CPU, less");
    expect_note(&host, "-M virt -cpu cortex-a7", "in its 32-bit mode");
    expect_note(&host, "-M virt", "there is no -cpu");
    expect_note(&host, "-M virt -cpu host,sve=on", "sve=off is used instead");
    expect_note(&host, "--accel=kvm -M virt -cpu host -icount 3", "-icount 3 is not used");
}

/* What KVM cannot have is refused if KVM was asked for, and done by TCG if nothing was. */
static void test_what_only_tcg_can(void **state)
{
    static const char *const lines[] = {
        "-M virt,virtualization=on -cpu cortex-a57",
        "-M virt,secure=on -cpu cortex-a57",
        "-M virt -cpu cortex-a57 -semihosting",
        "-M virt -cpu cortex-a57 -semihosting-config enable=on",
        "-M vexpress-a15",
        "-M virtual -cpu cortex-a57",
        "-cpu cortex-a57",
    };
    const struct host_facts host = fake_arm_host();
    char line[200];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const struct outcome *outcome;

        snprintf(line, sizeof(line), "--accel=kvm %s", lines[i]);
        outcome = plan(&host, line);
        assert_int_equal(outcome->status, -1);
        assert_int_equal(outcome->error.kind, EBB_ERROR_UNSUPPORTED);
        outcome = plan(&host, lines[i]);
        assert_int_equal(outcome->status, 0);
        assert_int_equal(outcome->accelerator, ACCELERATOR_TCG);
        assert_non_null(strstr(outcome->notes, "recording with TCG"));
        assert_null(strstr(outcome->line, "mmio-timer"));
    }
}

static void test_refused(void **state)
{
    const struct host_facts host = fake_arm_host();

    (void)state;
    expect_refusal(&host, "-M virt -cpu host -smp 2", "-smp 1");
    expect_refusal(&host, "-M virt,mte=on -cpu host", "mte=on");
    expect_refusal(&host, "-M virt -cpu host -netdev tap,id=n,vhost=on", "vhost");
    expect_refusal(&host, "-M virt -cpu host -device virtio-blk-pci,ioeventfd=on,drive=d",
                   "ioeventfd");
    expect_refusal(&host, "-M virt -cpu host -global virtio-blk-pci.ioeventfd=on", "ioeventfd");
    expect_refusal(&host, "--accel=tcg -M virt -accel kvm", "contradict");
    expect_refusal(&host, "--accel=kvm --icount=2 -M virt -cpu host", "--icount");
    expect_refusal(&host, "--accel=hvf -M virt", "neither");
    expect_refusal(&host, "--last=0s -M virt", "--last");
    expect_refusal(&host, "--last=1s --keyframe-interval=0 -M virt", "needs keyframes");
    expect_refusal(&host, "--keyframe-interval=1MB -M virt",
                   "write a time (100us, 500ms, 60s, 5min, 1h) or instructions");
}

/* Whoever sets the pace of guest time wants TCG. */
static void test_icount_means_tcg(void **state)
{
    const struct host_facts host = fake_arm_host();

    (void)state;
    expect_line(&host, "-M virt -cpu cortex-a53 -icount 3",
                "-M virt -cpu cortex-a53 -icount 3 " RECORDER);
    expect_line(&host, "--icount=3 -M virt", "-M virt -icount shift=3 " RECORDER);
    expect_line(&host, "-help", "-help -icount shift=1 " RECORDER);
}

static void test_host_without_aarch32(void **state)
{
    struct host_facts host = fake_arm_host();

    (void)state;
    host.aarch32 = false;
    host.guest_pmu = false;
    expect_line(&host, "-M virt -cpu host",
                "-machine virt " MACHINE
                " -accel kvm -cpu host,sve=off,pauth=off,kvm-steal-time=off " GLOBALS
                " " RECORDER EVERY_SECOND);
    expect_refusal(&host, "--accel=kvm -M virt -cpu cortex-a15", "32-bit");
    expect_refusal(&host, "-M virt -cpu host,aarch64=off", "32-bit");
    assert_int_equal(plan(&host, "-M virt -cpu cortex-a15")->accelerator, ACCELERATOR_TCG);
}

static void test_hosts_without_kvm(void **state)
{
    struct host_facts host = fake_x86_host();

    (void)state;
    expect_note(&host, "-M virt -cpu cortex-a53", NULL);
    assert_int_equal(plan(&host, "-M virt -cpu cortex-a53")->accelerator, ACCELERATOR_TCG);
    expect_refusal(&host, "--accel=kvm -M virt", "no 64-bit ARM host");
    expect_refusal(&host, "-M virt -accel kvm", "no 64-bit ARM host");
    expect_refusal(&host, "-M virt -cpu host", "no 64-bit ARM host");
    host = fake_arm_host();
    host.pmu_errno = EACCES;
    host.perf_paranoid = 3;
    expect_refusal(&host, "--accel=kvm -M virt -cpu host", "perf_event_paranoid is 3");
    expect_note(&host, "-M virt -cpu cortex-a53", "perf_event_paranoid=1");
    assert_int_equal(plan(&host, "-M virt -cpu cortex-a53")->accelerator, ACCELERATOR_TCG);
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

static void test_cpus_of_two_kinds(void **state)
{
    struct host_facts host = fake_arm_host();
    const struct outcome *outcome;

    (void)state;
    host.pmus[0] = fake_pmu("armv8_cortex_a55", 400, 0, 3);
    host.pmus[1] = fake_pmu("armv8_cortex_a76", 1024, 4, 7);
    host.pmus[1].type = 11;
    host.pmu_count = 2;
    outcome = plan(&host, "-M virt -cpu host");
    assert_int_equal(outcome->status, 0);
    assert_non_null(strstr(outcome->line, ",pmu-type=11"));
    assert_non_null(strstr(outcome->notes, "kept on CPUs 4-7 (armv8_cortex_a76)"));
    assert_true(outcome->pinned);
    /* Only where it may run at all. */
    assert_int_equal(CPU_COUNT(&outcome->cpus), 1);
    assert_true(CPU_ISSET(4, &outcome->cpus));
    outcome = plan(&host, "--accel=tcg -M virt");
    assert_false(outcome->pinned);
    assert_null(strstr(outcome->line, "pmu-type"));
    CPU_CLR(4, &host.allowed);
    outcome = plan(&host, "-M virt -cpu host");
    assert_false(outcome->pinned);
    assert_string_equal(outcome->notes, "");
    assert_non_null(strstr(outcome->line, ",pmu-type=0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kvm_lines),         cmocka_unit_test(test_accelerator_in_machine),
        cmocka_unit_test(test_amounts),           cmocka_unit_test(test_clock_step),
        cmocka_unit_test(test_kvm_elsewhere),     cmocka_unit_test(test_until),
        cmocka_unit_test(test_guest_clock),       cmocka_unit_test(test_rescan_at),
        cmocka_unit_test(test_control),           cmocka_unit_test(test_notes),
        cmocka_unit_test(test_what_only_tcg_can), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_icount_means_tcg),  cmocka_unit_test(test_host_without_aarch32),
        cmocka_unit_test(test_hosts_without_kvm), cmocka_unit_test(test_cpus_of_two_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
