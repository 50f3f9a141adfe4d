/* SPDX-License-Identifier: GPL-3.0-or-later */
    .syntax unified
    .arm
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    .cfi_startproc
    .cfi_undefined lr
    cpsid if, #0x13
    ldr sp, =stack_top
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0  /* VBAR */
    mrc p15, 0, r0, c1, c0, 2   /* CPACR: floating point */
    orr r0, r0, #(0xf << 20)
    mcr p15, 0, r0, c1, c0, 2
    isb
    .fpu neon
    mov r0, #(1 << 30)
    vmsr fpexc, r0
    ldr r0, =bss_start
    ldr r1, =bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    mov r11, #0
    mov lr, #0
#ifdef FOR_KVM
    bl flat_map_on
#endif
    bl main
    bl power_off
    .cfi_endproc
    .size _start, . - _start

    .balign 32
    .global vectors
    .type vectors, %function
vectors:
    b .
    b vector_undefined
    b vector_call
    b vector_prefetch_abort
    b vector_data_abort
    b .
    b vector_irq
    b .
    .size vectors, . - vectors

/* All exceptions are taken on the supervisor stack, as a struct frame (exception-arm.c). */
    .macro vector name, number, adjust
    .type vector_\name, %function
vector_\name:
    .if \adjust
    sub lr, lr, #\adjust
    .endif
    srsdb sp!, #0x13
    cps #0x13
    push {r0-r12, lr}
    mov r1, #\number
    b call_handler
    .size vector_\name, . - vector_\name
    .endm

    vector undefined, 1, 0
    vector call, 2, 0
    vector prefetch_abort, 3, 4
    vector data_abort, 4, 8
    vector irq, 6, 4

    .type call_handler, %function
call_handler:
    mov r0, sp
    mov r4, sp
    bic sp, sp, #7
    bl exception_entry
    mov sp, r4
    pop {r0-r12, lr}
    rfeia sp!
    .size call_handler, . - call_handler

    .section .note.GNU-stack, "", %progbits
