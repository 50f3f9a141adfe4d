/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Off and reset: PSCI on the virt machine, the system registers on the Versatile Express. */
#include "board.h"
#include "guest.h"

#ifdef BOARD_VEXPRESS
#define SYSTEM_CONFIG_CONTROL (SYSTEM_REGISTERS + 0xa4)
#define REQUEST_OFF 0xc0800000u
#define REQUEST_RESET 0xc0900000u

static void request(uint32_t function)
{
    write32(SYSTEM_CONFIG_CONTROL, function);
}
#else
#define REQUEST_OFF 0x84000008u   /* SYSTEM_OFF */
#define REQUEST_RESET 0x84000009u /* SYSTEM_RESET */

static void request(uint32_t function)
{
#ifdef __aarch64__
    register uint64_t x0 __asm__("x0") = function;

    __asm__ volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
#else
    register uint32_t r0 __asm__("r0") = function;

    __asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0)::"r1", "r2", "r3", "memory");
#endif
}
#endif

void power_off(void)
{
    irq_mask();
    request(REQUEST_OFF);
    for (;;) {
        wait_for_interrupt();
    }
}

void power_reset(void)
{
    irq_mask();
    request(REQUEST_RESET);
    for (;;) {
        wait_for_interrupt();
    }
}
