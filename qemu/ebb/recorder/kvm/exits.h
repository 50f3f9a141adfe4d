/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why KVM has given the vCPU back, and the events that this makes. On the vCPU thread. */
#ifndef EBB_RECORDER_KVM_EXITS_H
#define EBB_RECORDER_KVM_EXITS_H

#include "exec/memattrs.h"
#include "hw/core/cpu.h"

struct kvm_run;

/* The hook kvm_exit. */
bool recorder_kvm_exits_handle(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs);

#endif
