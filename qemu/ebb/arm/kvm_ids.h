/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register ids of KVM on arm64 hosts (KVM API, section 4.68), for builds that have no KVM headers.
 */
#ifndef EBB_ARM_KVM_IDS_H
#define EBB_ARM_KVM_IDS_H

#include "log/event.h"

#define KVM_ID_ARM64 0x6000000000000000ull
#define KVM_ID_U64 0x0030000000000000ull
#define KVM_ID_GROUP 0x000000000fff0000ull
#define KVM_ID_CORE (0x0010ull << 16)
#define KVM_ID_DEMUX (0x0011ull << 16) /* the CCSIDR that CSSELR selects: low byte */
#define KVM_ID_SYSTEM (0x0013ull << 16)
#define KVM_ID_FIRMWARE (0x0014ull << 16)
#define KVM_ID_FIRMWARE_BITMAP (0x0016ull << 16)

#define KVM_ID_SYSREG(op0, op1, crn, crm, op2)                                                     \
    (KVM_ID_ARM64 | KVM_ID_U64 | KVM_ID_SYSTEM | (uint64_t)(op0) << 14 | (uint64_t)(op1) << 11 |   \
     (uint64_t)(crn) << 7 | (uint64_t)(crm) << 3 | (uint64_t)(op2))
#define KVM_ID_OP0(id) ((unsigned)((id) >> 14) & 3)
#define KVM_ID_OP1(id) ((unsigned)((id) >> 11) & 7)
#define KVM_ID_CRN(id) ((unsigned)((id) >> 7) & 15)
#define KVM_ID_CRM(id) ((unsigned)((id) >> 3) & 15)
#define KVM_ID_OP2(id) ((unsigned)(id)&7)

#define KVM_ID_FW(number) (KVM_ID_ARM64 | KVM_ID_U64 | KVM_ID_FIRMWARE | (number))
#define KVM_ID_FW_PSCI_VERSION KVM_ID_FW(0)
#define KVM_ID_FW_WORKAROUND_1 KVM_ID_FW(1)
#define KVM_ID_FW_WORKAROUND_2 KVM_ID_FW(2)
#define KVM_ID_FW_WORKAROUND_3 KVM_ID_FW(3)

/* Those of the timers that KVM swapped by mistake, and kept so, are named by what they hold. */
#define KVM_ID_TIMER_CTL KVM_ID_SYSREG(3, 3, 14, 3, 1)
#define KVM_ID_TIMER_CVAL KVM_ID_SYSREG(3, 3, 14, 0, 2)
#define KVM_ID_PTIMER_CTL KVM_ID_SYSREG(3, 3, 14, 2, 1)
#define KVM_ID_PTIMER_CVAL KVM_ID_SYSREG(3, 3, 14, 2, 2)

/* Events name the counters by their encodings. */
#define KVM_ID_CNTPCT_EL0 KVM_ID_SYSREG(3, 3, 14, 0, 1)
#define KVM_ID_CNTVCT_EL0 KVM_ID_SYSREG(3, 3, 14, 0, 2)

#define KVM_ID_MIDR_EL1 KVM_ID_SYSREG(3, 0, 0, 0, 0)
#define KVM_ID_CTR_EL0 KVM_ID_SYSREG(3, 3, 0, 0, 1)
#define KVM_ID_DCZID_EL0 KVM_ID_SYSREG(3, 3, 0, 0, 7)
#define KVM_ID_CLIDR_EL1 KVM_ID_SYSREG(3, 1, 0, 0, 1)
#define KVM_ID_CSSELR_EL1 KVM_ID_SYSREG(3, 2, 0, 0, 0)
#define KVM_ID_ACTLR_EL1 KVM_ID_SYSREG(3, 0, 1, 0, 1)
#define KVM_ID_AFSR0_EL1 KVM_ID_SYSREG(3, 0, 5, 1, 0)
#define KVM_ID_AFSR1_EL1 KVM_ID_SYSREG(3, 0, 5, 1, 1)
#define KVM_ID_AMAIR_EL1 KVM_ID_SYSREG(3, 0, 10, 3, 0)
#define KVM_ID_DACR32_EL2 KVM_ID_SYSREG(3, 4, 3, 0, 0)
#define KVM_ID_IFSR32_EL2 KVM_ID_SYSREG(3, 4, 5, 0, 1)
#define KVM_ID_FPEXC32_EL2 KVM_ID_SYSREG(3, 4, 5, 3, 0)
#define KVM_ID_DBGVCR32_EL2 KVM_ID_SYSREG(2, 4, 0, 7, 0)

#define KVM_ID_CCSIDR(selection)                                                                   \
    (KVM_ID_ARM64 | 0x0020000000000000ull | KVM_ID_DEMUX | (uint64_t)(selection))

/* What KVM has no id for, 4 bytes each: FPSID, which AArch32 guests read from the hardware; 1 if
 * the host's CPU has FEAT_NMI, which AArch64 guests are not told of; 1 if KVM kept the debug
 * registers from an AArch32 guest all the time. */
#define KVM_ID_EBB_FPSID EBB_REGISTER(21)
#define KVM_ID_EBB_NMI EBB_REGISTER(22)
#define KVM_ID_EBB_DEBUGGED EBB_REGISTER(23)

#endif
