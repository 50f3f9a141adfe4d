/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "migration/blocker.h"
#include "net/net.h"
#include "net/vhost_net.h"
#include "qapi/error.h"
#include "semihosting/semihost.h"
#include "accel.h"
#include "checks.h"
#include "devices.h"

static bool check_cpu(Error **errp)
{
    ARMCPU *cpu = ARM_CPU(first_cpu);
    CPUARMState *env = &cpu->env;
    const MachineClass *machine = MACHINE_GET_CLASS(qdev_get_machine());

    if (machine->min_cpus > 1) {
        error_setg(errp,
                   "the machine %s always has several CPUs, and only guests with one can be "
                   "recorded; use the machine virt, or vexpress-a15",
                   machine->name);
    } else if (CPU_NEXT(first_cpu) || MACHINE(qdev_get_machine())->smp.max_cpus > 1) {
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

/* The file or descriptor behind it is there for others to map. */
static bool check_ram(Error **errp)
{
    const MemoryRegion *ram = MACHINE(qdev_get_machine())->ram;

    if (ram && ram->ram_block && qemu_ram_is_shared(ram->ram_block)) {
        error_setg(errp, "other processes can write to the guest's RAM, which is not recorded; use "
                         "share=off for its memory backend");
        return false;
    }
    return true;
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
    if (!session->accel->check_machine(errp) || !check_cpu(errp) || !check_ram(errp)) {
        return false;
    }
    if (semihosting_get_target() == SEMIHOSTING_TARGET_GDB) {
        error_setg(errp, "semihosting calls that gdb answers cannot be recorded; use "
                         "-semihosting-config target=native");
        return false;
    }
    return recorder_devices_check(session, errp) && check_network(errp) &&
           block_what_replaces_state(errp);
}
