/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qapi/error.h"
#include "system/kvm.h"
#include "log/kvm_registers.h"
#include "ebb/arm/cpu_state.h"
#include "ebb/arm/kvm_ids.h"
#include "registers.h"
#include "state.h"

/* What QEMU holds in the vCPU's stead goes to KVM first. */
static bool flush(struct recorder_session *session)
{
    CPUState *cpu = CPU(session->cpu);
    Error *error = NULL;

    if (!cpu->vcpu_dirty) {
        return true;
    }
    if (kvm_arch_put_registers(cpu, KVM_PUT_RUNTIME_STATE, &error)) {
        recorder_state_fail(session, "the vCPU's registers could not be set");
        error_free(error);
        return false;
    }
    cpu->vcpu_dirty = false;
    return true;
}

bool recorder_kvm_registers_get(struct recorder_session *session, uint64_t id, void *value)
{
    CPUState *cpu = CPU(session->cpu);
    int result;

    if (!flush(session)) {
        return false;
    }
    result = kvm_get_one_reg(cpu, id, value);
    if (result) {
        recorder_state_fail(session, "KVM does not tell register %#" PRIx64 " of the vCPU: %s", id,
                            strerror(-result));
    }
    return !result;
}

bool recorder_kvm_registers_set(struct recorder_session *session, uint64_t id, const void *value)
{
    CPUState *cpu = CPU(session->cpu);
    int result;

    if (!flush(session)) {
        return false;
    }
    result = kvm_set_one_reg(cpu, id, (void *)value);
    if (result) {
        recorder_state_fail(session, "KVM does not set register %#" PRIx64 " of the vCPU: %s", id,
                            strerror(-result));
    }
    return !result;
}

uint64_t recorder_kvm_counter_frequency(void)
{
    uint64_t frequency;

    asm("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

static bool probe_hardware(struct recorder_session *session, Error **errp)
{
    bool aarch32 = !arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64);
    const char *problem = "open /dev/kvm";
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    bool done = kvm >= 0 && recorder_kvm_probe_run(kvm, aarch32, &session->kvm->probe, &problem);

    if (!done) {
        error_setg_errno(
            errp, errno,
            "the CPU could not be looked at in a virtual machine of its own: cannot %s", problem);
    }
    if (kvm >= 0) {
        close(kvm);
    }
    return done;
}

bool recorder_kvm_registers_list(struct recorder_session *session, Error **errp)
{
    CPUState *cpu = CPU(session->cpu);
    struct kvm_reg_list none = {.n = 0};
    g_autofree struct kvm_reg_list *list = NULL;
    int result = kvm_vcpu_ioctl(cpu, KVM_GET_REG_LIST, &none);

    if (result && result != -E2BIG) {
        error_setg_errno(errp, -result, "KVM does not list the vCPU's registers");
        return false;
    }
    list = g_malloc(sizeof(*list) + none.n * sizeof(uint64_t));
    list->n = none.n;
    result = kvm_vcpu_ioctl(cpu, KVM_GET_REG_LIST, list);
    if (result) {
        error_setg_errno(errp, -result, "KVM does not list the vCPU's registers");
        return false;
    }
    g_free(session->kvm->ids);
    session->kvm->ids = g_memdup2(list->reg, list->n * sizeof(uint64_t));
    session->kvm->id_count = list->n;
    return probe_hardware(session, errp);
}

/* True for registers of which the guest may read something else than KVM tells. */
static bool is_probed(uint64_t id)
{
    return id == KVM_ID_CTR_EL0 || id == KVM_ID_CLIDR_EL1 || (id & KVM_ID_GROUP) == KVM_ID_DEMUX;
}

static void add_probed(struct recorder_session *session, struct ebb_cpu_registers *registers)
{
    const struct recorder_kvm_probe *probe = &session->kvm->probe;
    uint32_t debugged = session->kvm->debugged;
    size_t i;

    ebb_cpu_registers_add(registers, KVM_ID_CTR_EL0, &probe->ctr, sizeof(probe->ctr));
    ebb_cpu_registers_add(registers, KVM_ID_CLIDR_EL1, &probe->clidr, sizeof(probe->clidr));
    if (arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64)) {
        ebb_cpu_registers_add(registers, KVM_ID_DCZID_EL0, &probe->dczid, sizeof(probe->dczid));
        ebb_cpu_registers_add(registers, KVM_ID_EBB_NMI, &probe->nmi, sizeof(probe->nmi));
    } else {
        ebb_cpu_registers_add(registers, KVM_ID_EBB_FPSID, &probe->fpsid, sizeof(probe->fpsid));
    }
    if (debugged) {
        ebb_cpu_registers_add(registers, KVM_ID_EBB_DEBUGGED, &debugged, sizeof(debugged));
    }
    for (i = 0; i < RECORDER_KVM_PROBE_CACHES; i++) {
        ebb_cpu_registers_add(registers, KVM_ID_CCSIDR(i), &probe->ccsidr[i],
                              sizeof(probe->ccsidr[i]));
    }
}

struct ebb_cpu_registers *recorder_kvm_registers_all(struct recorder_session *session)
{
    struct ebb_cpu_registers *registers = ebb_cpu_registers_new();
    uint64_t value[256 / 8];
    size_t i;

    for (i = 0; i < session->kvm->id_count; i++) {
        uint64_t id = session->kvm->ids[i];
        uint32_t size = 1u << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);

        if (size <= sizeof(value) && !is_probed(id) &&
            recorder_kvm_registers_get(session, id, value)) {
            ebb_cpu_registers_add(registers, id, value, size);
        }
    }
    add_probed(session, registers);
    ebb_cpu_registers_add_lines(registers, session->cpu);
    ebb_cpu_registers_finish(registers);
    return registers;
}

uint64_t recorder_kvm_registers_digest(struct recorder_session *session)
{
    struct ebb_cpu_registers *registers = recorder_kvm_registers_all(session);
    size_t count;
    const struct ebb_register *list = ebb_cpu_registers_list(registers, &count);
    bool a64 = arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64);
    uint64_t digest = ebb_digest_kvm_registers(list, count, a64);

    ebb_cpu_registers_free(registers);
    return digest;
}
