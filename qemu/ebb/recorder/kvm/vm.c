/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/arm/virt.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/kvm.h"
#include "kvm_arm.h"
#include "ebb/devices/guest_clock.h"
#include "registers.h"
#include "state.h"
#include "vm.h"

#define ID_AA64ISAR0 ARM64_SYS_REG(3, 0, 0, 6, 0)
#define RNDR_SHIFT 60

bool recorder_kvm_vm_check_device(Object *device, Error **errp)
{
    const char *type = object_get_typename(device);

    if (object_dynamic_cast(device, "e1000-base")) {
        error_setg(errp,
                   "KVM keeps writes to %s from QEMU for a while; use virtio-net, or ebb record "
                   "--accel tcg",
                   type);
        return false;
    }
    if (object_dynamic_cast(device, "nvme") &&
        object_property_get_uint(device, "cmb_size_mb", NULL)) {
        error_setg(errp, "KVM cannot tell how Linux writes to the controller memory buffer of "
                         "nvme; leave cmb_size_mb= out, or use ebb record --accel tcg");
        return false;
    }
    if (object_property_find(device, "ioeventfd") &&
        object_property_get_bool(device, "ioeventfd", NULL)) {
        error_setg(errp,
                   "KVM keeps writes to %s from QEMU; use -global %s.ioeventfd=off (ebb record "
                   "does)",
                   type, type);
        return false;
    }
    return true;
}

bool recorder_kvm_vm_check(Error **errp)
{
    MachineState *machine = MACHINE(qdev_get_machine());

    if (!object_dynamic_cast(OBJECT(machine), TYPE_VIRT_MACHINE)) {
        error_setg(errp, "under KVM only the machine virt can be recorded; use -M virt");
    } else if (kvm_irqchip_in_kernel()) {
        error_setg(errp, "interrupts of an in-kernel GIC are not seen; use kernel-irqchip=off");
    } else if (!VIRT_MACHINE(machine)->mmio_timer) {
        error_setg(errp, "the CPU's timer is not seen; use -M virt,mmio-timer=on");
    } else if (ARM_CPU(first_cpu)->kvm_steal_time == ON_OFF_AUTO_ON) {
        error_setg(errp, "the host writes stolen time to RAM; use -cpu host,kvm-steal-time=off");
    } else {
        return ebb_guest_clock_check(machine, errp);
    }
    return false;
}

/* QEMU writes its own copy of the registers to KVM now and then. */
static void remember(ARMCPU *cpu, uint64_t id, uint64_t value)
{
    int i;

    for (i = 0; i < cpu->cpreg_array_len; i++) {
        if (cpu->cpreg_indexes[i] == id) {
            cpu->cpreg_values[i] = value;
        }
    }
}

/* Services of the hypervisor whose answers come from the host: random numbers, stolen time. */
static bool hide_services(ARMCPU *cpu, Error **errp)
{
    static const uint64_t ids[] = {
        KVM_REG_ARM_STD_BMAP,
        KVM_REG_ARM_STD_HYP_BMAP,
        KVM_REG_ARM_VENDOR_HYP_BMAP,
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ids); i++) {
        uint64_t value = 0;

        /* Hosts that do not know the register do not offer the service in a way that matters. */
        if (kvm_get_one_reg(CPU(cpu), ids[i], &value) || !value) {
            continue;
        }
        value = 0;
        if (kvm_set_one_reg(CPU(cpu), ids[i], &value)) {
            error_setg(errp, "KVM does not let its hypercalls (register %#" PRIx64 ") be hidden",
                       ids[i]);
            return false;
        }
        remember(cpu, ids[i], 0);
    }
    return true;
}

/*
 * Features whose instructions give what only this host knows, that change memory on their own, or
 * that are left halfway when the host takes the CPU.
 * Newer host kernels let them be taken away (KVM API, section 4.68, "writable" identification
 * registers); on older ones a replay notices if the guest has used one.
 */
