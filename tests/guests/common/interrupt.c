/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interrupt controller: GICv2, or GICv3 on an AArch64 CPU that has its system registers. */
#include "board.h"
#include "exception.h"

#define GICD_CONTROL (GIC_DISTRIBUTOR + 0x000)
#define GICD_GROUP (GIC_DISTRIBUTOR + 0x080)
#define GICD_ENABLE (GIC_DISTRIBUTOR + 0x100)
#define GICD_PRIORITY (GIC_DISTRIBUTOR + 0x400)
#define GICD_TARGET (GIC_DISTRIBUTOR + 0x800)
#define GICD_ROUTER (GIC_DISTRIBUTOR + 0x6000)
#define GICD_SOFTWARE (GIC_DISTRIBUTOR + 0xf00)

#define GICC_CONTROL (GIC_CPU + 0x00)
#define GICC_PRIORITY_MASK (GIC_CPU + 0x04)
#define GICC_ACKNOWLEDGE (GIC_CPU + 0x0c)
#define GICC_END (GIC_CPU + 0x10)

#define SPURIOUS 1020 /* numbers from here on mean that nothing is pending */

static irq_function handlers[IRQ_COUNT];

#if defined(__aarch64__) && !defined(FOR_KVM)
#define GICR_WAKER (GIC_REDISTRIBUTOR + 0x14)
#define GICR_GROUP (GIC_REDISTRIBUTOR + 0x10080)
#define GICR_ENABLE (GIC_REDISTRIBUTOR + 0x10100)

static bool has_v3(void)
{
    uint64_t features;

    __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(features));
    return features >> 24 & 0xf;
}

static void v3_init(void)
{
    write32(GICD_CONTROL, 0x12); /* affinity routing, group 1 */
    write32(GICR_WAKER, 0);
    write32(GICR_GROUP, 0xffffffff);
    __asm__ volatile("msr s3_0_c12_c12_5, %0" ::"r"(7ul)); /* ICC_SRE_EL1 */
    __asm__ volatile("isb");
    __asm__ volatile("msr s3_0_c4_c6_0, %0" ::"r"(0xfful)); /* ICC_PMR_EL1 */
    __asm__ volatile("msr s3_0_c12_c12_7, %0" ::"r"(1ul));  /* ICC_IGRPEN1_EL1 */
    __asm__ volatile("isb");
}

static void v3_enable(unsigned irq)
{
    uint32_t bit = 1u << irq % 32;

    if (irq < 32) {
        write32(GICR_ENABLE, bit);
        return;
    }
    write32(GICD_GROUP + irq / 32 * 4, read32(GICD_GROUP + irq / 32 * 4) | bit);
    *(volatile uint64_t *)(GICD_ROUTER + 8ul * irq) = 0;
    write32(GICD_ENABLE + irq / 32 * 4, bit);
}

static unsigned v3_acknowledge(void)
{
    uint64_t irq;

    __asm__ volatile("mrs %0, s3_0_c12_c12_0" : "=r"(irq)); /* ICC_IAR1_EL1 */
    __asm__ volatile("dsb sy");
    return irq & 0xffffff;
}

static void v3_end(unsigned irq)
{
    __asm__ volatile("msr s3_0_c12_c12_1, %0" ::"r"((uint64_t)irq)); /* ICC_EOIR1_EL1 */
    __asm__ volatile("isb");
}

static void v3_send_to_self(unsigned irq)
{
    __asm__ volatile("msr s3_0_c12_c11_5, %0" ::"r"((uint64_t)irq << 24 | 1)); /* ICC_SGI1R_EL1 */
    __asm__ volatile("isb");
}
#else
static bool has_v3(void)
{
    return false;
}

static void v3_init(void)
{
}

static void v3_enable(unsigned irq)
{
    (void)irq;
}

static unsigned v3_acknowledge(void)
{
    return SPURIOUS;
}

static void v3_end(unsigned irq)
{
    (void)irq;
}

static void v3_send_to_self(unsigned irq)
{
    (void)irq;
}
#endif

void irq_init(void)
{
    if (has_v3()) {
        v3_init();
        return;
    }
    write32(GICD_CONTROL, 1);
    write32(GICC_PRIORITY_MASK, 0xff);
    write32(GICC_CONTROL, 1);
}

unsigned irq_controller_version(void)
{
    return has_v3() ? 3 : 2;
}

void irq_enable(unsigned irq, irq_function handler)
{
    handlers[irq] = handler;
    if (has_v3()) {
        v3_enable(irq);
        return;
    }
    if (irq >= 32) {
        *(volatile uint8_t *)(uintptr_t)(GICD_TARGET + irq) = 1;
    }
    write32(GICD_ENABLE + irq / 32 * 4, 1u << irq % 32);
}

void irq_send_to_self(unsigned irq)
{
    if (has_v3()) {
        v3_send_to_self(irq);
    } else {
        write32(GICD_SOFTWARE, 2u << 24 | irq);
    }
}

static unsigned acknowledge(void)
{
    return has_v3() ? v3_acknowledge() : read32(GICC_ACKNOWLEDGE);
}

/* number: as acknowledged, the source of a software-generated interrupt included. */
static void end_of_interrupt(unsigned number)
{
    if (has_v3()) {
        v3_end(number);
    } else {
        write32(GICC_END, number);
    }
}

void irq_dispatch(void)
{
    unsigned number = acknowledge();
    unsigned irq = number & 0x3ff;

    if (irq >= SPURIOUS) {
        return;
    }
    if (irq < IRQ_COUNT && handlers[irq]) {
        handlers[irq]();
    } else {
        print("interrupt %u has no handler\n", irq);
    }
    end_of_interrupt(number);
}

void irq_unmask(void)
{
#ifdef __aarch64__
    __asm__ volatile("msr daifclr, #2" ::: "memory");
#else
    __asm__ volatile("cpsie i" ::: "memory");
#endif
}

void irq_mask(void)
{
#ifdef __aarch64__
    __asm__ volatile("msr daifset, #2" ::: "memory");
#else
    __asm__ volatile("cpsid i" ::: "memory");
#endif
}

void wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}
