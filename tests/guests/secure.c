/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A monitor in the secure world and a program in the normal one, which calls it. The monitor has
 * secure RAM, secure flash and the secure UART; the program has nothing of these, tries all the
 * same, and has a device write to memory. With a GICv3 it has an interrupt pending as well while it
 * calls: to the monitor that would be an FIQ, which it does not expect. Run with -M virt,secure=on
 * -device virtio-rng-device. The tests know the names and the counts.
 */
#include "guest.h"
#include "virtio_rng.h"

#define ROUNDS 12
#define SGI 5
#define SECURE_FLASH 0x00000000u
#define SECURE_UART 0x09040000u
#define SECURE_GPIO 0x090b0000u
#define SECURE_RAM 0x0e000000u

#define GPIO_POWER (SECURE_GPIO + 4) /* pin 0 alone */
#define GPIO_DIRECTION (SECURE_GPIO + 0x400)
#define CALL_OFF 0u /* all other calls are numbers to keep */

/* Two chips of 16 bits side by side (Intel's command set). */
#define FLASH_PROGRAM 0x00400040u
#define FLASH_READ 0x00ff00ffu

struct secret {
    uint32_t calls;
    uint32_t history[ROUNDS];
};

#define secret ((volatile struct secret *)SECURE_RAM)

volatile uint32_t calls_made;
volatile uint32_t faults;
volatile uint32_t interrupts;
volatile uint32_t random_words[4];
static uint8_t monitor_stack[0x2000] __attribute__((aligned(16), used));
static uint8_t normal_stack[0x4000] __attribute__((aligned(16), used));

static void secure_print(const char *text)
{
    while (*text) {
        write32(SECURE_UART, (uint8_t)*text++);
    }
}

/* The flash is no memory while it is being programmed. */
static void program_flash(uintptr_t address, uint32_t value)
{
    write32(address, FLASH_PROGRAM);
    write32(address, value);
    write32(address, FLASH_READ);
}

/* By the monitor, in the secure world. */
__attribute__((used, noinline)) void monitor_call(uint32_t argument)
{
    uint32_t call = secret->calls;

    if (argument == CALL_OFF && call > 0) {
        write32(GPIO_DIRECTION, 1);
        write32(GPIO_POWER, 1);
        for (;;) { /* how soon the machine goes off is up to the host */
        }
    }
    secret->history[call % ROUNDS] = argument; /* mark: secret */
    secret->calls = call + 1;
    if (call % 4 == 0) {
        program_flash(SECURE_FLASH + 0x1000 + 4 * call, argument);
        secure_print("secure: flash\n");
    }
}

#ifdef __aarch64__
#define SCR 0x435ul /* non-secure, FIQs go to the monitor, RES1, the lower levels are AArch64 */