static void hide_features(ARMCPU *cpu)
{
    static const struct {
        const char *name;
        uint64_t id;
        unsigned shift;          /* of a field of 4 bits that is 0 without the feature */
        const char *consequence; /* of its use; NULL: not seen so far */
    } features[] = {
        {"FEAT_RNG (random numbers)", ID_AA64ISAR0, RNDR_SHIFT,
         "what reads them outside of the guest's image, as its programs, is not replaced and ends "
         "the replay"},
        {"FEAT_WFxT (waiting with a time limit)", ARM64_SYS_REG(3, 0, 0, 6, 2), 0},
        {"FEAT_MOPS (copying and setting memory)", ARM64_SYS_REG(3, 0, 0, 6, 2), 16},
        {"FEAT_ECV (self-synchronised counter reads)", ARM64_SYS_REG(3, 0, 0, 7, 0), 60},
        {"FEAT_HAFDBS (page table flags set by hardware)", ARM64_SYS_REG(3, 0, 0, 7, 1), 0},
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(features); i++) {
        uint64_t value, field = 0xfull << features[i].shift;

        if (kvm_get_one_reg(CPU(cpu), features[i].id, &value) || !(value & field)) {
            continue;
        }
        value &= ~field;
        if (kvm_set_one_reg(CPU(cpu), features[i].id, &value)) {
            warn_report("the guest's CPU has %s, which this host's kernel does not let be hidden; "
                        "%s",
                        features[i].name,
                        features[i].consequence
                            ?: "a guest that uses it may not be replayed to "
                               "its end");
        } else {
            remember(cpu, features[i].id, value);
        }
    }
}

bool recorder_kvm_vm_has_random(const struct recorder_session *session)
{
    uint64_t value;

    return kvm_get_one_reg(CPU(session->cpu), ID_AA64ISAR0, &value) == 0 && value >> RNDR_SHIFT;
}

/*
 * KVM resets registers to a pattern. When an AArch32 guest writes half of one of these, KVM clears
 * the other half if it traps the write, and hardware keeps it (Arm ARM, TTBR0): with zeroes there
 * from the start both come to the same.
 */
void recorder_kvm_vm_clear_upper_halves(struct recorder_session *session)
{
    static const uint64_t ids[] = {
        ARM64_SYS_REG(3, 0, 2, 0, 0), /* TTBR0_EL1 */
        ARM64_SYS_REG(3, 0, 2, 0, 1), /* TTBR1_EL1 */
        ARM64_SYS_REG(3, 0, 7, 4, 0), /* PAR_EL1 */
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ids) && session->kvm->smccc.aarch32; i++) {
        uint64_t value;

        if (recorder_kvm_registers_get(session, ids[i], &value)) {
            value = (uint32_t)value;
            recorder_kvm_registers_set(session, ids[i], &value);
        }
    }
}

static void describe_host(struct recorder_session *session)
{
    CPUState *cpu = CPU(session->cpu);
    struct smccc_host *host = &session->kvm->smccc;
    uint64_t value;
    int i;

    host->aarch32 = !arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64);
    host->psci_version = kvm_get_one_reg(cpu, KVM_REG_ARM_PSCI_VERSION, &value) ? 0 : value;
    host->mpidr = kvm_get_one_reg(cpu, ARM64_SYS_REG(3, 0, 0, 0, 5), &value) ? 0 : value;
    for (i = 1; i <= 3; i++) {
        host->workaround[i] = kvm_get_one_reg(cpu, KVM_REG_ARM_FW_REG(i), &value) ? 0 : value;
    }
}

/*
 * Sends hypercalls to us, where the host can do that (Linux 6.4), so that no change of KVM's
 * answers can matter. What stays: the architecture's own ranges, which KVM keeps, and PSCI's
 * CPU_SUSPEND (0x84000001, 0xc4000001), which waits for an interrupt.
 */
static bool forward_hypercalls(void)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00000000, 0x7fffffff}, {0x80010000, 0x84000000}, {0x84000002, 0xbfffffff},
        {0xc0010000, 0xc4000000}, {0xc4000002, 0xffffffff},
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ranges); i++) {
        struct kvm_smccc_filter filter = {
            .base = ranges[i].first,
            .nr_functions = ranges[i].last - ranges[i].first + 1,
            .action = KVM_SMCCC_FILTER_FWD_TO_USER,
        };
        struct kvm_device_attr attribute = {
            .group = KVM_ARM_VM_SMCCC_CTRL,
            .attr = KVM_ARM_VM_SMCCC_FILTER,
            .addr = (uintptr_t)&filter,
        };

        if (kvm_vm_ioctl(kvm_state, KVM_SET_DEVICE_ATTR, &attribute)) {
            return false;
        }
    }
    return true;
}

bool recorder_kvm_vm_prepare(struct recorder_session *session, Error **errp)
{
    hide_features(session->cpu);
    describe_host(session);
    session->kvm->hypercalls_forwarded = forward_hypercalls();
    return hide_services(session->cpu, errp);
}
