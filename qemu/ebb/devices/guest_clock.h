/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest of the machine virt with mmio-timer=on has for a clock, and what its device tree
 * says of that.
 *
 * Kernels take the memory-mapped generic timer at one of two times. Linux before 6.18 does so when
 * it initialises its first timers, and wants nothing else. Since then it has a driver of its own
 * for it, which comes late, and until then an arm64 kernel wants to be told of the CPU's timer, or
 * it panics, and an ARMv7 kernel wants some timer that it can have early.
 *
 * What knows the CPU's own timer only gets that, recorded access by access
 * (docs/nondeterminism.md): which of the two, says the property guest-clock of the timer device,
 * auto, page or registers.
 */
#ifndef EBB_DEVICES_GUEST_CLOCK_H
#define EBB_DEVICES_GUEST_CLOCK_H

#include "hw/boards.h"

/*
 * Creates the clocks at guest-physical address and at the GIC's shared interrupts spi and behind,
 * three of them, and describes them in the machine's device tree, where nothing else tells of a
 * timer. The machine has its CPU. The file -kernel is read, to see which kernel it is; where it
 * cannot be, whoever loads it will say so.
 */
void ebb_guest_clock_create(MachineState *machine, hwaddr address, DeviceState *gic, int spi);

/*
 * Whether the guest of a machine with these clocks can have one, one that is recorded, as far as
 * its kernel's image and device tree tell: false with *errp set if it is a Linux kernel without a
 * driver for the one that it gets, or if a device tree of the user's does not describe that, or
 * would have an arm64 Linux open the CPU's counter to its programs. What is no arm64 Linux may know
 * the timer without a device tree; an ARMv7 kernel unpacks itself, so that its drivers are not
 * seen.
 */
bool ebb_guest_clock_check(MachineState *machine, Error **errp);

#endif
