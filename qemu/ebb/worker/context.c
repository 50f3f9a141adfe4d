/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "internals.h"
#include "exec/cpu-common.h"
#include "hw/core/cpu.h"
#include "context.h"

/* Attributes and ASID are no part of a table's address (Arm ARM, D19.2 and G8.2, TTBR0). */
#define TABLE_ADDRESS UINT64_C(0x0000ffffffffff80)

static uint64_t physical_page(struct worker *worker, uint64_t address)
{
    MemTxAttrs attrs;

    return cpu_get_phys_page_attrs_debug(CPU(worker->cpu), address & ~(uint64_t)(EBB_PAGE_SIZE - 1),
                                         &attrs);
}

static uint64_t user_table(CPUARMState *env)
{
    return env->cp15.ttbr0_el[regime_el(env, arm_mmu_idx(env))] & TABLE_ADDRESS;
}

void worker_context_read(struct worker *worker, uint64_t pc, struct worker_context *context)
{
    CPUARMState *env = &worker->cpu->env;
    bool a64 = is_a64(env);

    *context = (struct worker_context){
        .pc = pc,
        .stack = a64 ? env->xregs[31] : env->regs[13],
        .mode = a64 ? pstate_read(env) & PSTATE_M : (cpsr_read(env) & CPSR_M) | PSTATE_nRW,
    };
    context->space =
        arm_current_el(env) == 0 ? user_table(env) : physical_page(worker, context->stack);
}

static bool returns_a64(uint32_t word)
{
    return (word & 0xfffff3e0) == 0xd69f03e0; /* ERET, ERETAA, ERETAB */
}

static bool returns_a32(uint32_t word)
{
    uint32_t opcode = extract32(word, 21, 4);

    if (extract32(word, 28, 4) == 0xf) {
        return (word & 0xfe500000) == 0xf8100000; /* RFE */
    }
    if ((word & 0x0fffffff) == 0x0160006e) {
        return true; /* ERET */
    }
    if ((word & 0x0e508000) == 0x08508000) {
        return true; /* LDM (exception return) */
    }
    /* Data processing: Rd is the PC, S is set; TST, TEQ, CMP and CMN have no Rd. */
    return (word & 0x0c10f000) == 0x0010f000 && opcode >> 2 != 2 &&
           (extract32(word, 25, 1) || (word & 0x90) != 0x90);
}

static bool returns_t32(uint32_t first, uint32_t second)
{
    return (first == 0xf3de && (second & 0xff00) == 0x8f00) || /* SUBS PC, LR; ERET */
           ((first & 0xffd0) == 0xe810 && second == 0xc000) || /* RFEDB */
           ((first & 0xffd0) == 0xe990 && second == 0xc000);   /* RFEIA */
}

bool worker_context_returns(struct worker *worker, uint64_t pc)
{
    CPUARMState *env = &worker->cpu->env;
    uint8_t bytes[4];

    if (cpu_memory_rw_debug(CPU(worker->cpu), pc, bytes, sizeof(bytes), false)) {
        return false;
    }
    if (is_a64(env)) {
        return returns_a64(ldl_le_p(bytes));
    }
    return env->thumb ? returns_t32(lduw_le_p(bytes), lduw_le_p(bytes + 2))
                      : returns_a32(ldl_le_p(bytes));
}