__asm__(".balign 0x800\n"
        "monitor_vectors: .space 0x400\n" /* synchronous, from AArch64 below */
        "    stp x0, x1, [sp, #-16]!\n"
        "    stp x2, x3, [sp, #-16]!\n"
        "    stp x4, x5, [sp, #-16]!\n"
        "    stp x6, x7, [sp, #-16]!\n"
        "    stp x8, x9, [sp, #-16]!\n"
        "    stp x10, x11, [sp, #-16]!\n"
        "    stp x12, x13, [sp, #-16]!\n"
        "    stp x14, x15, [sp, #-16]!\n"
        "    stp x16, x17, [sp, #-16]!\n"
        "    stp x18, x30, [sp, #-16]!\n"
        "    bl monitor_call\n"
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

/* Goes on in the normal world, at EL1. */
static void leave_secure_world(void)
{
    __asm__ volatile("ldr x0, =monitor_vectors\n\tmsr vbar_el3, x0\n\t"
                     "msr scr_el3, %0\n\tmsr sctlr_el1, %1\n\t"
                     "ldr x0, =normal_stack + 0x4000\n\tmsr sp_el1, x0\n\t"
                     "mov x0, #0x3c5\n\tmsr spsr_el3, x0\n\t" /* EL1, all masked */
                     "adr x0, 1f\n\tmsr elr_el3, x0\n\t"
                     "ldr x0, =monitor_stack + 0x2000\n\tmov sp, x0\n\t"
                     "isb\n\teret\n1:" ::"r"(SCR),
                     "r"(0x30d00800ul)
                     : "x0", "memory");
}

static void call_monitor(uint32_t argument)
{
    register uint64_t x0 __asm__("x0") = argument;

    __asm__ volatile("smc #0" : "+r"(x0)::"memory");
}
#else
__asm__(".arch_extension sec\n"
        ".balign 32\n"
        "monitor_vectors:\n"
        "    b .\n"
        "    b .\n"
        "    push {r0-r3, r12, lr}\n"
        "    bl monitor_call\n"
        "    mrc p15, 0, r1, c1, c1, 0\n"
        "    orr r1, r1, #1\n" /* SCR.NS: what is returned to is the normal world */
        "    mcr p15, 0, r1, c1, c1, 0\n"
        "    isb\n"
        "    pop {r0-r3, r12, lr}\n"
        "    movs pc, lr\n");

static void call_monitor(uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = argument;

    __asm__ volatile(".arch_extension sec\n\tsmc #0" : "+r"(r0)::"memory");
}

/* The first call returns in the normal world, which has a VBAR of its own. */
static void leave_secure_world(void)
{
    __asm__ volatile("ldr r0, =monitor_vectors\n\tmcr p15, 0, r0, c12, c0, 1\n\t" /* MVBAR */
                     "cps #0x16\n\tldr sp, =monitor_stack + 0x2000\n\tcps #0x13\n\t"
                     "mov r0, #0\n\t.arch_extension sec\n\tsmc #0\n\t"
                     "ldr r0, =vectors\n\tmcr p15, 0, r0, c12, c0, 0\n\tisb" ::
                         : "r0", "memory");
}
#endif

static void on_exception(struct exception *exception)
{
    if (exception->kind == EXCEPTION_UNDEFINED) {
        call_monitor(CALL_OFF); /* power_off() asks for what is not there */
    }
    check(exception->kind == EXCEPTION_DATA_ABORT, "kind of exception");
    check(exception->address >= SECURE_RAM, "address of the abort");
    faults++;
    exception->pc += 4;
}

static void on_interrupt(void)
{
    interrupts++;
}

/* One that is pending meanwhile is an IRQ here, and an FIQ in the monitor. */
static void call_with_interrupt(uint32_t argument)
{
    uint32_t before = interrupts;

    irq_send_to_self(SGI);
    call_monitor(argument);
    check(interrupts == before, "the interrupt is masked");
    irq_unmask();
    while (interrupts == before) {
    }
    irq_mask();
}

static void one_round(uint32_t round)
{
    check(load_word(SECURE_RAM) == 0, "the secret cannot be read");
    virtio_rng_request(random_words, sizeof(random_words));
    while (!virtio_rng_done()) {
    }
    calls_made++;
    if (irq_controller_version() == 3) {
        call_with_interrupt(random_words[0] | 1);
    } else {
        call_monitor(random_words[0] | 1);
    }
    check(faults == round + 1, "the normal world has no secure RAM");
}

int main(void)
{
    uint32_t round;

    secure_print("secure: hello\n");
    secret->calls = 0;
    program_flash(SECURE_FLASH, 0x12345678);
    check(read32(SECURE_FLASH) == 0x12345678, "the secure flash keeps what it is told");
    irq_init();
    irq_enable(SGI, on_interrupt);
    leave_secure_world();
    irq_init(); /* each world has registers of its own */
    set_exception_handler(on_exception);
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
    }
    for (round = 0; round < ROUNDS; round++) {
        one_round(round);
    }
    print("secure: %u calls, %u faults\n", calls_made, faults);
    finish("secure");
}
