/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the devices are: QEMU's virt machine, or the Versatile Express with a Cortex-A15.
 *
 * FOR_KVM makes the variant that keeps to what a guest recorded under KVM has: the timer is the
 * memory-mapped one (virt with mmio-timer=on), the interrupt controller a GICv2, and the MMU is on
 * from the start, since exclusives and caches are only reliable with it on a real CPU. It runs
 * under TCG as well.
 */
#ifndef BOARD_H
#define BOARD_H

#ifdef BOARD_VEXPRESS
#define UART_BASE 0x1c090000
#define UART_IRQ 37
#define GIC_DISTRIBUTOR 0x2c001000
#define GIC_CPU 0x2c002000
#define SYSTEM_REGISTERS 0x1c010000
#else
#define UART_BASE 0x09000000
#define UART_IRQ 33
#define GIC_DISTRIBUTOR 0x08000000
#define GIC_CPU 0x08010000
#define GIC_REDISTRIBUTOR 0x080a0000
#define FW_CFG_BASE 0x09020000
#define VIRTIO_BASE 0x0a000000
#define VIRTIO_STRIDE 0x200
#define VIRTIO_SLOTS 32
#define VIRTIO_IRQ 48
#define TIMER_CONTROL_BASE 0x09100000
#define TIMER_FRAME_BASE 0x09110000
#endif

#endif
