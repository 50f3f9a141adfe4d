/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which registers of a CPU under KVM a replay reproduces, and their digest. The list is that of
 * KVM_GET_REG_LIST on an arm64 host (KVM API, section 4.68), which uses AArch64 ids for AArch32
 * guests as well. Timers, firmware pseudo-registers, identification registers and the like are not
 * among the reproduced ones.
 */
#ifndef EBB_LOG_KVM_REGISTERS_H
#define EBB_LOG_KVM_REGISTERS_H

#include "event.h"

struct ebb_kvm_register {
    uint64_t id;
    const char *name; /* as in the Arm ARM */
    uint64_t mask;    /* bits that are compared; all ones for most */
};

/* The reproduced registers in the order of the digest; for AArch32 guests or for AArch64 ones. */
const struct ebb_kvm_register *ebb_kvm_registers(bool aarch64, size_t *count);

/* The digest of those of a list; the list may be in any order and hold others. */
uint64_t ebb_digest_kvm_registers(const struct ebb_register *list, size_t count, bool aarch64);

/*
 * The first reproduced register in which two lists differ or that only one has; NULL if none. The
 * values, of up to 8 bytes, are for a message.
 */
const struct ebb_kvm_register *ebb_compare_kvm_registers(const struct ebb_register *a,
                                                         size_t a_count,
                                                         const struct ebb_register *b,
                                                         size_t b_count, bool aarch64,
                                                         uint64_t *a_value, uint64_t *b_value);

#endif
