/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_SIZE 65536u /* a page of every size */
#define MEMORY_ADDRESS 0x40000000ull
#define REPORT_ADDRESS 0x10000000u /* nothing is there: a store ends KVM_RUN */
#define PSTATE_EL1H 0x3c5ull       /* everything masked */
#define PSTATE_SVC 0x1d3ull

#define CORE_ID(offset) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | (offset) / 4)
#define CORE(member) CORE_ID(offsetof(struct kvm_regs, regs.member))

#define VECTORS 0x800u                        /* where in the memory they are */
#define VECTOR_SYNCHRONOUS (VECTORS + 0x200u) /* for exceptions from EL1 with its own stack */
#define SPSR_ALLINT (1ull << 13)

/* In both instruction sets register 2 holds REPORT_ADDRESS and 4 the value for CSSELR; 5, 6 for
 * A64: the vectors' address, and whether the handler has run. */
enum { REPORT_REGISTER = 2, SELECT_REGISTER = 4, VECTORS_REGISTER = 5, TWICE_REGISTER = 6 };

static const uint32_t a64_code[] = {
    0xd53b0020, /* mrs x0, ctr_el0 */
    0xf9000040, /* str x0, [x2] */
    0xd5390020, /* mrs x0, clidr_el1 */
    0xf9000040, /* str x0, [x2] */
    0xd53b00e0, /* mrs x0, dczid_el0 */
    0xf9000040, /* str x0, [x2] */
    0xd518c005, /* msr vbar_el1, x5 */
    0xd5033fdf, /* isb */
    0xd4000001, /* svc #0; the handler goes on behind it */
    0xd51a0004, /* msr csselr_el1, x4 */
    0xd5033fdf, /* isb */
    0xd5390000, /* mrs x0, ccsidr_el1 */
    0xf9000040, /* str x0, [x2] */
    0x91000484, /* add x4, x4, #1 */
    0x17fffffb, /* b to the msr */
};

/* What the exception did to PSTATE is seen in that of an exception from its handler. */
static const uint32_t a64_handler[] = {
    0xb5000066, /* cbnz x6, to the mrs */
    0x910004c6, /* add x6, x6, #1 */
    0xd4000001, /* svc #0 */
    0xd5384000, /* mrs x0, spsr_el1 */
    0xf9000040, /* str x0, [x2] */
    0x17fffd84, /* b to the msr of CSSELR */
};

static const uint32_t a32_code[] = {
    0xee100f30, /* mrc p15, 0, r0, c0, c0, 1: CTR */
    0xe5820000, /* str r0, [r2] */
    0xee300f30, /* mrc p15, 1, r0, c0, c0, 1: CLIDR */
    0xe5820000, /* str r0, [r2] */
    0xe3a0360f, /* mov r3, #0xf00000 */
    0xee013f50, /* mcr p15, 0, r3, c1, c0, 2: CPACR, allow VFP */
    0xf57ff06f, /* isb */
    0xeef00a10, /* vmrs r0, fpsid */
    0xe5820000, /* str r0, [r2] */
    0xee404f10, /* mcr p15, 2, r4, c0, c0, 0: CSSELR */
    0xf57ff06f, /* isb */
    0xee300f10, /* mrc p15, 1, r0, c0, c0, 0: CCSIDR */
    0xe5820000, /* str r0, [r2] */
    0xe2844001, /* add r4, r4, #1 */
    0xeafffff9, /* b to the mcr of CSSELR */
};

struct probe {
    int vm, vcpu;
    bool aarch32;
    void *memory;
    struct kvm_run *run;
    size_t run_size;
    const char *problem;
    void (*seen)(void *opaque); /* NULL: nobody wants to know */
    void *opaque;
};

static bool fail(struct probe *probe, const char *problem)
{
    if (!probe->problem) {
        probe->problem = problem;
    }
    return false;
}

static bool create_vm(struct probe *probe, int kvm)
{
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = MEMORY_ADDRESS,
        .memory_size = MEMORY_SIZE,
    };

    do {
        probe->vm = ioctl(kvm, KVM_CREATE_VM, 0);
    } while (probe->vm < 0 && errno == EINTR);
    if (probe->vm < 0) {
        return fail(probe, "create a virtual machine");
    }
    probe->memory =
        mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe->memory == MAP_FAILED) {
        return fail(probe, "get memory");
    }
    region.userspace_addr = (uintptr_t)probe->memory;
    if (ioctl(probe->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        return fail(probe, "give the virtual machine memory");
    }
    if (probe->aarch32) {
        memcpy(probe->memory, a32_code, sizeof(a32_code));
    } else {
        memcpy(probe->memory, a64_code, sizeof(a64_code));
        memcpy((char *)probe->memory + VECTOR_SYNCHRONOUS, a64_handler, sizeof(a64_handler));
    }
    __builtin___clear_cache((char *)probe->memory, (char *)probe->memory + MEMORY_SIZE);
    return true;
}

