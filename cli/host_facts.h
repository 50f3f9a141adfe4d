/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this machine is and has, as far as recording under KVM depends on it. */
#ifndef EBB_CLI_HOST_FACTS_H
#define EBB_CLI_HOST_FACTS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_PMUS_MAX 8

/* Features of the CPU that matter to a recording. */
enum host_feature {
    HOST_ATOMICS = 1 << 0, /* LSE: atomic instructions that need no exclusive monitor */
    HOST_SVE = 1 << 1,
    HOST_PAUTH = 1 << 2,
    HOST_MTE = 1 << 3,
    HOST_RANDOM = 1 << 4, /* RNDR */
};

/* A PMU of CPUs. Machines with CPUs of several kinds have one for each kind. */
struct host_pmu {
    char name[64]; /* of the event source: "armv8_cortex_a72" */
    int type;      /* its number for perf_event_open(); -1: unknown */
    bool retired;  /* its event 0x08 is the Arm architecture's, retired instructions */
    int capacity;  /* of its CPUs, as the scheduler has it; 0: unknown */
    char list[64]; /* its CPUs as text: "4-7" */
    cpu_set_t cpus;
};

struct host_facts {
    char architecture[64];          /* uname -m */
    unsigned group;                 /* of this process */
    int kernel_major, kernel_minor; /* 0.0: unknown */
    int kvm_errno;                  /* of opening /dev/kvm; 0: it could be opened */
    bool user_irq;                  /* KVM_CAP_ARM_USER_IRQ */
    bool aarch32;                   /* KVM_CAP_ARM_EL1_32BIT */
    bool guest_pmu;                 /* KVM_CAP_ARM_PMU_V3 */
    bool hypercall_filter;          /* KVM_ARM_VM_SMCCC_FILTER */
    int pmu_errno;                  /* of opening the event that counts for anchors; 0: opened */
    int tracefs_errno;              /* of looking for the tracepoint kvm_exit; 0: it is there */
    int trace_errno;                /* of opening it, if it is there; 0: opened */
    int perf_paranoid;              /* kernel.perf_event_paranoid; -1 also if unknown */
    int perf_user_access; /* kernel.perf_user_access; -1: the kernel has no such setting */
    unsigned features;    /* enum host_feature, or-ed */
    struct host_pmu pmus[HOST_PMUS_MAX];
    size_t pmu_count;  /* 0: sysfs does not tell */
    cpu_set_t allowed; /* CPUs that this process may run on */
};

/* Never fails: what cannot be found out is as if it were not there. */
void host_facts_collect(struct host_facts *facts);

#endif
