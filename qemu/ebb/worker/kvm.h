/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is different in a recording of KVM: its CPU, counter reads, hypercalls, interrupts. */
#ifndef EBB_WORKER_KVM_H
#define EBB_WORKER_KVM_H

#include "worker.h"

/* Reads what the recording says of the CPU. */
int worker_kvm_open(struct worker *worker, struct ebb_error *error);
/* Puts itself between QEMU and the CPU. */
void worker_kvm_init(struct worker *worker);

/* True for an exception that the guest has never seen: KVM or its user has dealt with it. index:
 * QEMU's number of it. */
bool worker_kvm_answers(struct worker *worker, int index);

#endif
