/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks whether the CPU has what cannot be recorded: by what its identification says, and by
 * executing an instruction of each. Where nobody records, all are there (-cpu max).
 */
#include "guest.h"

static volatile unsigned undefined;

static void on_exception(struct exception *exception)
{
    if (exception->kind == EXCEPTION_UNDEFINED) {
        undefined++;
    }
    exception->pc += 4;
}

static unsigned field(uint64_t identification, unsigned shift)
{
    return identification >> shift & 0xf;
}

#define READ(name)                                                                                 \
    ({                                                                                             \
        uint64_t read_value;                                                                       \
        __asm__ volatile("mrs %0, " name : "=r"(read_value));                                      \
        read_value;                                                                                \
    })

/* The registers are such that the instruction, where there is one, does nothing. */
#define IS_UNDEFINED(instruction)                                                                  \
    ({                                                                                             \
        undefined = 0;                                                                             \
        __asm__ volatile("mov x0, #0\n\tmov x1, #0\n\tmov x2, #0\n\tmov x3, #0\n\t"                \
                         ".inst " instruction ::                                                   \
                             : "x0", "x1", "x2", "x3", "cc", "memory");                            \
        undefined == 1;                                                                            \
    })

int main(void)
{
    uint64_t instructions = READ("s3_0_c0_c6_2"); /* ID_AA64ISAR2_EL1 */
    uint64_t features = READ("id_aa64pfr1_el1");

    set_exception_handler(on_exception);
    check(!field(instructions, 0), "FEAT_WFxT is hidden");
    check(!field(instructions, 16), "FEAT_MOPS is hidden");
    check(!field(features, 8), "FEAT_MTE is hidden");
    check(IS_UNDEFINED("0xd5031020"), "WFIT x0 is undefined");
    check(IS_UNDEFINED("0x19c30441"), "SETP [x1]!, x2!, x3 is undefined");
    check(IS_UNDEFINED("0x1d020461"), "CPYP [x1]!, [x2]!, x3! is undefined");
    check(IS_UNDEFINED("0x9adf1000"), "IRG x0, x0 is undefined");
    finish("hidden");
}
