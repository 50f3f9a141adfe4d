/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "migration/blocker.h"
#include "net/net.h"
#include "net/vhost_net.h"
#include "qapi/error.h"
#include "semihosting/semihost.h"
#include "accel.h"
#include "checks.h"

static const struct recorder_refusal unrecordable_devices[] = {
    {"iothread", "iothreads work while the guest runs; leave iothread= and -object iothread out"},
    {"vhost-", "vhost devices work outside of QEMU; use the plain virtio device"},
    {"virtio-balloon-device", "virtio-balloon takes pages out of the guest's RAM; leave it out"},
    {"sysbus-ahci", "AHCI writes to RAM in ways that are not recorded; use virtio-blk"},
    {"ich9-ahci", "AHCI writes to RAM in ways that are not recorded; use virtio-blk"},
    {"ivshmem", "memory shared with other processes changes at any time; leave ivshmem out"},
    {"pc-dimm", "memory devices cannot be recorded; use -m alone"},
    {"nvdimm", "memory devices cannot be recorded; use -m alone"},
    {"virtio-mem", "memory devices cannot be recorded; use -m alone"},
    {"virtio-pmem", "memory devices cannot be recorded; use -m alone"},
    {"vfio", "devices of the host cannot be recorded; use an emulated one"},
};

static bool check_cpu(Error **errp)
{
    ARMCPU *cpu = ARM_CPU(first_cpu);
    CPUARMState *env = &cpu->env;

    if (CPU_NEXT(first_cpu) || MACHINE(qdev_get_machine())->smp.max_cpus > 1) {
        error_setg(errp, "it has more than one CPU; use -smp 1");
    } else if (arm_feature(env, ARM_FEATURE_M) || arm_feature(env, ARM_FEATURE_PMSA)) {
        error_setg(errp, "its CPU is of the M or R profile; only the A profile can be recorded");
    } else if (cpu->tag_memory) {
        error_setg(errp, "memory tagging cannot be recorded; leave mte=on out");
    } else {
        return true;
    }
    return false;
}

bool recorder_checks_type(Object *object, const struct recorder_refusal *refusals, size_t count,
                          Error **errp)
{
    const char *type = object_get_typename(object);
    size_t i;

    for (i = 0; i < count; i++) {
        if (g_str_has_prefix(type, refusals[i].type)) {
            error_setg(errp, "%s", refusals[i].reason);
            return false;
        }
    }
    return true;
}

static int check_object(Object *object, void *opaque)
{
    return !recorder_checks_type(object, unrecordable_devices, ARRAY_SIZE(unrecordable_devices),
                                 opaque);
}

static bool check_network(Error **errp)
{
    NetClientState *clients[256];
    int count =
        qemu_find_net_clients_except(NULL, clients, NET_CLIENT_DRIVER_NIC, ARRAY_SIZE(clients));
    int i;

    for (i = 0; i < MIN(count, (int)ARRAY_SIZE(clients)); i++) {
        if (get_vhost_net(clients[i])) {
            error_setg(errp, "vhost devices work outside of QEMU; use vhost=off");
            return false;
        }
    }
    return true;
}

static bool block_what_replaces_state(Error **errp)
{
    Error *reason = NULL;

    if (ram_block_discard_disable(true)) {
        error_setg(errp, "a device takes pages out of the guest's RAM; leave it out");
        return false;
    }
    error_setg(&reason, "the guest is being recorded");
    return migrate_add_blocker_internal(&reason, errp) == 0;
}

bool recorder_checks_machine(const struct recorder_session *session, Error **errp)
{
    if (!session->accel->check_machine(errp) || !check_cpu(errp)) {
        return false;
    }
    if (semihosting_get_target() == SEMIHOSTING_TARGET_GDB) {
        error_setg(errp, "semihosting calls that gdb answers cannot be recorded; use "
                         "-semihosting-config target=native");
        return false;
    }
    if (object_child_foreach_recursive(object_get_root(), check_object, errp)) {
        return false;
    }
    return check_network(errp) && block_what_replaces_state(errp);
}
