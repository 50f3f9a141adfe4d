/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hypervisor that keeps the GICv3 to itself: it takes all interrupts, passes some on as virtual
 * ones, and has the program's accesses to the interrupt controller trap now and then. Run with
 * -M virt,virtualization=on,gic-version=3. The tests know the names and the counts.
 */
#include "guest.h"

#define ROUNDS 20
#define SGI 5
#define VIRTUAL_SGI 7

#define POWER_OFF 0x84000008u
#define CALL_INTERRUPT 1u /* send an interrupt */
#define CALL_TRAP 2u      /* accesses trap from now on */

#define HCR (1ul << 31 | 1ul << 4) /* EL1 is AArch64; interrupts go to EL2 */
#define ICH_HCR_ENABLE 1ul
#define ICH_HCR_TRAP (1ul << 10)
#define VIRTUAL_INTERRUPT (1ul << 62 | 1ul << 60 | 0x80ul << 48) /* pending, group 1 */
#define CLASS_HVC 0x16u
#define CLASS_REGISTER 0x18u

volatile unsigned taken;    /* by the hypervisor */
volatile unsigned received; /* by the program */
volatile unsigned traps;
static uint8_t hypervisor_stack[0x2000] __attribute__((aligned(16), used));

static void end_of_physical(void)
{
    uint64_t irq;

    __asm__ volatile("mrs %0, s3_0_c12_c12_0" : "=r"(irq)); /* ICC_IAR1_EL1 */
    __asm__ volatile("msr s3_0_c12_c12_1, %0\n\tisb" ::"r"(irq));
}

static void inject(unsigned irq)
{
    __asm__ volatile("msr s3_4_c12_c12_0, %0\n\tisb" ::"r"(VIRTUAL_INTERRUPT | irq)); /* LR0 */
}

static void set_control(uint64_t control)
{
    __asm__ volatile("msr s3_4_c12_c11_0, %0\n\tisb" ::"r"(control)); /* ICH_HCR_EL2 */
}

__attribute__((used)) void hypervisor_interrupt(void)
{
    taken++;
    end_of_physical();
    inject(VIRTUAL_SGI);
}

__attribute__((used)) void hypervisor_call(uint64_t argument)
{
    uint64_t syndrome, address;

    __asm__ volatile("mrs %0, esr_el2" : "=r"(syndrome));
    if (syndrome >> 26 == CLASS_REGISTER) {
        traps++; /* mark: trap */
        set_control(ICH_HCR_ENABLE);
        __asm__ volatile("mrs %0, elr_el2" : "=r"(address));
        __asm__ volatile("msr elr_el2, %0" ::"r"(address + 4));
    } else if (syndrome >> 26 == CLASS_HVC && argument == CALL_INTERRUPT) {
        irq_send_to_self(SGI);
    } else if (syndrome >> 26 == CLASS_HVC && argument == CALL_TRAP) {
        set_control(ICH_HCR_ENABLE | ICH_HCR_TRAP);
    } else {
        register uint64_t x0 __asm__("x0") = POWER_OFF;

        __asm__ volatile("smc #0" : "+r"(x0)::"memory");
    }
}

#define SAVE                                                                                       \
    "    stp x0, x1, [sp, #-16]!\n"                                                                \
    "    stp x2, x3, [sp, #-16]!\n"                                                                \
    "    stp x4, x5, [sp, #-16]!\n"                                                                \
    "    stp x6, x7, [sp, #-16]!\n"                                                                \
    "    stp x8, x9, [sp, #-16]!\n"                                                                \
    "    stp x10, x11, [sp, #-16]!\n"                                                              \
    "    stp x12, x13, [sp, #-16]!\n"                                                              \
    "    stp x14, x15, [sp, #-16]!\n"                                                              \
    "    stp x16, x17, [sp, #-16]!\n"                                                              \
    "    stp x18, x30, [sp, #-16]!\n"

__asm__(".balign 0x800\n"
        "hypervisor_vectors: .space 0x400\n" SAVE "    bl hypervisor_call\n"
        "    b hypervisor_return\n"
        ".balign 0x80\n" SAVE "    bl hypervisor_interrupt\n"
        "hypervisor_return:\n"
        "    ldp x18, x30, [sp], #16\n"
        "    ldp x16, x17, [sp], #16\n"
        "    ldp x14, x15, [sp], #16\n"
        "    ldp x12, x13, [sp], #16\n"
        "    ldp x10, x11, [sp], #16\n"
        "    ldp x8, x9, [sp], #16\n"
        "    ldp x6, x7, [sp], #16\n"
        "    ldp x4, x5, [sp], #16\n"
        "    ldp x2, x3, [sp], #16\n"
        "    ldp x0, x1, [sp], #16\n"
        "    eret\n");

/* Goes on at EL1, with the stack that it has. */
static void leave_hypervisor(void)
{
    __asm__ volatile("ldr x0, =hypervisor_vectors\n\tmsr vbar_el2, x0\n\t"
                     "msr hcr_el2, %0\n\tmsr sctlr_el1, %1\n\t"
                     "mov x0, sp\n\tmsr sp_el1, x0\n\t"
                     "mov x0, #0x3c5\n\tmsr spsr_el2, x0\n\t" /* EL1, all masked */
                     "adr x0, 1f\n\tmsr elr_el2, x0\n\t"
                     "ldr x0, =hypervisor_stack + 0x2000\n\tmov sp, x0\n\t"
                     "isb\n\teret\n1:" ::"r"(HCR),
                     "r"(0x30d00800ul)
                     : "x0", "memory");
}

static void call(uint32_t argument)
{
    register uint64_t x0 __asm__("x0") = argument;

    __asm__ volatile("hvc #0" : "+r"(x0)::"memory");
}

static void on_virtual_interrupt(void)
{
    received++;
}

static void one_round(unsigned round)
{
    uint64_t mask = 0x5a;

    call(CALL_INTERRUPT);
    while (received <= round) {
    }
    call(CALL_TRAP);
    __asm__ volatile("mrs %0, s3_0_c4_c6_0" : "+r"(mask)); /* ICC_PMR_EL1 */
    check(mask == 0x5a, "the read trapped and was skipped");
    __asm__ volatile("mrs %0, s3_0_c4_c6_0" : "+r"(mask));
    check(mask == 0xf8, "the read is the virtual interface's");
}

int main(void)
{
    unsigned round;

    irq_init();
    irq_enable(SGI, NULL);
    set_control(ICH_HCR_ENABLE);
    leave_hypervisor();
    __asm__ volatile("msr s3_0_c4_c6_0, %0" ::"r"(0xfful)); /* ICC_PMR_EL1, the virtual one */
    __asm__ volatile("msr s3_0_c12_c12_7, %0\n\tisb" ::"r"(1ul));
    irq_enable(VIRTUAL_SGI, on_virtual_interrupt);
    irq_unmask();
    for (round = 0; round < ROUNDS; round++) {
        one_round(round);
    }
    irq_mask();
    print("hypervisor: %u interrupts taken, %u received, %u traps\n", taken, received, traps);
    check(taken == ROUNDS && received == ROUNDS && traps == ROUNDS, "counts");
    finish("hypervisor");
}