static bool create_vcpu(struct probe *probe, int kvm)
{
    struct kvm_vcpu_init init;
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

    probe->vcpu = ioctl(probe->vm, KVM_CREATE_VCPU, 0);
    if (probe->vcpu < 0 || size < (int)sizeof(struct kvm_run)) {
        return fail(probe, "create a CPU");
    }
    if (ioctl(probe->vm, KVM_ARM_PREFERRED_TARGET, &init)) {
        return fail(probe, "learn the kind of CPU");
    }
    if (probe->aarch32) {
        init.features[0] |= 1u << KVM_ARM_VCPU_EL1_32BIT;
    }
    if (ioctl(probe->vcpu, KVM_ARM_VCPU_INIT, &init)) {
        return fail(probe, "initialize the CPU");
    }
    probe->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, probe->vcpu, 0);
    if (probe->run == MAP_FAILED) {
        return fail(probe, "map the CPU's state");
    }
    probe->run_size = size;
    return true;
}

static bool set_register(struct probe *probe, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

    return ioctl(probe->vcpu, KVM_SET_ONE_REG, &reg) == 0 ||
           fail(probe, "set a register of the CPU");
}

static bool set_registers(struct probe *probe)
{
    return set_register(probe, CORE(pstate), probe->aarch32 ? PSTATE_SVC : PSTATE_EL1H) &&
           set_register(probe, CORE(pc), MEMORY_ADDRESS) &&
           set_register(probe, CORE(regs[REPORT_REGISTER]), REPORT_ADDRESS) &&
           set_register(probe, CORE(regs[SELECT_REGISTER]), 0) &&
           set_register(probe, CORE(regs[VECTORS_REGISTER]), MEMORY_ADDRESS + VECTORS) &&
           set_register(probe, CORE(regs[TWICE_REGISTER]), 0);
}

/* Runs to the next store to REPORT_ADDRESS and takes what it stores. */
static bool next_report(struct probe *probe, uint64_t *value)
{
    const struct kvm_run *run = probe->run;
    int result;

    do {
        result = ioctl(probe->vcpu, KVM_RUN, 0);
        if (probe->seen) {
            probe->seen(probe->opaque);
        }
    } while (result < 0 && errno == EINTR);
    if (result < 0 || run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write ||
        run->mmio.phys_addr != REPORT_ADDRESS) {
        return fail(probe, "run the CPU");
    }
    *value = 0;
    memcpy(value, run->mmio.data, run->mmio.len <= sizeof(*value) ? run->mmio.len : 0);
    return true;
}

static bool collect_a64(struct probe *probe, struct recorder_kvm_probe *result)
{
    uint64_t spsr;

    if (!next_report(probe, &result->dczid) || !next_report(probe, &spsr)) {
        return false;
    }
    result->nmi = (spsr & SPSR_ALLINT) != 0;
    return true;
}

static bool collect_a32(struct probe *probe, struct recorder_kvm_probe *result)
{
    uint64_t value;

    if (!next_report(probe, &value)) {
        return false;
    }
    result->fpsid = (uint32_t)value;
    return true;
}

static bool collect(struct probe *probe, struct recorder_kvm_probe *result)
{
    uint64_t value;
    unsigned i;

    if (!next_report(probe, &result->ctr) || !next_report(probe, &result->clidr) ||
        !(probe->aarch32 ? collect_a32 : collect_a64)(probe, result)) {
        return false;
    }
    for (i = 0; i < RECORDER_KVM_PROBE_CACHES; i++) {
        if (!next_report(probe, &value)) {
            return false;
        }
        result->ccsidr[i] = (uint32_t)value;
    }
    return true;
}

static void destroy(struct probe *probe)
{
    int reason = errno;

    if (probe->run != MAP_FAILED) {
        munmap(probe->run, probe->run_size);
    }
    if (probe->vcpu >= 0) {
        close(probe->vcpu);
    }
    if (probe->vm >= 0) {
        close(probe->vm);
    }
    if (probe->memory != MAP_FAILED) {
        munmap(probe->memory, MEMORY_SIZE);
    }
    errno = reason;
}

bool recorder_kvm_probe_run(int kvm, bool aarch32, struct recorder_kvm_probe *result,
                            const char **problem)
{
    return recorder_kvm_probe_watch(kvm, aarch32, NULL, NULL, result, problem);
}

bool recorder_kvm_probe_watch(int kvm, bool aarch32, void (*seen)(void *opaque), void *opaque,
                              struct recorder_kvm_probe *result, const char **problem)
{
    struct probe probe = {
        .vm = -1,
        .vcpu = -1,
        .aarch32 = aarch32,
        .memory = MAP_FAILED,
        .run = MAP_FAILED,
        .seen = seen,
        .opaque = opaque,
    };
    bool done;

    memset(result, 0, sizeof(*result));
    done = create_vm(&probe, kvm) && create_vcpu(&probe, kvm) && set_registers(&probe) &&
           collect(&probe, result);
    *problem = probe.problem;
    destroy(&probe);
    return done;
}
