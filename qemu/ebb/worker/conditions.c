/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/translation-block.h"
#include "tcg/tcg.h"
#include "tcg/insn-start-words.h"
#include "protocol/conditions.h"
#include "conditions.h"
#include "debug.h"

/* gdb's numbers: org.gnu.gdb.aarch64.core and org.gnu.gdb.arm.core. */
#define AARCH64_GENERAL 32u /* the stack pointer included */
#define ARM_GENERAL 15u
#define ARM_CPSR 25u

struct place {
    struct worker *worker;
    uint64_t pc;
    uintptr_t ra;
};

/* Inside of a block nobody keeps the state of an IT block where it belongs. */
static uint32_t read_cpsr(const struct place *place)
{
    CPUARMState *env = &place->worker->cpu->env;
    uint32_t kept = env->condexec_bits, cpsr;
    uint64_t data[TARGET_INSN_START_WORDS] = {0};

    if (place->ra) {
        cpu_unwind_data_from_tb(tcg_tb_lookup(place->ra), place->ra, data);
        env->condexec_bits = data[1];
    }
    cpsr = cpsr_read(env);
    env->condexec_bits = kept;
    return cpsr;
}

/*
 * The core registers. Others are left to gdb, which seldom makes expressions of them: it has none
 * of floating-point numbers, and system registers may have side effects.
 */
static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    const struct place *place = opaque;
    CPUARMState *env = &place->worker->cpu->env;
    bool aarch64 = arm_feature(env, ARM_FEATURE_AARCH64);

    if (number == worker_debug_pc_register(place->worker)) {
        *value = place->pc;
    } else if (number == (aarch64 ? WORKER_AARCH64_CPSR : ARM_CPSR)) {
        *value = is_a64(env) ? pstate_read(env) : read_cpsr(place);
    } else if (number < (aarch64 ? AARCH64_GENERAL : ARM_GENERAL)) {
        *value = aarch64 ? env->xregs[number] : env->regs[number];
    } else {
        return false;
    }
    return true;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    const struct place *place = opaque;
    struct worker_memory memory = {.address = address, .length = length};

    return worker_debug_read_memory(place->worker, &memory, bytes) == length;
}

bool worker_conditions_hold(struct worker *worker, const uint8_t *bytes, size_t size,
                            bool big_endian, uint64_t pc, uintptr_t ra)
{
    struct place place = {.worker = worker, .pc = pc, .ra = ra};
    struct conditions_guest guest = {
        .opaque = &place,
        .big_endian = big_endian,
        .read_register = read_register,
        .read_memory = read_memory,
    };

    worker_debug_sync_registers(worker);
    return conditions_hold(bytes, size, &guest);
}
