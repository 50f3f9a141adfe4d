/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "exceptions.h"

#define FSR_LPAE (1u << 9)   /* DFSR, IFSR: the long-descriptor format (Arm ARM, G8.2.76) */
#define FSC_DEBUG_LONG 0x22u /* STATUS of a debug event, */
#define FSC_DEBUG_SHORT 0x2u /* and FS */

bool worker_exception_is_asynchronous(int index)
{
    switch (index) {
    case EXCP_IRQ:
    case EXCP_FIQ:
    case EXCP_VIRQ:
    case EXCP_VFIQ:
    case EXCP_NMI:
    case EXCP_VINMI:
    case EXCP_VFNMI:
    case EXCP_VSERR:
        return true;
    default:
        return false;
    }
}

bool worker_exception_is_call(struct worker *worker, int index, uint64_t *size)
{
    *size = worker->cpu->env.exception.syndrome & ARM_EL_IL ? 4 : 2;
    return index == EXCP_SWI || index == EXCP_HVC || index == EXCP_SMC;
}

/* Those of which there is but the index. */
static enum worker_exception by_index(int index)
{
    switch (index) {
    case EXCP_UDEF:
    case EXCP_NOCP:
        return WORKER_EXCEPTION_UNDEFINED;
    case EXCP_SWI:
        return WORKER_EXCEPTION_SUPERVISOR_CALL;
    case EXCP_HVC:
        return WORKER_EXCEPTION_HYPERVISOR_CALL;
    case EXCP_SMC:
        return WORKER_EXCEPTION_MONITOR_CALL;
    case EXCP_PREFETCH_ABORT:
        return WORKER_EXCEPTION_PREFETCH_ABORT;
    case EXCP_DATA_ABORT:
        return WORKER_EXCEPTION_DATA_ABORT;
    case EXCP_BKPT:
        return WORKER_EXCEPTION_DEBUG;
    case EXCP_HYP_TRAP:
    case EXCP_MON_TRAP:
        return WORKER_EXCEPTION_TRAP;
    case EXCP_IRQ:
    case EXCP_VIRQ:
    case EXCP_NMI:
    case EXCP_VINMI:
        return WORKER_EXCEPTION_IRQ;
    case EXCP_FIQ:
    case EXCP_VFIQ:
    case EXCP_VFNMI:
        return WORKER_EXCEPTION_FIQ;
    case EXCP_VSERR:
        return WORKER_EXCEPTION_SERROR;
    default:
        return WORKER_EXCEPTION_OTHER;
    }
}

/* QEMU has one index for all that ends where undefined instructions do. */
static enum worker_exception by_class(uint32_t syndrome)
{
    switch (syn_get_ec(syndrome)) {
    case EC_UNCATEGORIZED:
        return WORKER_EXCEPTION_UNDEFINED;
    case EC_WFX_TRAP ... EC_CP14RRTTRAP:
    case EC_SYSTEMREGISTERTRAP ... EC_ERETTRAP:
    case EC_SMETRAP:
        return WORKER_EXCEPTION_TRAP;
    case EC_AA32_SVC:
    case EC_AA64_SVC:
        return WORKER_EXCEPTION_SUPERVISOR_CALL;
    case EC_AA32_HVC:
    case EC_AA64_HVC:
        return WORKER_EXCEPTION_HYPERVISOR_CALL;
    case EC_AA32_SMC:
    case EC_AA64_SMC:
        return WORKER_EXCEPTION_MONITOR_CALL;
    case EC_INSNABORT:
    case EC_INSNABORT_SAME_EL:
        return WORKER_EXCEPTION_PREFETCH_ABORT;
    case EC_DATAABORT:
    case EC_DATAABORT_SAME_EL:
        return WORKER_EXCEPTION_DATA_ABORT;
    case EC_SERROR:
        return WORKER_EXCEPTION_SERROR;
    case EC_BREAKPOINT ... EC_AA64_BKPT:
        return WORKER_EXCEPTION_DEBUG;
    default:
        return WORKER_EXCEPTION_OTHER;
    }
}

static bool is_debug_event(uint32_t status)
{
    return status & FSR_LPAE ? (status & 0x3f) == FSC_DEBUG_LONG
                             : (status & 0x40f) == FSC_DEBUG_SHORT;
}

/* To AArch32 modes but Hyp, where aborts have a fault status and others nothing. */
static void describe_without_syndrome(CPUARMState *env, struct worker_row *row)
{
    bool aborts = row->exception == WORKER_EXCEPTION_PREFETCH_ABORT ||
                  row->exception == WORKER_EXCEPTION_DATA_ABORT ||
                  row->exception == WORKER_EXCEPTION_DEBUG ||
                  row->exception == WORKER_EXCEPTION_SERROR;

    row->fault_status = aborts ? env->exception.fsr : 0;
    if (aborts && is_debug_event(env->exception.fsr)) {
        row->exception = WORKER_EXCEPTION_DEBUG;
    }
    row->syndrome = row->exception >= WORKER_EXCEPTION_SUPERVISOR_CALL &&
                            row->exception <= WORKER_EXCEPTION_MONITOR_CALL
                        ? env->exception.syndrome
                        : 0;
}

void worker_exception_describe(struct worker *worker, int index, struct worker_row *row)
{
    CPUARMState *env = &worker->cpu->env;
    bool a64 = is_a64(env);

    row->level = arm_current_el(env);
    row->mode = a64 ? pstate_read(env) & PSTATE_M : (cpsr_read(env) & CPSR_M) | PSTATE_nRW;
    row->exception = by_index(index);
    row->fault =
        index == EXCP_PREFETCH_ABORT || index == EXCP_DATA_ABORT ? env->exception.vaddress : 0;
    if (!a64 && (env->uncached_cpsr & CPSR_M) != ARM_CPU_MODE_HYP) {
        describe_without_syndrome(env, row);
    } else if (!worker_exception_is_asynchronous(index) || index == EXCP_VSERR) {
        row->syndrome = env->cp15.esr_el[row->level];
        row->exception = by_class(row->syndrome);
    }
}
