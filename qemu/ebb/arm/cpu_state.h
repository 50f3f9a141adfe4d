/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of an ARM CPU as a list of register ids and values: what a keyframe holds, and what a
 * CPU of another build, or one under KVM, can be set from.
 *
 * Ids are those of KVM_GET_ONE_REG for arm64 (general, FP/SIMD and SVE registers of KVM_REG_ARM64,
 * system registers as in the CPU's cpreg list; ARMv7 CPUs use the AArch64 view of their general
 * registers, Arm ARM section D1.20.1, and their CP15 ids). What KVM has no id for (exclusive
 * monitor, interrupt inputs, halted and power state) has ids EBB_REGISTER(n), listed in
 * cpu_state.c.
 */
#ifndef EBB_ARM_CPU_STATE_H
#define EBB_ARM_CPU_STATE_H

#include "cpu.h"
#include "log/error.h"
#include "log/event.h"

struct ebb_cpu_registers;

/* Reads the whole state; the caller frees it. The vCPU must not be executing. */
struct ebb_cpu_registers *ebb_cpu_registers_get(ARMCPU *cpu);
/*
 * A list made by hand: new, one add for each register (its value little-endian), finish. lines adds
 * what KVM has no id for, of a CPU that is running: its interrupt inputs.
 */
struct ebb_cpu_registers *ebb_cpu_registers_new(void);
void ebb_cpu_registers_add(struct ebb_cpu_registers *registers, uint64_t id, const void *value,
                           uint32_t size);
void ebb_cpu_registers_add_lines(struct ebb_cpu_registers *registers, ARMCPU *cpu);
void ebb_cpu_registers_finish(struct ebb_cpu_registers *registers);

void ebb_cpu_registers_free(struct ebb_cpu_registers *registers);
const struct ebb_register *ebb_cpu_registers_list(const struct ebb_cpu_registers *registers,
                                                  size_t *count);

/*
 * Sets the whole state and flushes what QEMU derives from it. Registers that the list lacks keep
 * their reset values. Fails, naming the register, if an id is unknown to this CPU, a size is wrong,
 * or a read-only (identification) register has another value.
 */
int ebb_cpu_registers_set(ARMCPU *cpu, const struct ebb_register *registers, size_t count,
                          struct ebb_error *error);

/*
 * The same in steps, after cpu_reset(): one register, any number of times, then settle, which puts
 * in force what was set.
 */
int ebb_cpu_register_set(ARMCPU *cpu, const struct ebb_register *entry, struct ebb_error *error);
int ebb_cpu_registers_settle(ARMCPU *cpu, struct ebb_error *error);

/*
 * The digest of the registers that replay reproduces: everything but device registers (sysreg.h).
 * The same in recorder and worker.
 */
uint64_t ebb_cpu_digest(ARMCPU *cpu);

#endif
