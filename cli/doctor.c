/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb doctor: what this host can record, and why not. */
#include "commands.h"
#include "host_checks.h"
#include "json_list.h"
#include "engine/worker_process.h"
#include "qemu_sandbox.h"
#include "walls_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_RAM (1ull << 30) /* bytes; for want of a guest */

static const char *const verdicts[] = {
    [HOST_OK] = "ok",
    [HOST_NOTE] = "note",
    [HOST_NO] = "no",
};

static void print_text(const struct host_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct host_finding *finding = &findings->list[i];

        printf("%-4s  %-11s %s\n", verdicts[finding->verdict], finding->name, finding->text);
    }
    printf("%s\n", findings->kvm ? "This host records under KVM (--accel kvm) and with TCG."
                                 : "This host records with TCG.");
}

static int print_json(const struct host_facts *facts, const struct host_findings *findings,
                      struct ebb_error *error)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct host_finding *finding = &findings->list[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "check", finding->name, "result",
                                        verdicts[finding->verdict], "text",
                                        json_printable(finding->text, strlen(finding->text))));
    }
    return json_print(stdout,
                      json_pack("{s:b, s:b, s:s, s:o}", "kvm", findings->kvm, "kvm_aarch32",
                                findings->kvm && facts->aarch32, "architecture",
                                facts->architecture, "checks", list),
                      error);
}

static void check_sandbox(struct host_finding *finding)
{
    struct ebb_error ignored;
    char *qemu = worker_process_find(NULL, &ignored);

    qemu_sandbox_check(qemu, finding);
    free(qemu);
}

enum { DOCTOR_JSON };

static const struct option_spec options[] = {
    [DOCTOR_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    {0},
};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct host_facts facts;
    struct host_findings findings;
    bool kvm;

    host_facts_collect(&facts);
    host_checks(&facts, &findings);
    kvm = findings.kvm;
    host_check_disk(".", USUAL_RAM, &findings.list[findings.count++]);
    check_sandbox(&findings.list[findings.count++]);
    walls_check(&findings.list[findings.count++]);
    if (!arguments->values[DOCTOR_JSON]) {
        print_text(&findings);
    } else if (print_json(&facts, &findings, error) < 0) {
        return -1;
    }
    if (!kvm) {
        *error = (struct ebb_error){.kind = EBB_ERROR_FAILED};
        return -1;
    }
    return 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "tells what this host can record, and why not",
    .description =
        "Looks at what recording under KVM needs: an ARM host with /dev/kvm, a kernel that leaves "
        "a guest's interrupts to QEMU, a PMU that this user may use, CPUs of one kind; and at what "
        "holds in a guest that is recorded, or replayed. Each line begins with ok, no or note and "
        "says what to do where "
        "something is missing.\n\n"
        "The exit status is 0 if this host can record under KVM, and 1 if it records with TCG "
        "only. Every host that Ebb runs on can replay every recording.",
    .examples = "ebb doctor\nebb doctor --json | jq .kvm\n",
    .options = options,
    .run = run,
};
