/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the virtual machine has to be like, and what KVM is told about it before it runs. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/arm/virt.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "system/kvm.h"
#include "kvm_arm.h"
#include "recorder_kvm.h"

/* Prefixes of type names. */
static const struct {
    const char *type;
    const char *reason;
} unrecordable_devices[] = {
    {"e1000", "KVM collects writes to e1000 devices; use virtio-net"},
    {"VGA", "display devices share memory with the guest; leave VGA out"},
    {"cirrus-vga", "display devices share memory with the guest; leave cirrus-vga out"},
    {"qxl", "display devices share memory with the guest; leave qxl out"},
};

static int check_device(Object *object, void *opaque)
{
    const char *type = object_get_typename(object);
    Error **errp = opaque;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(unrecordable_devices); i++) {
        if (g_str_has_prefix(type, unrecordable_devices[i].type)) {
            error_setg(errp, "%s", unrecordable_devices[i].reason);
            return 1;
        }
    }
    if (object_property_find(object, "ioeventfd") &&
        object_property_get_bool(object, "ioeventfd", NULL)) {
        error_setg(errp,
                   "KVM keeps writes to %s from QEMU; use -global %s.ioeventfd=off (ebb record "
                   "does)",
                   type, type);
        return 1;
    }
    return 0;
}

bool recorder_kvm_check(Error **errp)
{
    MachineState *machine = MACHINE(qdev_get_machine());

    if (!object_dynamic_cast(OBJECT(machine), TYPE_VIRT_MACHINE)) {
        error_setg(errp, "under KVM only the machine virt can be recorded; use -M virt");
    } else if (kvm_irqchip_in_kernel()) {
        error_setg(errp, "interrupts of an in-kernel GIC are not seen; use kernel-irqchip=off");
    } else if (!VIRT_MACHINE(machine)->mmio_timer) {
        error_setg(errp, "the CPU's timer is not seen; use -M virt,mmio-timer=on");
    } else {
        return !object_child_foreach_recursive(qdev_get_machine(), check_device, errp);
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

bool recorder_kvm_prepare_vm(struct recorder *recorder, Error **errp)
{
    return hide_services(recorder->cpu, errp);
}
